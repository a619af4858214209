"""Who may do what: every address of the product with the people who may read it and send to it.

Views guard themselves (inventory_ops.permissions, `visible_to`); this table says what they have to do. A test walks
every address with every persona and real objects of others, and fails on one that is not here or does otherwise.
`manage.py access_table` prints it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver

PERSONAS = {
    "o": "operations",
    "m": "merchant",
    "f": "finance",
    "a": "admin",
    "n": "no role",
    "-": "anonymous",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One address. `get` and `post` are letters of PERSONAS; without any the method is not offered at all.

    `others`: where the address names an object, those who get one that is not theirs (of another vendor, of another
    person; of imports, one of people); for the rest of `get` and `post` it is not there (404). A webhook is there for
    whoever has its secret alone. None: the address names no object of anybody.
    `again`: sending wants the password once more (for some addresses by what is sent).
    """

    route: str
    get: str = ""
    post: str = ""
    others: str | None = None
    again: bool = False

    def may(self, persona: str, method: str) -> bool:
        return persona in (self.post if method == "post" else self.get)


TABLE = (
    Rule("", get="omfan"),
    Rule("^action-required/user-audit/(?P<key>[ui][0-9]{1,19})/$", get="a", others="a"),
    Rule("^action-required/user-audit/(?P<key>[ui][0-9]{1,19})/confirm-link/$", post="a", others="a"),
    Rule("^action-required/user-audit/(?P<key>[ui][0-9]{1,19})/recheck/$", post="a", others="a"),
    Rule("^action-required/user-audit/(?P<key>[ui][0-9]{1,19})/review/$", post="a", others="a"),
    Rule("accounts/2fa/", get="omfan"),
    Rule("accounts/2fa/authenticate/", get="omfan-", post="omfan-"),
    Rule("accounts/2fa/reauthenticate/", get="omfan", post="omfan"),
    Rule("accounts/2fa/recovery-codes/", get="omfan"),
    Rule("accounts/2fa/recovery-codes/download/", get="omfan", post="omfan"),
    Rule("accounts/2fa/recovery-codes/generate/", get="omfan", post="omfan", again=True),
    Rule("accounts/2fa/totp/activate/", get="omfan", post="omfan", again=True),
    Rule("accounts/2fa/totp/deactivate/", get="omfan", post="omfan"),
    Rule("accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", get="omfan-", post="omfan-"),
    Rule("accounts/inactive/", get="omfan-"),
    Rule("accounts/invitation/<str:token>/", get="omfan-", post="omfan-", others="omfan-"),
    Rule("accounts/keys/", get="omfa", post="omfa", again=True),
    Rule("accounts/keys/<int:pk>/revoke/", post="omfa", others="", again=True),
    Rule("accounts/keys/tokens/<int:pk>/revoke/", post="omfa", others="", again=True),
    Rule("accounts/login/", get="omfan-", post="omfan-"),
    Rule("accounts/logout/", get="omfan-", post="omfan-"),
    Rule("accounts/password/change/", get="omfan", post="omfan"),
    Rule("accounts/password/reset/", get="omfan-", post="omfan-"),
    Rule("accounts/password/reset/done/", get="omfan-"),
    Rule("accounts/password/reset/key/done/", get="omfan-"),
    Rule("accounts/profile/", get="omfan", post="omfan"),
    Rule("accounts/reauthenticate/", get="omfan", post="omfan"),
    Rule("accounts/sessions/", get="omfan", post="omfan"),
    Rule("action-required/<slug:slug>/", get="omfa"),
    Rule("action-required/<slug:slug>/bulk/", post="oa"),
    Rule("action-required/abandoned-checkouts/by-card-error/", get="ofa"),
    Rule("action-required/abandoned-checkouts/by-product/", get="omfa"),
    Rule("action-required/abandoned-checkouts/by-promo/", get="omfa"),
    Rule("action-required/shipping-issues/orders/", get="omfa"),
    Rule("action-required/user-audit/", get="a"),
    Rule("action-required/user-audit/emails/", get="a", post="a"),
    Rule("action-required/user-audit/jobs/", get="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/", get="a", others="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/approve/", post="a", others="a", again=True),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/cancel/", post="a", others="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/log/", get="a", others="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/pause/", post="a", others="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/reject/", post="a", others="a"),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/resume/", post="a", others="a", again=True),
    Rule("action-required/user-audit/jobs/<uuid:job_id>/retry/", post="a", others="a", again=True),
    Rule("action-required/user-audit/plan/", get="a", post="a", again=True),
    Rule("action-required/user-audit/request/", post="a", again=True),
    Rule("api", get="omfan-", post="omfan-"),
    Rule("api/", get="omfan-", post="omfan-"),
    Rule("api/v1/account/", get="omfan"),
    Rule("api/v1/docs/", get="omfan"),
    Rule("api/v1/findings/", get="omfa"),
    Rule("api/v1/findings/<int:pk>/", get="omfa", others="ofa"),
    Rule("api/v1/findings/<int:pk>/acknowledge/", post="oa", others="oa"),
    Rule("api/v1/findings/<int:pk>/assign/", post="oa", others="oa"),
    Rule("api/v1/findings/<int:pk>/comment/", post="oa", others="oa"),
    Rule("api/v1/findings/<int:pk>/reopen/", post="oa", others="oa"),
    Rule("api/v1/findings/<int:pk>/snooze/", post="oa", others="oa"),
    Rule("api/v1/reports/", get="omfan"),
    Rule("api/v1/reports/<slug:slug>/", get="omfa"),
    Rule("api/v1/schema/", get="omfan"),
    Rule("api/v1/stock/", get="omfa"),
    Rule("api/v1/stock/adjustments/", post="oa"),
    Rule("api/v1/trackers/", get="oma", post="oma"),
    Rule("api/v1/trackers/<int:pk>/", get="oma", others="oa"),
    Rule("channels/", get="oa"),
    Rule("channels/<int:pk>/", get="oa", others="oa"),
    Rule("channels/<int:pk>/act/", post="oa", others="oa"),
    Rule("channels/<int:pk>/catalogue/", get="oa", post="oa", others="oa"),
    Rule("channels/<int:pk>/edit/", get="oa", post="oa", others="oa"),
    Rule("channels/<int:pk>/upload/", get="oa", post="oa", others="oa"),
    Rule("channels/listings/", get="oa"),
    Rule("channels/listings/<int:pk>/", get="oa", post="oa", others="oa"),
    Rule("channels/listings/send/", post="oa"),
    Rule("channels/new/", get="oa", post="oa"),
    Rule("channels/webhooks/<uuid:token>/", post="omfan-", others=""),
    Rule("docs/", get="omfan"),
    Rule("docs/<slug:name>/", get="omfan"),
    Rule("finance/claims/", get="omfa"),
    Rule("finance/claims/<str:number>/", get="omfa", others="ofa"),
    Rule("finance/claims/<str:number>/<str:verb>/", post="mf", others="f"),
    Rule("finance/claims/<str:number>/files/<int:pk>/", get="omfa", others="ofa"),
    Rule("finance/claims/new/", get="m", post="m"),
    Rule("finance/double-payments/", get="ofa"),
    Rule("finance/import/", get="ofa", post="f"),
    Rule("finance/import/<uuid:pk>/", get="ofa", others="ofa"),
    Rule("finance/import/<uuid:pk>/confirm/", post="f", others="f", again=True),
    Rule("finance/import/<uuid:pk>/discard/", post="f", others="f"),
    Rule("finance/import/<uuid:pk>/errors/", get="ofa", others="ofa"),
    Rule("finance/import/<uuid:pk>/resume/", post="f", others="f", again=True),
    Rule("finance/import/template.csv", get="f"),
    Rule("finance/losses/", get="ofa"),
    Rule("finance/losses/by-category/", get="ofa"),
    Rule("finance/losses/by-reason/", get="ofa"),
    Rule("finance/nav/", get="ofa"),
    Rule("finance/nav/<str:number>/", get="ofa", others="ofa"),
    Rule("finance/nav/<str:number>/<str:form>/", get="ofa", others="ofa"),
    Rule("finance/nav/<str:number>/decide/", post="f", others="f"),
    Rule("finance/nav/new/", get="ofa", post="f"),
    Rule("finance/reconciliation/", get="ofa", post="ofa"),
    Rule("finance/statement-lines/", get="omfa"),
    Rule("finance/statements/", get="omfa"),
    Rule("finance/statements/<str:number>/", get="omfa", others="ofa"),
    Rule("finance/statements/<str:number>/close/", get="f", post="f", others="f"),
    Rule("finance/statements/<str:number>/pay/", post="f", others="f"),
    Rule("finance/statements/begin/", get="f", post="f"),
    Rule("finance/statements/close/", get="f", post="f"),
    Rule("finance/transactions/", get="omfa"),
    Rule("finance/transactions/<str:number>/", get="omfa", others="ofa"),
    Rule("finance/waiting/", get="fa"),
    Rule("finance/waiting/decide/", post="fa"),
    Rule("finance/write-offs/", get="omfa"),
    Rule("finance/write-offs/<str:number>/", get="omfa", others="ofa"),
    Rule("finance/write-offs/<str:number>/reverse/", get="f", post="f", others="f"),
    Rule("finance/write-offs/new/", get="f", post="f"),
    Rule("healthz", get="omfan-"),
    Rule("imports/", get="ofa"),
    Rule("imports/<uuid:pk>/", get="ofa", others="a"),
    Rule("imports/<uuid:pk>/answers.json", get="ofa", others="a"),
    Rule("imports/<uuid:pk>/answers/", get="ofa", post="ofa", others="a"),
    Rule("imports/<uuid:pk>/apply/", post="ofa", others="a", again=True),
    Rule("imports/<uuid:pk>/discard/", post="ofa", others="a"),
    Rule("imports/<uuid:pk>/errors/", get="ofa", others="a"),
    Rule("imports/formats/", get="omfa"),
    Rule("imports/new/", get="ofa", post="ofa"),
    Rule("imports/template/<slug:kind>/", get="ofa"),
    Rule("inventory/", get="omfa"),
    Rule("inventory/adjust/", get="oa", post="oa"),
    Rule("inventory/adjust/cancel/", get="oa", post="oa"),
    Rule("inventory/adjust/return/", get="oa", post="oa"),
    Rule("inventory/adjust/type/", get="oa", post="oa"),
    Rule("inventory/adjust/undo/<int:pk>/", post="oa", others="oa"),
    Rule("inventory/count/", get="oa", post="oa"),
    Rule("inventory/events/", get="omfa"),
    Rule("inventory/products/<int:pk>/", get="omfa", others="ofa"),
    Rule("jobs/", get="omfa"),
    Rule("jobs/<uuid:pk>/", get="omfan", others="a"),
    Rule("jobs/<uuid:pk>/cancel/", post="omfan", others="a"),
    Rule("jobs/<uuid:pk>/file/", get="omfan", others="a"),
    Rule("jobs/<uuid:pk>/progress/", get="omfan", others="a"),
    Rule("jobs/<uuid:pk>/retry/", post="omfan", others="a", again=True),
    Rule("metrics", get="a"),
    Rule("notifications/", get="omfa"),
    Rule("notifications/<int:pk>/open/", post="omfa", others=""),
    Rule("notifications/deliveries/", get="omfa"),
    Rule("notifications/deliveries/<uuid:pk>/", get="omfa", others="a"),
    Rule("notifications/deliveries/<uuid:pk>/retry/", post="omfa", others="a"),
    Rule("notifications/read/", post="omfa"),
    Rule("notifications/settings/", get="omfa", post="omfa"),
    Rule("notifications/settings/<int:pk>/", get="omfa", post="omfa", others=""),
    Rule("notifications/settings/<int:pk>/delete/", post="omfa", others=""),
    Rule("notifications/settings/<int:pk>/off/", post="omfa", others=""),
    Rule("notifications/settings/<int:pk>/on/", post="omfa", others=""),
    Rule("notifications/settings/<int:pk>/send/", post="omfa", others=""),
    Rule("notifications/settings/<int:pk>/test/", post="omfa", others=""),
    Rule("notifications/subscriptions/<int:pk>/delete/", post="omfa", others=""),
    Rule("orders/", get="omfa"),
    Rule("orders/<path:code>/", get="omfan", others="ofa"),
    Rule("preferences/columns/<slug:slug>/", post="omfa"),
    Rule("preferences/density/", post="omfan"),
    Rule("preferences/first-steps/", post="oa"),
    Rule("preferences/views/<int:pk>/change/", post="omfan", others=""),
    Rule("preferences/views/<int:pk>/delete/", post="omfan", others=""),
    Rule("preferences/views/<slug:slug>/", post="omfa"),
    Rule("preferences/views/<slug:slug>/<int:pk>/open/", post="omfa", others=""),
    Rule("products/", get="omfa"),
    Rule("products/<int:pk>/", get="omfan", others="ofa"),
    Rule("products/<int:pk>/prices/", get="oa", post="oa", others="oa"),
    Rule("scans/<slug:name>/run/", post="oa"),
    Rule("scans/run/", post="oa"),
    Rule("search/", get="omfan"),
    Rule("sections/<slug:key>/", get="omfan"),
    Rule("settings/exchange-rates/", get="fa", post="fa"),
    Rule("settings/finance/", get="fa", post="fa", again=True),
    Rule("settings/finance/keys/<int:pk>/revoke/", post="fa", others="fa", again=True),
    Rule("settings/finance/propose/<str:name>/", get="fa", post="fa", others="fa", again=True),
    Rule("settings/places/", get="a", post="a"),
    Rule("settings/places/<slug:kind>/<int:pk>/", get="a", post="a", others="a"),
    Rule("settings/price-guard/", get="fa", post="fa", again=True),
    Rule("settings/proposals/<int:pk>/", get="fa", post="fa", others="fa", again=True),
    Rule("settings/reasons/", get="a", post="a"),
    Rule("settings/shop/", get="a", post="a"),
    Rule("setup/<str:token>/", get="omfan-", post="omfan-"),
    Rule("system/jobs/<uuid:pk>/resend/", post="a", others="a"),
    Rule("system/people/", get="a"),
    Rule("system/people/<int:pk>/", get="a", post="a", others="a", again=True),
    Rule("system/people/<int:pk>/act/", post="a", others="a", again=True),
    Rule("system/people/<int:pk>/email/", get="a", post="a", others="a", again=True),
    Rule("system/people/new/", get="a", post="a", again=True),
    Rule("system/schedules/", get="a"),
    Rule("system/schedules/<int:pk>/", get="a", post="a", others="a"),
    Rule("system/schedules/<int:pk>/run/", post="a", others="a"),
    Rule("system/security/", get="a"),
    Rule("system/status/", get="a"),
    Rule("trackers/", get="oma"),
    Rule("trackers/<int:pk>/", get="oma", others="oa"),
    Rule("trackers/<int:pk>/delete/", post="oma", others="oa"),
    Rule("trackers/<int:pk>/edit/", get="oma", post="oma", others="oa"),
    Rule("trackers/bulk/", post="oma"),
    Rule("trackers/new/", get="oma", post="oma"),
    Rule("trackers/preview/", get="oma"),
    Rule("trackers/products/", get="oma"),
    Rule("trackers/suggest/", get="oma", post="oma"),
)
RULES = {rule.route: rule for rule in TABLE}


def routes(patterns: Sequence[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every address that the product answers, as its patterns say it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route
