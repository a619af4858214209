"""Addresses of the base app."""

from __future__ import annotations

from django.urls import include, path

from inventory_ops.kit.reports import registry
from inventory_ops.views import (
    api,
    bulk,
    catalog,
    channels,
    home,
    imports,
    jobs,
    notifications,
    people,
    places,
    prices,
    profile,
    proposals,
    reasons,
    reports,
    saved_views,
    scans,
    sessions,
    set_up,
    stock,
    stock_count,
    system,
)

urlpatterns = [
    path("", home.overview, name="overview"),
    path("healthz", home.healthz, name="healthz"),
    path("accounts/profile/", profile.own, name="own-profile"),
    path("settings/places/", places.overview, name="places"),
    path("settings/places/<slug:kind>/<int:pk>/", places.rename, name="place-rename"),
    path("settings/shop/", profile.shop_settings, name="shop-settings"),
    path("accounts/sessions/", sessions.own, name="own-sessions"),
    path("setup/<str:token>/", set_up.SetUp.as_view(), name="set-up"),
    path("accounts/invitation/<str:token>/", people.accept, name="invitation"),
    path("search/", home.find, name="search"),
    path("docs/", home.docs, name="guide"),
    path("docs/<slug:name>/", home.docs, name="guide-page"),
    path("orders/<path:code>/", catalog.order, name="order"),
    path("products/<int:pk>/", catalog.product, name="product"),
    path("products/<int:pk>/prices/", prices.edit, name="product-prices"),
    path("settings/price-guard/", prices.guard, name="price-guard"),
    path("settings/proposals/<int:pk>/", proposals.detail, name="proposal"),
    path("jobs/<uuid:pk>/", jobs.detail, name="job"),
    path("jobs/<uuid:pk>/progress/", jobs.poll, name="job-progress"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<uuid:pk>/retry/", jobs.retry, name="job-retry"),
    path("jobs/<uuid:pk>/file/", jobs.file, name="job-file"),
    path("inventory/adjust/", stock.adjust, name="stock-adjust"),
    path("inventory/adjust/type/", stock.adjust, {"task": "type"}, name="stock-type"),
    path("inventory/adjust/return/", stock.adjust, {"task": "return"}, name="stock-return"),
    path("inventory/adjust/cancel/", stock.cancel, name="stock-cancel"),
    path("inventory/count/", stock_count.count, name="stock-count"),
    path("inventory/adjust/undo/<int:pk>/", stock.undo, name="stock-undo"),
    path("inventory/products/<int:pk>/", stock.product, name="stock-product"),
    path("settings/reasons/", reasons.adjustment_reasons, name="adjustment-reasons"),
    path("channels/", include(channels.urlpatterns)),
    path("imports/", include(imports.urlpatterns)),
    path("system/people/", include(people.urlpatterns)),
    path("system/", include(system.urlpatterns)),
    path("metrics", system.metrics, name="metrics"),
    path("notifications/", include(notifications.urlpatterns)),
    path("scans/run/", scans.run_scans, name="run-scans"),
    path("scans/<slug:name>/run/", scans.run_scan, name="run-scan"),
    path("preferences/columns/<slug:slug>/", reports.save_columns, name="save-columns"),
    path("preferences/views/<slug:slug>/", saved_views.save, name="view-save"),
    path("preferences/views/<slug:slug>/<int:pk>/open/", saved_views.open_with, name="view-opening"),
    path("preferences/views/<int:pk>/change/", saved_views.change, name="view-change"),
    path("preferences/views/<int:pk>/delete/", saved_views.delete, name="view-delete"),
    path("preferences/first-steps/", home.dismiss_first_steps, name="dismiss-first-steps"),
    path("preferences/density/", reports.save_density, name="save-density"),
    path("api/v1/", include(api.urlpatterns)),
    # reports that live elsewhere say so in their declaration
    *[
        path(each.path.removeprefix("/"), reports.report, {"slug": each.slug}, name=each.slug)
        for each in registry
        if each.path
    ],
    path("action-required/<slug:slug>/", reports.report, name="report"),
    path("action-required/<slug:slug>/bulk/", bulk.act, name="findings-bulk"),
]
