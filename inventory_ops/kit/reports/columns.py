"""Columns of a report. Each has three faces: HTML cell, export text (made by SQL), JSON value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext

from inventory_ops.kit import markup, showing
from inventory_ops.kit.db import expressions
from inventory_ops.kit.markup import escape

type Row = Mapping[str, Any]
type Cell = Callable[[Row], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of text, and the base of the others.

    `key` names it in addresses (`sort=-key`), `header` in exports, `label` on the page (default: the header).
    `expression` is what `rows()` offers: a field path, the name of an annotation, or an expression.
    `sub` is a second line under the value: the key of another column. `link` gives the address of a row.
    `order_by` is what rows are ordered by instead of the value: never NULL, unless `order_nulls` says that it is where
    the value is. `tail` are the paths that follow it in place of the report's identity (the last of them names the
    row): those of the table that holds the value, so that one index serves the order and finds the page after any row.
    `width` decides which columns a narrow window shows (layout.py).
    """

    key: str
    header: str
    expression: Any = None
    label: Any = ""
    hint: Any = ""
    sub: str = ""
    link: Callable[[Row], str | None] | None = None
    sortable: bool = True
    order_by: Any = None
    order_nulls: bool = False
    tail: tuple[str, ...] = ()
    nullable: bool = False
    visible: bool = True  # on the page, until the viewer picks columns
    on_page: bool = True  # False: only exported, or only the second line of another column
    exported: bool = True
    personal: bool = False  # masked for merchants
    staff: bool = False  # empty in what merchants export
    source: Any = None  # the expression of what is exported, where it is not `expression`
    late: bool = False  # looked up for the rows of the page alone, by `Report.look_up`; `expression` is its order
    css: str = ""
    width: int = 120  # in CSS pixels: the least of a flexible one, else what its longest value needs
    flexible: bool = True  # long values are cut with an ellipsis, and the column takes the room that is left
    alias: str = field(init=False)  # name of the value in a row; apart from the model's own field names

    numeric = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "alias", f"c_{self.key}")

    @property
    def title(self) -> str:
        return str(self.label or gettext(self.header))

    @property
    def decides(self) -> bool:
        """Is it what a row is judged by? It is shown before others where there is little room."""
        return "m-right" in self.css

    def value(self) -> Any:
        """The expression of the raw value."""
        expression = self.expression if self.expression is not None else self.key
        return F(expression) if isinstance(expression, str) else expression

    def exported_value(self) -> Any:
        """The expression of the raw value that exports write."""
        return self.value() if self.source is None else self.source

    def order(self) -> Any:
        """The expression that rows are ordered by."""
        if self.order_by is None:
            return self.value()
        return F(self.order_by) if isinstance(self.order_by, str) else self.order_by

    @property
    def orders_nulls(self) -> bool:
        """May what rows are ordered by be NULL?"""
        return self.nullable and (self.order_by is None or self.order_nulls)

    def is_never_null(self, rows: QuerySet[Any]) -> bool:
        """Is the value a field of the rows' own table that is NOT NULL there, whatever `nullable` says of others?"""
        name = self.expression if self.expression is not None else self.key
        if not isinstance(name, str) or name in rows.query.annotations:
            return False
        return any(each.name == name and not each.null for each in rows.model._meta.concrete_fields)

    def text(self) -> Any:
        """The expression of the exported text."""
        return expressions.as_text(self.exported_value())

    def spreadsheet_text(self) -> Any:
        """The same for CSV, which spreadsheets open: free text that they would run gets an apostrophe in front."""
        is_free = type(self).text is Column.text
        return expressions.PlainText(self.exported_value()) if is_free else self.text()

    def json(self, text: str | None) -> Any:
        """The JSON value for an exported text."""
        return text if text else None

    def html(self, row: Row) -> str:
        """The value as HTML; '' is shown as a dash."""
        value = row[self.alias]
        return escape(value) if value not in (None, "") else ""

    def drawing(self) -> Callable[[Row], str]:
        """What `html` gives, for many rows in one language."""
        return self.html

    def cell(self, sub: Column | None, layout: str = "") -> Cell:
        """A function that makes the whole <td> of a row. Built once a language, called once a row."""
        classes = " ".join(filter(None, ["num" if self.numeric else "", self.css, layout]))
        start = f'<td{f" class={chr(34)}{classes}{chr(34)}" if classes else ""} data-label="{escape(self.title)}">'
        html, link = self.drawing(), self.link
        if sub is None and link is None:
            return lambda row: f"{start}{html(row)}</td>"
        sub_html = sub.drawing() if sub else None

        def make(row: Row) -> str:
            main = html(row)
            address = link(row) if link else None
            if address:
                main = f'<a class="cell-main" href="{escape(address)}">{main}</a>'
            elif main and sub_html:
                main = f'<span class="cell-main">{main}</span>'
            below = sub_html(row) if sub_html else ""
            return f"{start}{main}{f'<span class={chr(34)}cell-sub{chr(34)}>{below}</span>' if below else ''}</td>"

        return make


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Column):
    """Plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Column):
    """A whole number."""

    width: int = 70
    flexible: bool = False

    numeric = True

    def text(self) -> Any:
        return expressions.as_text(self.exported_value())

    def json(self, text: str | None) -> Any:
        return int(text) if text else None

    def html(self, row: Row) -> str:
        value = row[self.alias]
        return markup.number(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Column):
    """An amount; `currency` is the field path of its ISO 4217 code. JSON gives it as a string, exact."""

    width: int = 104
    flexible: bool = False

    currency: str = "merchant__currency"
    negative: bool = False  # show as a loss: with a minus, in red
    unit: bool = False  # a price of one unit: it may be finer than the currency's smallest unit, and is shown so

    numeric = True

    def text(self) -> Any:
        show = expressions.AtLeast if self.unit else expressions.RoundTo
        return show(self.exported_value(), expressions.minor_units(self.currency))

    def html(self, row: Row) -> str:
        value: Decimal | None = row[self.alias]
        if value is None:
            return ""
        show = markup.unit_amount if self.unit else markup.amount
        text = show(-value if self.negative else value, row.get("c_currency"))
        return f'<span class="neg">{text}</span>' if self.negative and value > 0 else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Column):
    """0 to 100, as a number without needless zeros; on the page with its sign."""

    width: int = 70
    flexible: bool = False

    places: int | None = None
    numeric = True

    def text(self) -> Any:
        return expressions.TrimmedNumber(self.exported_value())

    def html(self, row: Row) -> str:
        value = row[self.alias]
        if value is None:
            return ""
        text = f"{Decimal(value).normalize():f}" if self.places is None else f"{value:.{self.places}f}"
        return showing.plain_number(text).replace("-", markup.MINUS) + "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Column):
    """A point in time: exported as ISO 8601 in UTC, shown as date and time."""

    width: int = 140
    flexible: bool = False

    def text(self) -> Any:
        return expressions.IsoMoment(self.exported_value())

    def html(self, row: Row) -> str:
        value: datetime | None = row[self.alias]
        if value is None:
            return ""
        return f'<time datetime="{value.isoformat()}">{showing.moment(value)}</time>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Column):
    """A day."""

    width: int = 104
    flexible: bool = False

    def text(self) -> Any:
        return expressions.as_text(self.exported_value())

    def html(self, row: Row) -> str:
        value = row[self.alias]
        return "" if value is None else f'<time datetime="{value.isoformat()}">{showing.day(value)}</time>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Month(Date):
    """A month by its first day."""

    width: int = 120
    flexible: bool = False

    def html(self, row: Row) -> str:
        return f'<time datetime="{row[self.alias]:%Y-%m}">{showing.month(row[self.alias])}</time>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Column):
    """A code with a word and a tone for the page; exports give the code."""

    width: int = 110
    flexible: bool = False

    words: Mapping[Any, Any] = field(default_factory=dict)
    tones: Mapping[Any, str] = field(default_factory=dict)

    def text(self) -> Any:
        return expressions.as_text(self.exported_value())

    def html(self, row: Row) -> str:
        value = row[self.alias]
        if value in (None, ""):
            return ""
        word = str(self.words.get(value, value))
        tone = self.tones.get(value)
        return markup.badge(tone, word) if tone else escape(word)

    def drawing(self) -> Callable[[Row], str]:
        if type(self).html is not Choice.html:
            return self.html  # it may look at more of the row
        drawn: dict[Any, str] = {}  # the words are few, and each is looked up in the language and escaped once

        def html(row: Row) -> str:
            value = row[self.alias]
            if value not in drawn:
                drawn[value] = self.html(row)
            return drawn[value]

        return html


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Column):
    """True or false."""

    width: int = 64
    flexible: bool = False

    def text(self) -> Any:
        return expressions.as_text(self.exported_value())

    def json(self, text: str | None) -> Any:
        return None if not text else text == "true"

    def html(self, row: Row) -> str:
        from django.utils.translation import gettext as _

        value = row[self.alias]
        return "" if value is None else escape(_("Yes") if value else _("No"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom(Column):
    """A cell drawn by a function of the row (it must escape what it shows); exported as text."""

    width: int = 110
    flexible: bool = False

    draw: Callable[[Row], str] = field(default=lambda row: "")
    is_number: bool = False

    def html(self, row: Row) -> str:
        return self.draw(row)

    def drawing(self) -> Callable[[Row], str]:
        return self.draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Since(Moment):
    """A point in time whose cell is drawn by a function of the row, as how long ago it was."""

    draw: Callable[[Row], str] = field(default=lambda row: "")

    def html(self, row: Row) -> str:
        return self.draw(row)

    def drawing(self) -> Callable[[Row], str]:
        return self.draw
