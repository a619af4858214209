"""A statement as people read it, on the page, in CSV and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from inventory_ops.kit.charts import Bar, Bars
from lost_damaged.queries.statements import COLUMNS, Figures, Kind


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement; a group's head has no amount of its own above its lines."""

    label: str
    amount: Decimal
    count: int | None = None
    kind: str = ""  # "group" for a subtotal, "total" for a balance
    kinds: Sequence[str] = ()  # the lines that it sums

    @property
    def query(self) -> str:
        """Of the list that shows them."""
        return "".join(f"&kind={kind}" for kind in self.kinds)


def waterfall(figures: Figures, *, currency: str, list_url: str = "") -> Bars:
    """How the opening balance became the closing one, and what of that is paid out. `list_url` shows the lines."""
    steps = [line for line in lines_of(figures) if line.kind]
    running, spans = Decimal(0), []
    for line in steps:
        start = running if line.kind == "group" else Decimal(0)
        running = start + line.amount if line.kind == "group" else line.amount
        spans.append((start, running))
    low = min(Decimal(0), *(edge for span in spans for edge in span))
    width = max(Decimal(0), *(edge for span in spans for edge in span)) - low or Decimal(1)
    rows = [
        Bar(
            label=line.label,
            text=markup.amount(line.amount, currency),
            start=float(100 * (start - low) / width),
            end=float(100 * (end - low) / width),
            url=f"{list_url}{line.query}" if list_url and line.kinds and line.count and line.kind == "group" else "",
            tone="brand" if line.kind == "total" else "good" if line.amount >= 0 else "critical",
            is_total=line.kind == "total",
        )
        for line, (start, end) in zip(steps, spans, strict=True)
    ]
    return Bars(_("What makes the payout"), [_("Line"), _("Amount")], rows)


def lines_of(figures: Figures) -> list[Line]:
    """The lines of the statement as people read them, top to bottom."""

    def summed(label: str, *kinds: str, kind: str = "") -> Line:
        total = figures.of(*kinds)
        return Line(label, total.amount, total.count, kind, kinds)

    return [
        Line(_("Opening Balance"), figures.opening, kind="total"),
        summed(_("Orders: Item Price Credit"), Kind.ORDER, kind="group"),
        summed(_("Other Revenues"), Kind.CREDIT, Kind.DEBIT, kind="group"),
        summed("Lost or Damaged Credit", Kind.CREDIT),
        summed("Lost or Damaged", Kind.DEBIT),
        summed(_("Fees: commission"), Kind.FEE, kind="group"),
        summed(_("Refunds"), Kind.REFUND, Kind.FEE_REFUND, kind="group"),
        summed(_("Item price refunded"), Kind.REFUND),
        summed(_("Commission returned"), Kind.FEE_REFUND),
        summed(_("Adjustments"), Kind.ADJUSTMENT, kind="group"),
        Line(_("Closing Balance"), figures.closing, figures.of(*COLUMNS).count, "total"),
        Line(_("Payout"), figures.payout, kind="total"),
        Line(_("Carried forward"), figures.carried_forward),
    ]
