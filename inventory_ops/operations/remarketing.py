"""E-mails of carts that were left, for a mail tool: as a file, by webhook or by the API.

Only customers who agreed to mails are in them, which is asked again at the moment when the file or message is made.
Each time stands in the security log, without the addresses; so does who asked.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.spreadsheets import plain
from inventory_ops.models import CartContact, Destination, Job, Order, User
from inventory_ops.models.audit import Security
from inventory_ops.operations import carts, exports, jobs, security
from inventory_ops.operations.notifications import deliveries
from inventory_ops.queries import remarketing

KIND = "cart-emails"
MOST = 20_000  # carts of one file or message


class NobodyToWriteTo(Exception):
    """No customer of the carts may be written to; the message counts why."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed out: the carts, and of the others why not, by id."""

    carts: list[Order]
    left: dict[int, str]

    def counted(self) -> dict[str, int]:
        return dict(Counter(self.left.values()))


@transaction.atomic
def hand_out(*, ids: Sequence[int], contacted: bool, by: User, now: datetime, to: str) -> Handed:
    """Who may be written to about these carts, logged. `contacted` notes it with each. Raises NobodyToWriteTo."""
    will, left = remarketing.sort_out(ids)
    if not will:
        raise NobodyToWriteTo(
            _("Nobody may be written to: %(why)s.") % {"why": remarketing.in_words(left) or _("no such cart")}
        )
    if contacted:
        carts.contact_all(orders=will, how=CartContact.How.CAMPAIGN, by=by, now=now, note=to)
    handed = Handed(will, left)
    count = ngettext("%(n)d address of an abandoned cart", "%(n)d addresses of abandoned carts", len(will))
    security.record(
        Security.CART_EMAILS_TAKEN,
        user=by,
        by=by,
        summary=f"{count % {'n': len(will)}}: {to}",
        data={"carts": len(will), "left_out": handed.counted(), "to": to},
    )
    return handed


@transaction.atomic
def as_file(*, ids: Sequence[int], contacted: bool, by: User, now: datetime) -> tuple[Job, Handed]:
    """A CSV file for the caller's mail tool, made by a job of the caller's own. Raises NobodyToWriteTo."""
    handed = hand_out(ids=ids, contacted=contacted, by=by, now=now, to=_("CSV file"))
    job = jobs.enqueue(
        kind=KIND,
        title=_("E-mails of abandoned carts (CSV)"),
        by=by,
        params={"ids": [cart.pk for cart in handed.carts]},
        queue="imports",
    )
    return job, handed


@transaction.atomic
def to_webhook(*, ids: Sequence[int], destination: Destination, contacted: bool, by: User, now: datetime) -> Handed:
    """Send them to a webhook of the caller. The message keeps the carts' ids alone. Raises NobodyToWriteTo."""
    handed = hand_out(ids=ids, contacted=contacted, by=by, now=now, to=destination.name)
    keys = [cart.pk for cart in handed.carts]
    deliveries.create(destination=destination, title=_("Abandoned carts"), sections=[], carts=keys, now=now)
    return handed


@jobs.handler(KIND, only_reads=True)
def _file(context: jobs.Context) -> None:
    by = context.job.created_by
    if by is None or not by.is_active or not by.has_role("operations", "admin"):
        raise jobs.JobFailed(_("This is not open to you any more."))
    will, left = remarketing.sort_out(context.params["ids"])
    target = exports.kept(context.job, "csv")
    with exports.writing(target) as part, part.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file)
        out.writerow(remarketing.HEADER)
        out.writerows(_row(letter) for letter in remarketing.letters(will))
    said = ngettext("%(n)d address.", "%(n)d addresses.", len(will)) % {"n": len(will)}
    meanwhile = _("Left out since: %(why)s.") % {"why": remarketing.in_words(left)} if left else ""
    context.finish(
        f"{said} {meanwhile}".strip(),
        result_file=target,
        result_name=f"abandoned-carts-emails-{timezone.now():%Y-%m-%d}.csv",
    )


def _row(letter: Mapping[str, Any]) -> list[str]:
    items = "; ".join(f"{item['quantity']} × {item['name']} ({item['sku']})" for item in letter["items"])
    cells = [letter["email"], letter["store_number"] or "", letter["order_number"], letter["last_update"],
             letter["currency"], letter["total"], letter["promo_code"], items, letter["recovery_url"]]  # fmt: skip
    return [plain(cell) for cell in cells]
