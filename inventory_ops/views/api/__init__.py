"""The JSON API. Its description is made of the views; `docs/guide/api.md` shows how it is called."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from inventory_ops.views.api import (
    account,
    automation,
    availability,
    carts,
    description,
    findings,
    flash_sales,
    products,
    reports,
    stock,
    vendor_requests,
)

urlpatterns: list[Any] = [
    path("account/", account.Account.as_view(), name="api-account"),
    path("carts/<int:pk>/contacted/", carts.Contacted.as_view(), name="api-cart-contacted"),
    path("carts/emails/", carts.Emails.as_view(), name="api-cart-emails"),
    path("docs/", description.page, name="api-docs"),
    path("findings/", findings.FindingList.as_view(), name="api-findings"),
    path("findings/<int:pk>/", findings.FindingDetail.as_view(), name="api-finding"),
    path("findings/<int:pk>/acknowledge/", findings.Acknowledge.as_view(), name="api-finding-acknowledge"),
    path("findings/<int:pk>/answer/", vendor_requests.Answer.as_view(), name="api-finding-answer"),
    path("findings/<int:pk>/ask/", vendor_requests.Ask.as_view(), name="api-finding-ask"),
    path("findings/<int:pk>/assign/", findings.Assign.as_view(), name="api-finding-assign"),
    path("findings/<int:pk>/comment/", findings.Comment.as_view(), name="api-finding-comment"),
    path("findings/<int:pk>/due/", findings.Due.as_view(), name="api-finding-due"),
    path("findings/<int:pk>/reopen/", findings.Reopen.as_view(), name="api-finding-reopen"),
    path("findings/<int:pk>/snooze/", findings.Snooze.as_view(), name="api-finding-snooze"),
    path("products/live/", availability.Live.as_view(), name="api-products-live"),
    path("products/mark/", products.Mark.as_view(), name="api-products-mark"),
    path("products/prices/", products.ChangePrices.as_view(), name="api-products-prices"),
    path("products/prices/undo/", products.UndoPrices.as_view(), name="api-products-prices-undo"),
    path("products/unmark/", products.Unmark.as_view(), name="api-products-unmark"),
    path("flash-sales/", flash_sales.PlanSale.as_view(), name="api-flash-sales"),
    path("flash-sales/<int:pk>/end/", flash_sales.EndSale.as_view(), name="api-flash-sale-end"),
    path("reports/", reports.ReportList.as_view(), name="api-reports"),
    path("reports/<slug:slug>/", reports.ReportRows.as_view(), name="api-report"),
    path("rules/", automation.RuleList.as_view(), name="api-rules"),
    path("rules/<int:pk>/", automation.RuleDetail.as_view(), name="api-rule"),
    path("rules/<int:pk>/dry-run/", automation.RuleDryRun.as_view(), name="api-rule-dry-run"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("stock/", stock.Balances.as_view(), name="api-stock"),
    path("stock/adjustments/", stock.Adjustments.as_view(), name="api-stock-adjustments"),
]
