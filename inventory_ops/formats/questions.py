"""Questions that several layouts leave open, and rules that they share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from inventory_ops.kit.imports.formats import Output, Question, Record, Refused

VENDOR = Question("vendor", "Whose products are these (vendor number)?")
CURRENCY = Question("currency", "Which currency are the prices in?")
ZONE = Question("timezone", "Which time zone is the shop in (default: the merchant's)?", required=False)
STORE = Question("store", "Which store is the file from (store number)?")
PREFIX = Question("order_prefix", "Put something before its order numbers (default: nothing)?", required=False)


def stock(column: str) -> Question:
    return Question(
        "stock_location", f"Load “{column}” as stock, and into which location (its code)? Empty: no.", required=False
    )


def locations(column: str, asks: Callable[[Record], str] | None = None) -> Question:
    text = f"Which location is each “{column}”? One that we do not know is made."
    return Question("locations", text, True, column, asks)


def vendor(record: Record) -> str:
    return str(record.file.answers.get("vendor") or "")


def check_currency(record: Record, out: Output, column: str = "") -> None:
    """An amount in another currency than the merchant's cannot be taken."""
    said = record[column].upper() if column else str(record.file.answers.get("currency") or "").upper()
    own = out.known_vendors().get(vendor(record), "")
    if said and own and said != own:
        raise Refused(column, f"{said}, but the merchant's currency is {own}", "currency")


def stock_of(record: Record, out: Output, column: str, sku: str, vendor_number: str) -> None:
    """A stock row where the file's quantity is to be loaded and the cell says one.

    Negative stock is oversold: nothing is on hand, so it is 0.
    """
    location = str(record.file.answers.get("stock_location") or "")
    if not location or not record[column]:
        return
    out.location(location, "")
    quantity = on_hand(record, column)
    out.row("stock", record, {"sku": sku, "vendor_number": vendor_number, "location": location, "quantity": quantity})


def on_hand(record: Record, column: str) -> str:
    """A quantity as the file has it; below 0 it is 0, with a warning."""
    text = record.number(column)
    if text.startswith("-") and text.strip("-0."):
        record.warn(column, "negative: taken as 0", "negative")
        return "0"
    return text.removeprefix("-")


def rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def amount(value: Decimal) -> str:
    """A result of arithmetic as a cell: exact up to the four decimals that a unit price may have."""
    return format(value.quantize(Decimal("0.0001"), ROUND_HALF_UP).normalize(), "f")


def whole(record: Record, column: str) -> int:
    """A quantity for arithmetic. Raises Refused."""
    found = record.decimal(column)
    if found is None or found != found.to_integral_value():
        raise Refused(column, f"{record[column] or 'empty'} is not a whole number", "number")
    return int(found)


def latest(*moments: str) -> str:
    """The latest of moments that have offsets or have none, all of them alike."""
    from datetime import UTC, datetime

    def instant(text: str) -> datetime:
        found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" UTC", "Z"))
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    return max((text for text in moments if text), key=instant, default="")
