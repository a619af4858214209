"""Nothing is reachable only by typing its address: a crawl by links from each role's home, against the resolver."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from config.access import PERSONAS, RULES
from inventory_ops.imports.stock import SPEC as STOCK
from inventory_ops.models import Channel, ChannelImport, Delivery, Destination, Job, Product, User
from inventory_ops.operations import issues, price_rules, proposals
from inventory_ops.operations.imports import uploads
from lost_damaged.imports import SPEC as WRITE_OFFS
from tests import make
from tests.doors.objects import Objects, make_objects
from tests.doors.support import confirmed
from tests.issues.test_pages import world

pytestmark = pytest.mark.django_db
ATTRIBUTES = ("href", "action", "formaction", "hx-get", "hx-post", "data-url")
A_ROUTE = 12  # pages of one route that are opened: lists with other filters show other links


class Links(HTMLParser):
    """Addresses of a page, each with whether following it only reads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self._posts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self._posts = values.get("method", "get").lower() == "post"
        for name in ATTRIBUTES:
            if value := values.get(name):
                sends = name in ("hx-post", "formaction") or (name == "action" and self._posts)
                self.found.append((value, not sends))
        for name, value in attrs:
            if name.startswith("data-") and value and value.startswith("/"):
                self.found.append((value, True))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._posts = False


def crawl(browser: Client) -> tuple[set[str], list[str]]:
    """Routes that links and forms lead to, and the links that are refused or break."""
    queue, opened, seen, faults = deque(["/"]), {}, {"/"}, []
    routes: set[str] = set()
    while queue:
        address = queue.popleft()
        response = browser.get(address)
        if response.status_code >= 400:
            faults.append(f"{response.status_code} {address}")
            continue
        if response.status_code >= 300:
            found = [(response["Location"], True)]
        elif "text/html" in response.get("Content-Type", "") and not response.streaming:
            parser = Links()
            parser.feed(response.content.decode())
            found = parser.found
        else:
            b"".join(response) if response.streaming else None  # read to its end, a file is closed
            continue
        for link, reads in found:
            target = urljoin(address, link).partition("#")[0]
            parts = urlsplit(target)
            if parts.netloc or not parts.path.startswith("/") or parts.path.startswith(settings.STATIC_URL):
                continue
            try:
                route = resolve(parts.path).route
            except Resolver404:
                faults.append(f"no such page {target} (from {address})")
                continue
            routes.add(route)
            if reads and target not in seen and route != "accounts/logout/" and opened.get(route, 0) < A_ROUTE:
                seen.add(target)
                opened[route] = opened.get(route, 0) + 1
                queue.append(target)
    return routes, faults


# files of each role that are asked about, and files with rows that cannot be taken
QUESTIONS = (None, b"what,how many\nOTHERS,5\n")
UPLOADS = {
    "o": (QUESTIONS, (STOCK, b"sku,quantity\nOTHERS,5\nNONE,x\n")),
    "f": (QUESTIONS, (WRITE_OFFS, b"SKU,UID,Status\nOTHERS,u-9,written-off\nNONE,u-9,lost\n")),
}
# what a person comes to from elsewhere, with the reason; `*` ends a name that begins like this
ELSEWHERE = {
    "accounts/2fa/authenticate/": "signing in",
    "accounts/2fa/reauthenticate/": "asked for on the way",
    "accounts/2fa/totp/activate/": "who has a second factor deactivates it first",
    "accounts/reauthenticate/": "asked for on the way",
    "accounts/^password/reset/key/*": "the mail",
    "accounts/password/reset/done/": "after the form that a signed-out person sends",
    "accounts/password/reset/key/done/": "after the mail",
    "accounts/inactive/": "refused sign-in",
    "accounts/invitation/*": "the mail",
    "notifications/views/stop/*": "the mail",
    "notifications/views/<int:pk>/": "offered in the menu of a saved view",
    "notifications/views/subscriptions/*": "offered once a view is subscribed to",
    "accounts/login/": "signed-out people",
    "setup/*": "the first start prints it",
    "api": "programs",
    "api/*": "programs",
    "healthz": "programs",
    "metrics": "programs",
    "imports/<uuid:pk>/answers.json": "a mapping that was answered by a person, to be kept beside a file",
    "scans/<slug:name>/progress/": "a list asks for it while a scan runs",
    "jobs/<uuid:pk>/progress/": "the page of a job asks for it while it runs",
    "finance/statements/<str:number>/payments/<int:pk>/return/": "offered on statements that are paid",
    "finance/statements/begin/": "offered as long as a seller has no statement",
}


@pytest.fixture
def objects(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Objects:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("user_audit.accounts.configured", list)  # nobody asks AWS
    (tmp_path / "x.csv").write_text("a\n1\n")
    found = make_objects()
    world("FINDINGS")
    other: Any = found.other
    for back in (3, 4):  # not shipped twice
        make.item(
            Product.objects.get(sku="OTHERS"), in_=make.order(at=timezone.now() - timedelta(days=back)), shipped=0
        )
    issues.refresh(as_of=timezone.now())
    proposals.propose(kind=price_rules.GUARD, values={"mode": "warn"}, by=make.user("operations"))
    ChannelImport.objects.create(channel=Channel.objects.get(merchant=other), state="ready")
    return found


def somebody(persona: str) -> Client:
    """The browser of a person of the role who has things of their own, and a second factor."""
    user = User.objects.filter(role=PERSONAS[persona]).earliest("pk")
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    Job.objects.create(
        kind="export", title="Export", state="done", created_by=user, result_file="x.csv",
        finished_at=timezone.now(), expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    mail = Destination.objects.create(user=user, kind="email", frequency="daily", name="Mail", cursor=0)
    Delivery.objects.create(user=user, destination=mail, kind="email", name="Mail", title="x")
    for spec, text in UPLOADS.get(persona, ()):
        uploads.receive(files=[SimpleUploadedFile("upload.csv", text)], spec=spec, by=user)
    browser = Client()
    browser.force_login(user)
    return confirmed(browser, user)


def is_elsewhere(route: str) -> bool:
    return any(route.startswith(name.removesuffix("*")) if name.endswith("*") else route == name for name in ELSEWHERE)


@pytest.mark.parametrize("persona", "omfa")
def test_every_page_has_a_link(persona: str, objects: Objects) -> None:
    routes, faults = crawl(somebody(persona))
    assert not faults, "\n".join(faults)
    may = [rule.route for rule in RULES.values() if rule.may(persona, "get")]
    missing = [route for route in may if route not in routes and not is_elsewhere(route)]
    assert not missing, "\n".join(missing)
