"""Addresses of lost and damaged. Its list pages are reports and get theirs from the declaration."""

from __future__ import annotations

from django.urls import path

from lost_damaged.api.view import api
from lost_damaged.views import settings, write_offs

urlpatterns = [
    path("api/", api, name="seller-center-api"),
    path("finance/write-offs/new/", write_offs.new, name="write-off-new"),
    path("finance/write-offs/<str:number>/", write_offs.detail, name="write-off"),
    path("finance/write-offs/<str:number>/reverse/", write_offs.reverse, name="write-off-reverse"),
    path("finance/transactions/<str:number>/", write_offs.of_transaction, name="seller-transaction"),
    path("settings/finance/", settings.finance, name="finance-settings"),
    path("settings/finance/keys/<int:pk>/revoke/", settings.revoke_key, name="api-key-revoke"),
]
