"""What the actions do: read the body, one domain call, the answer's body."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from inventory_ops.kit.numbers import whole
from inventory_ops.registries.permissions import ADMIN, FINANCE, MERCHANT, OPERATIONS
from lost_damaged import formula
from lost_damaged import items as reading
from lost_damaged.api import body, refusals
from lost_damaged.api.answers import Answer
from lost_damaged.api.calls import Call
from lost_damaged.errors import ItemError
from lost_damaged.items import Item
from lost_damaged.models import SellerTransaction, Source, WriteOff
from lost_damaged.operations import write_offs
from lost_damaged.operations.write_offs import Outcome

MOST_ROWS = 500


def update_inventory_status(call: Call, data: bytes) -> Answer:
    """Write off the items of the body; each is booked or refused by itself. `DryRun=1` books nothing."""
    if not call.user.has_role(FINANCE):
        raise refusals.not_allowed()
    good: list[Item] = []
    refused: dict[int, ItemError] = {}
    for position, each in enumerate(body.items(data)):
        try:
            good.append(reading.of_json(position, each))
        except ItemError as error:
            refused[position] = error
    dry_run = call.flag("DryRun")
    outcomes = write_offs.write_off(good, source=Source.API, by=call.user, dry_run=dry_run)
    refused |= {outcome.position: outcome.error for outcome in outcomes if outcome.error}
    failed = [
        {"ErrorCode": str(error.code), "ErrorMessage": error.message, "Position": position}
        for position, error in sorted(refused.items())
    ]
    details: dict[str, Any] = {}
    if call.flag("Details") or dry_run:
        details["Results"] = [_result(outcome) for outcome in outcomes if not outcome.error]
    return Answer(details, failed)


def _result(outcome: Outcome) -> dict[str, Any]:
    return {
        "Position": outcome.position,
        "uid": outcome.uid,
        "Transaction": outcome.number,
        "Amount": amount_text(outcome.amount or Decimal(0), outcome.currency),
        "Currency": outcome.currency,
        "Repeated": outcome.state == "repeat",
        "Warnings": outcome.warnings,
    }


def amount_text(amount: Decimal, currency: str) -> str:
    return format(formula.rounded(amount, formula.minor_units(currency)), "f")


def get_inventory_status(call: Call) -> Answer:
    """The write-off of one UID, if the user may see it."""
    _readers_only(call)
    if not (uid := call.parameters.get("Uid", "")):
        raise refusals.missing("Uid")
    try:
        key = reading.uid_of(uid).upper()
    except ItemError as error:
        raise refusals.Refusal(400, "1", f"Uid: {error.message}") from error
    rows = WriteOff.objects.visible_to(call.user).filter(uid_key=key).select_related("product", "order_item")
    found = []
    for each in rows:
        credit = each.transactions.get(type=SellerTransaction.Type.CREDIT)
        found.append(
            {
                "uid": each.uid,
                "sku": each.product.sku,
                "status": each.status,
                "id_sales_order_item": _shop_item_id(each),
                "Transaction": credit.number,
                "Amount": amount_text(credit.amount, credit.currency),
                "Currency": credit.currency,
                "WrittenOffAt": _moment(each.created_at),
                "Reversed": each.transactions.filter(type=SellerTransaction.Type.DEBIT).exists(),
            }
        )
    return Answer({"Inventory": found})


def get_transactions(call: Call) -> Answer:
    """Transactions from `UpdatedAfter` on (included), oldest first; `Limit` (at most 500) and `Offset` page."""
    _readers_only(call)
    text = call.parameters.get("UpdatedAfter", "")
    if not text:
        raise refusals.missing("UpdatedAfter")
    try:
        after = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        after = after if after.tzinfo else after.replace(tzinfo=UTC)
        after.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refusals.Refusal(400, "4", "UpdatedAfter must be ISO 8601, like 2026-11-22T00:00:00+00:00.") from error
    limit, offset = _number(call, "Limit", 100, 1, MOST_ROWS), _number(call, "Offset", 0, 0, 1_000_000_000)
    rows = SellerTransaction.objects.visible_to(call.user).filter(created_at__gte=after)
    page = (
        rows.select_related("write_off__product", "write_off__order_item")
        .prefetch_related("lines__statement")
        .order_by("created_at", "id")
    )
    listed = [
        {
            "Transaction": each.number,
            "Type": str(each.get_type_display()),
            "uid": each.write_off.uid,
            "sku": each.write_off.product.sku,
            "id_sales_order_item": _shop_item_id(each.write_off),
            "Amount": amount_text(each.amount, each.currency),
            "Currency": each.currency,
            "Statement": each.statement.number,
            "CreatedAt": _moment(each.created_at),
        }
        for each in page[offset : offset + limit]
    ]
    return Answer({"TotalCount": rows.count(), "Transactions": listed})


def _readers_only(call: Call) -> None:
    if not call.user.has_role(FINANCE, OPERATIONS, ADMIN, MERCHANT):
        raise refusals.not_allowed()


def _number(call: Call, name: str, default: int, low: int, high: int) -> int:
    text = call.parameters.get(name, "")
    if not text:
        return default
    number = whole(text, low=low, high=high)
    if number is None:
        raise refusals.Refusal(400, "1", f"{name} must be a whole number from {low} to {high}.")
    return number


def _shop_item_id(found: WriteOff) -> int | str | None:
    return reading.shop_item_id_as_json(found.order_item.shop_item_id) if found.order_item else None


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S%z}"
