"""One real object of another vendor, or of another person, for each address that names one."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from inventory_ops.imports.users import SPEC as USERS
from inventory_ops.models import (
    AutomationRule,
    Category,
    Channel,
    ChannelListing,
    Delivery,
    Destination,
    Finding,
    Import,
    InventoryEvent,
    InventoryType,
    Job,
    Location,
    Merchant,
    Notification,
    SavedView,
    ScanSchedule,
    Subscription,
    User,
    ViewSubscription,
)
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import api_tokens, invitations, ledger, proposals
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.ledger import Movement
from inventory_ops.operations.notifications import view_letters
from inventory_ops.operations.person import Details
from lost_damaged.models import ClaimFile, Payment, SellerAccount, SellerTransaction, Source, Statement
from lost_damaged.operations import api_keys, claims, nav, rules, write_offs
from lost_damaged.operations import imports as finance_imports
from lost_damaged.operations.claims import ClaimDetails
from tests import make
from tests.lost_damaged.world import items
from trackers.models import Tracker
from user_audit.models import ActionJob

NOBODY = {
    "path": "none",
    "uuid": str(uuid.UUID(int=0)),
    "int": "999999",
    "str": "NOTHING-1",
    "slug": "inventory-cost-issues",
}
PDF = b"%PDF-1.7 note"


@dataclass
class Objects:
    """`at` gives the address of a route, filled with these objects, `sent` what makes a POST there mean something."""

    other: Merchant | None = None
    addresses: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    data: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, route: str) -> str:
        values = iter(self.addresses.get(route, ()))
        path = re.sub(r"\(\?P<uidb36>[^)]*\)-\(\?P<key>[^)]*\)", "1-set-password", route)
        path = re.sub(r"\(\?P<key>\[ui\][^)]*\)", lambda _: str(next(values, "u999999")), path)
        path = path.replace("^", "").removesuffix("$")
        return "/" + re.sub(r"<(\w+):(\w+)>", lambda found: str(next(values, _sample(found, route))), path)

    def names(self, route: str) -> bool:
        return route in self.addresses


def nowhere(route: str) -> str:
    """An address of a route whose object is not there."""
    return Objects().at(route)


def _sample(found: re.Match[str], route: str) -> str:
    special = {"docs/": "start", "scans/": "costs", "imports/template": "orders"}
    return next((name for start, name in special.items() if route.startswith(start)), NOBODY[found[1]])


def make_objects() -> Objects:
    """The other vendor `B` and the other people; nobody of the five personas is among them."""
    other = make.merchant("B")
    seller, finance, admin = make.user("merchant", of=other), make.user("finance"), make.user("admin")
    found = Objects(other)
    at = found.addresses
    category = Category.objects.create(name="Lamps", commission_percent=10)
    product = make.product("OTHERS", of=other, category=category)
    ledger.book([Movement(product.pk, EventKind.RECEIVED, 9)], source=EventSource.CSV)
    item = make.item(product, in_=make.order("B-1", status=2))
    for route in (
        "products/<int:pk>/",
        "products/<int:pk>/prices/",
        "products/<int:pk>/prices/undo/",
        "products/<int:pk>/flash-sale/",
        "products/<int:pk>/mark/",
        "products/<int:pk>/unmark/",
        "products/<int:pk>/live/",
        "inventory/products/<int:pk>/",
    ):
        at[route] = (product.pk,)
    sale = make.sale(product, timezone.now(), timezone.now() + timedelta(days=1))
    at["products/<int:pk>/flash-sale/<int:sale>/end/"] = (product.pk, sale.pk)
    at["api/v1/flash-sales/<int:pk>/end/"] = (sale.pk,)
    rule = AutomationRule.objects.create(name="R", position=1, report="inventory-cost-issues", snooze_days=7)
    at["api/v1/rules/<int:pk>/"] = at["api/v1/rules/<int:pk>/dry-run/"] = (rule.pk,)
    at["settings/rules/<int:pk>/"] = at["settings/rules/<int:pk>/act/"] = (rule.pk,)
    change = product.price_changes.create(
        merchant=other, at=timezone.now(), price_before=9, price_after=product.price, source="page"
    )
    found.data["products/<int:pk>/prices/undo/"] = {"change": str(change.pk)}
    at["orders/<path:code>/"] = (item.order.number,)
    cart = make.order("CART-1", status=1)
    make.item(product, in_=cart)
    at["carts/<int:pk>/contacted/"] = at["api/v1/carts/<int:pk>/contacted/"] = (cart.pk,)
    at["settings/places/<slug:kind>/<int:pk>/"] = ("location", Location.objects.get(code="MAIN").pk)
    at["inventory/adjust/undo/<int:pk>/"] = (InventoryEvent.objects.earliest("pk").pk,)
    tracker = Tracker.objects.create(
        merchant=other,
        product=product,
        inventory_type=InventoryType.objects.get(code="good"),
        mechanism="stock_quantity",
        quantity=5,
    )
    for end in ("", "edit/", "delete/"):
        at[f"trackers/<int:pk>/{end}"] = (tracker.pk,)
    at["api/v1/trackers/<int:pk>/"] = (tracker.pk,)
    moment = timezone.now()
    seen = dict.fromkeys(("first_seen_at", "opened_at", "last_seen_at"), moment)
    finding = Finding.objects.create(report="inventory-cost-issues", key="0", label="x", merchant=other, **seen)
    for end in ("", "acknowledge/", "answer/", "ask/", "assign/", "comment/", "due/", "reopen/", "snooze/"):
        at[f"api/v1/findings/<int:pk>/{end}"] = (finding.pk,)
    at["action-required/<slug:slug>/findings/<str:key>/"] = (finding.report, finding.key)
    at["action-required/<slug:slug>/findings/<str:key>/<slug:verb>/"] = (finding.report, finding.key, "comment")
    _finance(found, product, seller=seller, finance=finance, admin=admin)
    _channels(found, other)
    _people(found, finance=finance, admin=admin)
    return found


def _finance(found: Objects, product: Any, *, seller: User, finance: User, admin: User) -> None:
    at, other = found.addresses, product.merchant
    [outcome] = write_offs.write_off(items((product.sku, "u-1")), source=Source.PAGE, by=finance)
    at["finance/write-offs/<str:number>/"] = at["finance/write-offs/<str:number>/reverse/"] = (outcome.number,)
    at["finance/transactions/<str:number>/"] = (SellerTransaction.objects.get().number,)
    number = Statement.objects.get(merchant=other).number
    for end in ("", "close/", "pay/"):
        at[f"finance/statements/<str:number>/{end}"] = (number,)
    paid = Payment.objects.create(
        statement=Statement.objects.get(number=number), amount=1, paid_on="2026-01-01", reference="x", source="page"
    )
    at["finance/statements/<str:number>/payments/<int:pk>/return/"] = (number, paid.pk)
    details = ClaimDetails(
        sku=product.sku, reason="other", happened_on=timezone.now().date(), text="x", uid="u-2",
        evidence=[SimpleUploadedFile("note.pdf", PDF)],
    )  # fmt: skip
    claim = claims.open_claim(details=details, merchant=other, by=seller)
    at["finance/claims/<str:number>/"] = (claim.number,)
    at["finance/claims/<str:number>/<str:verb>/"] = (claim.number, "reject")
    at["finance/claims/<str:number>/files/<int:pk>/"] = (claim.number, ClaimFile.objects.get().pk)
    SellerAccount.objects.create(merchant=other, vendor_no="V1")
    [batch] = nav.export(by=finance).batches
    for end in ("", "decide/"):
        at[f"finance/nav/<str:number>/{end}"] = (batch.number,)
    at["finance/nav/<str:number>/<str:form>/"] = (batch.number, "csv")
    text = b"SKU,UID,Status,Order Item Shop ID\r\nOTHERS,u-3,written-off,\r\nNONE,u-4,written-off,\r\n"
    record = finance_imports.receive(upload=SimpleUploadedFile("u.csv", text), by=finance, reason="other")
    for end in ("", "confirm/", "resume/", "discard/", "errors/"):
        at[f"finance/import/<uuid:pk>/{end}"] = (record.pk,)
    token, _text = api_tokens.create(user=finance, name="OMS", scopes=["read"], days=1, by=finance)
    at["accounts/keys/tokens/<int:pk>/revoke/"] = (token.pk,)
    key, _text = api_keys.create(user=finance, name="OMS", by=finance)
    at["accounts/keys/<int:pk>/revoke/"] = at["settings/finance/keys/<int:pk>/revoke/"] = (key.pk,)
    at["settings/finance/propose/<str:name>/"] = ("caps",)
    made = proposals.propose(kind=rules.FACTOR, values={"factor": "0.5"}, merchant=other, by=finance)
    at["settings/proposals/<int:pk>/"] = (made.pk,)
    found.data["settings/proposals/<int:pk>/"] = {"verb": "end"}


def _channels(found: Objects, other: Merchant) -> None:
    channel = Channel.objects.create(
        merchant=other, code="files", name="Files", kind="csv", options={"folder": "files"}, state="synced"
    )
    product = make.product("LISTED", of=other)
    listing = ChannelListing.objects.create(channel=channel, merchant=other, product=product, external_id="x")
    for end in ("", "act/", "catalogue/", "edit/", "upload/"):
        found.addresses[f"channels/<int:pk>/{end}"] = (channel.pk,)
    found.addresses["channels/listings/<int:pk>/"] = (listing.pk,)
    found.addresses["channels/webhooks/<uuid:token>/"] = (channel.webhook_token,)


def _people(found: Objects, *, finance: User, admin: User) -> None:
    at, operator = found.addresses, make.user("operations")
    job = Job.objects.create(
        kind="import.apply", title="Import", state="failed", created_by=operator, finished_at=timezone.now()
    )
    for end in ("", "progress/", "cancel/", "retry/", "file/"):
        at[f"jobs/<uuid:pk>/{end}"] = (job.pk,)
    waiting = Job.objects.create(kind="import.apply", title="Import", created_by=operator)
    at["system/jobs/<uuid:pk>/resend/"] = (waiting.pk,)
    text = b"email,role\nx@example.com,operations\nbad,operations\n"
    people = uploads.receive(files=[SimpleUploadedFile("users.csv", text)], spec=USERS, by=admin)
    assert people.state == Import.State.CHECKED
    for end in ("", "answers/", "answers.json", "apply/", "discard/", "errors/"):
        at[f"imports/<uuid:pk>/{end}"] = (people.pk,)
    target = Destination.objects.create(user=operator, kind="email", frequency="daily", name="Mail", cursor=0)
    for end in ("", "delete/", "off/", "on/", "send/", "test/"):
        at[f"notifications/settings/<int:pk>/{end}"] = (target.pk,)
    told = Subscription.objects.create(destination=target, topic="shipping-issues")
    at["notifications/subscriptions/<int:pk>/delete/"] = (told.pk,)
    line = Notification.objects.create(user=operator, topic="shipping-issues", title="New", url="/")
    at["notifications/<int:pk>/open/"] = (line.pk,)
    sent = Delivery.objects.create(user=operator, destination=target, kind="email", name="Mail", title="x")
    for end in ("", "retry/"):
        at[f"notifications/deliveries/<uuid:pk>/{end}"] = (sent.pk,)
    view = SavedView.objects.create(report="inventory-cost-issues", owner=operator, name="Mine")
    for end in ("change/", "delete/"):
        at[f"preferences/views/<int:pk>/{end}"] = (view.pk,)
    at["notifications/views/<int:pk>/"] = (view.pk,)
    mailed = ViewSubscription.objects.create(user=operator, view=view, next_at=timezone.now())
    at["notifications/views/subscriptions/<int:pk>/end/"] = (mailed.pk,)
    at["notifications/views/stop/<str:token>/"] = (view_letters.stop_url(mailed).rstrip("/").rpartition("/")[2],)
    at["preferences/views/<slug:slug>/<int:pk>/open/"] = ("inventory-cost-issues", view.pk)
    invited = invitations.invite(email="new@example.com", details=Details("", "finance"), by=admin)
    at["accounts/invitation/<str:token>/"] = (invitations.token_of(invited),)
    for end in ("", "act/", "email/"):
        at[f"system/people/<int:pk>/{end}"] = (operator.pk,)
    schedule = ScanSchedule.objects.create(name="costs", every=timedelta(hours=1))
    at["system/schedules/<int:pk>/"] = at["system/schedules/<int:pk>/run/"] = (schedule.pk,)
    root = "action-required/user-audit/"
    for end in ("", "recheck/", "review/", "confirm-link/", "manager/"):
        at[f"^{root}(?P<key>[ui][0-9]{{1,19}})/{end}$"] = (f"u{operator.pk}",)
    action = ActionJob.objects.create(
        action="disable-db", reason="test", requested_by=admin, state="awaiting", idempotency_key="x"
    )
    for end in ("", "log/", "approve/", "reject/", "pause/", "resume/", "cancel/", "retry/"):
        at[f"{root}jobs/<uuid:job_id>/{end}"] = (action.pk,)
    chosen = {"action": "disable-db", "ids": f"u{operator.pk}"}
    found.data[f"{root}plan/"] = found.data[f"{root}request/"] = chosen
