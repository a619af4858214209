"""Addresses of the whole product (the public ones are listed in the interface contract)."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("config.account_urls")),
    path("", include("trackers.urls")),
    path("", include("user_audit.urls")),
    path("", include("lost_damaged.urls")),
    path("", include("inventory_ops.urls")),
]

handler400 = "inventory_ops.views.errors.bad_request"
handler403 = "inventory_ops.views.errors.forbidden"
handler404 = "inventory_ops.views.errors.not_found"
handler500 = "inventory_ops.views.errors.server_error"
