"""Addresses of the whole product (the public ones are listed in the interface contract)."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("inventory_ops.urls")),
]
