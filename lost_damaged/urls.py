"""Addresses of lost and damaged. Its list pages are reports and get theirs from the declaration."""

from __future__ import annotations

from django.urls import path

from lost_damaged.api.view import api
from lost_damaged.views import (
    api_keys,
    claims,
    closing,
    imports,
    nav,
    reconciliation,
    settings,
    statements,
    waiting,
    write_offs,
)

urlpatterns = [
    path("api/", api, name="seller-center-api"),
    path("api", api),  # clients post to either: a redirect would lose the body
    path("finance/write-offs/new/", write_offs.new, name="write-off-new"),
    path("finance/write-offs/<str:number>/", write_offs.detail, name="write-off"),
    path("finance/write-offs/<str:number>/reverse/", write_offs.reverse_credit, name="write-off-reverse"),
    path("finance/transactions/<str:number>/", write_offs.of_transaction, name="seller-transaction"),
    path("finance/import/", imports.upload, name="finance-import"),
    path("finance/import/template.csv", imports.template, name="finance-import-template"),
    path("finance/import/<uuid:pk>/", imports.detail, name="finance-import-detail"),
    path("finance/import/<uuid:pk>/confirm/", imports.confirm, name="finance-import-confirm"),
    path("finance/import/<uuid:pk>/resume/", imports.resume, name="finance-import-resume"),
    path("finance/import/<uuid:pk>/discard/", imports.discard, name="finance-import-discard"),
    path("finance/import/<uuid:pk>/errors/", imports.error_file, name="finance-import-errors"),
    path("finance/waiting/", waiting.listed, name="waiting-units"),
    path("finance/waiting/decide/", waiting.decide, name="waiting-decide"),
    path("finance/statements/mail/", statements.mail, name="statements-mail"),
    path("finance/statements/close/", closing.close_all, name="statements-close"),
    path("finance/statements/begin/", closing.begin, name="statements-begin"),
    path("finance/statements/<str:number>/", statements.detail, name="statement"),
    path("finance/statements/<str:number>/close/", closing.close, name="statement-close"),
    path("finance/statements/<str:number>/pay/", statements.pay, name="statement-pay"),
    path("finance/statements/<str:number>/payments/<int:pk>/return/", statements.return_payment, name="payment-return"),
    path("finance/claims/new/", claims.new, name="claim-new"),
    path("finance/claims/<str:number>/", claims.detail, name="claim"),
    path("finance/claims/<str:number>/<str:verb>/", claims.decide, name="claim-decide"),
    path("finance/claims/<str:number>/files/<int:pk>/", claims.file, name="claim-file"),
    path("finance/reconciliation/", reconciliation.reconcile, name="finance-reconciliation"),
    path("finance/nav/new/", nav.new, name="nav-new"),
    path("finance/nav/<str:number>/", nav.detail, name="nav-batch"),
    path("finance/nav/<str:number>/decide/", nav.decide, name="nav-decide"),
    path("finance/nav/<str:number>/<str:form>/", nav.download, name="nav-download"),
    path("accounts/keys/", api_keys.own, name="own-keys"),
    path("accounts/keys/tokens/<int:pk>/revoke/", api_keys.revoke_token, name="own-token-revoke"),
    path("accounts/keys/<int:pk>/revoke/", api_keys.revoke_own, name="own-key-revoke"),
    path("settings/finance/", settings.finance, name="finance-settings"),
    path("settings/finance/propose/<str:name>/", settings.propose, name="finance-propose"),
    path("settings/finance/keys/<int:pk>/revoke/", settings.revoke_key, name="api-key-revoke"),
]
