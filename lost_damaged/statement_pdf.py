"""An account statement as a PDF: what is owed, what was paid, and the newest lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout

from inventory_ops.kit import markup
from inventory_ops.models import User
from lost_damaged import fonts
from lost_damaged.models import Payment, Statement
from lost_damaged.queries import settings as finance
from lost_damaged.queries import statements as queries
from lost_damaged.queries.statements import Past
from lost_damaged.statement_rows import lines_of

# those of the pages: Latin letters with their signs
FONTS = Path(settings.BASE_DIR) / "static" / "vendor" / "inter"
OWN_FONTS = (FONTS / "inter-latin-wght-normal.woff2", FONTS / "inter-latin-ext-wght-normal.woff2")
MOST_LINES = 500  # all of them are in the CSV
GREY = 110


def pdf_of(statement: Statement, *, viewer: User | None, then: Past | None = None) -> bytes:
    """The statement, now or as it was `then`, in the language that is active, its days in the seller's zone."""
    figures = then.figures if then else queries.figures(statement)
    count = figures.of(*queries.COLUMNS).count
    paper = _Paper(statement, then)
    paid = statement.payments.order_by("paid_on", "pk")
    payments: list[Sequence[str]] = [
        (date_format(each.paid_on), _told(each), paper.money(each.amount))
        for each in (paid.filter(created_at__lte=then.moment) if then else paid)
    ]
    rows = list(_rows(paper, statement, viewer, then)) if count else []
    paper.use_fonts(rows + payments)
    paper.head()
    paper.table(
        [_("Line"), _("Count"), _("Amount")],
        [
            (line.label, "" if line.count is None else markup.number(line.count), paper.money(line.amount))
            for line in lines_of(figures)
        ],
        widths=(60, 15, 25),
        bold=[bool(line.kind) for line in lines_of(figures)],
        numbers=2,
    )
    if payments:
        paper.title(_("Payments"))
        paper.table([_("Paid on"), _("Bank reference"), _("Amount")], payments, widths=(25, 50, 25))
    if rows:
        paper.title(_("Lines"))
        if count > MOST_LINES:
            text = _("The newest %(n)s of %(total)s. All of them, as CSV: %(url)s")
            url = f"{settings.PUBLIC_URL}{reverse('statement-lines')}?statement={statement.number}&_export=csv"
            paper.hint(text % {"n": markup.number(MOST_LINES), "total": markup.number(count), "url": url}, link=url)
        paper.table(
            [_("Date"), _("Kind"), _("Of"), _("Refers to"), _("Quantity"), _("Amount")],
            rows,
            widths=(18, 20, 24, 14, 9, 15),
            numbers=2,
        )
    return paper.bytes()


def _told(payment: Payment) -> str:
    return f"{payment.reference} · {payment.reason}" if payment.reason else payment.reference


def _rows(paper: _Paper, statement: Statement, viewer: User | None, then: Past | None) -> Iterable[Sequence[str]]:
    found = queries.lines(statement, viewer=viewer, then=then)
    lines = found.select_related("order_item__order", "transaction", "adjustment")
    for line in lines.order_by("-occurred_at", "-pk")[:MOST_LINES]:
        if line.order_item:
            of = f"{line.order_item.order.number} · {line.order_item.shop_item_id}"
        else:
            of = line.transaction.number if line.transaction else f"{line.adjustment.number} {line.adjustment.reason}"
        yield (
            paper.day(line.occurred_at),
            str(line.get_kind_display()),
            of,
            line.about_number or "",
            markup.number(line.quantity),
            paper.money(line.amount),
        )


