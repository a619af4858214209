"""Addresses of trackers; the list is a report and declares its own."""

from __future__ import annotations

from django.urls import path

from inventory_ops.views import bulk
from trackers.views import api
from trackers.views import pages as views

urlpatterns = [
    path("api/v1/trackers/", api.TrackerList.as_view(), name="api-trackers"),
    path("api/v1/trackers/<int:pk>/", api.TrackerDetail.as_view(), name="api-tracker"),
    path("trackers/new/", views.new, name="tracker-new"),
    path("trackers/preview/", views.preview, name="tracker-preview"),
    path("trackers/products/", views.products, name="tracker-products"),
    path("trackers/suggest/", views.suggest, name="tracker-suggest"),
    path("trackers/bulk/", bulk.act, {"slug": "trackers"}, name="tracker-bulk"),
    path("trackers/<int:pk>/", views.detail, name="tracker"),
    path("trackers/<int:pk>/edit/", views.edit, name="tracker-edit"),
    path("trackers/<int:pk>/delete/", views.delete, name="tracker-delete"),
]
