"""Addresses of the base app."""

from __future__ import annotations

from django.urls import path

from inventory_ops.kit.reports import registry
from inventory_ops.views import reports

urlpatterns = [
    path("action-required/<slug:slug>/", reports.report, name="report"),
    path("preferences/columns/<slug:slug>/", reports.save_columns, name="save-columns"),
    path("preferences/density/", reports.save_density, name="save-density"),
    # reports that live elsewhere say so in their declaration
    *[path(each.path.removeprefix("/"), reports.report, {"slug": each.slug}) for each in registry if each.path],
]
