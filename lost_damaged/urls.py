"""Addresses of lost and damaged. Its list pages are reports and get theirs from the declaration."""

from __future__ import annotations

from django.urls import path

from lost_damaged.api.view import api

urlpatterns = [
    path("api/", api, name="seller-center-api"),
]
