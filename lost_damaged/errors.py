"""What can be wrong with an item: one number, sentence and column for API, CSV and page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    FIELD = "2001"
    STATUS = "2002"
    NOT_FOUND = "2003"
    CONFLICT = "2004"
    REVERSED = "2005"
    OTHER_PRODUCT = "2006"
    NO_PRICE = "2007"
    CURRENCY = "2008"
    UID = "2009"
    TWICE = "2010"
    LOCKED = "2011"


MESSAGES: dict[str, tuple[str, str]] = {
    # reason as the booking statement names it: (column, sentence)
    "sku_unknown": ("SKU", "SKU was not found."),
    "sku_ambiguous": ("SKU", "SKU belongs to several sellers: give the order item too."),
    "order_item_unknown": ("Order Item Shop ID", "Order item was not found."),
    "order_item_ambiguous": ("Order Item Shop ID", "Several stores have this order item ID for this SKU."),
    "order_item_of_other_product": ("Order Item Shop ID", "The order item is of another product than the SKU."),
    "no_percent": (
        "SKU",
        "No commission percent: neither the product's category nor one above it has one. Set it, then send again.",
    ),
    "currency": ("SKU", "The order's currency is not the seller's currency."),
    "twice": ("UID", "The UID is in here twice with different data. Keep one."),
    "conflict": ("UID", "The UID was already written off with other data ({number})."),
    "reversed": ("UID", "The UID was written off and reversed ({number}). A unit that is lost again needs a new UID."),
    "locked": ("", "The accounting period is locked. Ask finance to move the lock, then send again."),
    "over_unit": ("", "The amount is above the cap per unit. It waits for a second person to approve it."),
    "over_import": ("", "The total is above the cap per import. The unit waits for a second person to approve it."),
    "over_day": (
        "",
        "The total of one person in 24 hours is above its cap. The unit waits for a second person to approve it.",
    ),
    "over_quantity": (
        "Order Item Shop ID",
        "More units are written off than the order item has. The unit waits for a second person to approve it.",
    ),
    "over_together": (
        "",
        "A unit of this import is above a cap, and all or nothing is imported: all wait for a second person.",
    ),
    "waiting": ("", "The unit waits for a second person to approve it."),
    "amount_rose": ("", "The amount is higher now than the one approved. Look at it again, then decide."),
}
CODES: dict[str, Code] = {
    "sku_unknown": Code.NOT_FOUND,
    "sku_ambiguous": Code.NOT_FOUND,
    "order_item_unknown": Code.NOT_FOUND,
    "order_item_ambiguous": Code.NOT_FOUND,
    "order_item_of_other_product": Code.OTHER_PRODUCT,
    "no_percent": Code.NO_PRICE,
    "currency": Code.CURRENCY,
    "twice": Code.TWICE,
    "conflict": Code.CONFLICT,
    "reversed": Code.REVERSED,
    "locked": Code.LOCKED,
    "over_unit": Code.LOCKED,
    "over_import": Code.LOCKED,
    "over_day": Code.LOCKED,
    "over_quantity": Code.LOCKED,
    "over_together": Code.LOCKED,
    "waiting": Code.LOCKED,
    "amount_rose": Code.LOCKED,
}


class ClaimRefused(Exception):
    """Nothing was changed; `field` of the form says where, the text why and what to do."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class ItemError(Exception):
    """Why one item is not written off. `column` is the CSV's name of the field."""

    code: Code
    column: str
    message: str
    value: str = ""


def of_reason(reason: str, *, number: str = "") -> ItemError:
    """The error for a reason that the booking statement answered."""
    column, message = MESSAGES[reason]
    return ItemError(CODES[reason], column, message.format(number=number))