class _Paper:
    """One A4 document in the making."""

    def __init__(self, statement: Statement, then: Past | None) -> None:
        self.statement, self.then = statement, then
        self.zone = ZoneInfo(statement.merchant.timezone)
        self.pdf = FPDF(format="A4")
        self.pdf.set_title(statement.number)
        self.pdf.set_creator("")
        self.pdf.set_auto_page_break(True, margin=18)
        # the font is variable and comes in one weight here, titles are larger instead
        self.pdf.add_font("inter", "", OWN_FONTS[0])
        self.pdf.add_font("inter-ext", "", OWN_FONTS[1])
        self.without_font = ""

    def use_fonts(self, tables: Sequence[Sequence[str]]) -> None:
        """Add those that the texts need; `without_font` are the letters that none has here."""
        found, shop = self.statement.merchant, finance.current().shop_name
        text = f"{found.vendor_number}{found.name}{shop}" + "".join(cell for row in tables for cell in row)
        more, self.without_font = fonts.covering(text, besides=OWN_FONTS)
        for path in more:
            self.pdf.add_font(path.stem, "", path)
        self.pdf.set_fallback_fonts(["inter-ext", *(path.stem for path in more)], exact_match=False)
        if more:
            self.pdf.set_text_shaping(True)  # which Latin letters do without
        self.pdf.add_page()

    def money(self, amount: object) -> str:
        return f"{self.statement.currency} {markup.money(amount, self.statement.currency)}"  # type: ignore[arg-type]

    def day(self, moment: object) -> str:
        return date_format(moment.astimezone(self.zone), "SHORT_DATE_FORMAT")  # type: ignore[attr-defined]

    def moment(self, moment: datetime) -> str:
        return date_format(moment.astimezone(self.zone), "SHORT_DATETIME_FORMAT")

    def head(self) -> None:
        found = self.statement
        self.pdf.set_font("inter", size=18)
        self.pdf.cell(text=_("Statement %(number)s") % {"number": found.number}, new_x="LMARGIN", new_y="NEXT", h=10)
        self.hint(finance.current().shop_name)
        is_open = self.then.state == Statement.State.OPEN if self.then else found.ends_at is None
        ends = _("now") if is_open else self.day(found.ends_at)
        state = Statement.State(self.then.state).label if self.then else found.get_state_display()
        if self.then:
            text = _("As it was at %(moment)s") % {"moment": self.moment(self.then.moment)}
            ends = self.moment(self.then.moment) if is_open else ends
            self.hint(text)
        period = _("%(from)s to before %(to)s (%(zone)s)") % {
            "from": self.day(found.starts_at),
            "to": ends,
            "zone": found.merchant.timezone,
        }
        for label, value in (
            (_("Seller"), f"{found.merchant.vendor_number} · {found.merchant.name}"),
            (_("Period"), period),
            (_("State"), str(state)),
        ):
            self.pdf.set_font("inter", size=10)
            self.pdf.cell(w=30, text=label, h=6)
            self.pdf.cell(text=value, new_x="LMARGIN", new_y="NEXT", h=6)
        if self.without_font:
            text = _("There is no font here for %(letters)s. The CSV has them.")
            self.hint(text % {"letters": " ".join(f"U+{ord(each):04X}" for each in self.without_font[:10])})
        self.pdf.ln(4)

    def title(self, text: str) -> None:
        self.pdf.ln(5)
        self.pdf.set_font("inter", size=13)
        self.pdf.cell(text=text, new_x="LMARGIN", new_y="NEXT", h=9)

    def hint(self, text: str, *, link: str = "") -> None:
        self.pdf.set_font("inter", size=9)
        self.pdf.set_text_color(GREY)
        self.pdf.multi_cell(w=0, text=text, new_x="LMARGIN", new_y="NEXT", h=5, align="LEFT", link=link)
        self.pdf.set_text_color(0)

    def table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        widths: tuple[int, ...],
        bold: Sequence[bool] = (),
        numbers: int = 1,
    ) -> None:
        """A table whose last `numbers` columns are to the right; `bold` rows are shaded."""
        self.pdf.set_font("inter", size=9)
        align = tuple("LEFT" if index < len(head) - numbers else "RIGHT" for index in range(len(head)))
        with self.pdf.table(
            col_widths=widths,
            text_align=align,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis=None, fill_color=235),
            line_height=5.5,
        ) as table:
            table.row([str(text) for text in head])
            for index, cells in enumerate(rows):
                shaded = FontFace(fill_color=246) if index < len(bold) and bold[index] else None
                table.row([str(text) for text in cells], style=shaded)

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())
