"""An amount in words: every input, every step, so that a seller can compute it again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.kit.markup import MINUS
from lost_damaged import formula
from lost_damaged.models import SellerTransaction


@dataclass(frozen=True, slots=True)
class Explanation:
    """`expression` is the formula with its numbers; `steps` say each in a sentence."""

    expression: str
    steps: list[str]


WARNINGS = {
    "negative_clamped": gettext_lazy(
        "The commission is higher than the price: the result would be below 0, so it is 0."
    ),
    "order_item_shipped": gettext_lazy(
        "The order item was shipped: if it was delivered, the seller may be paid twice."
    ),
    "order_item_repeated": gettext_lazy("More units are written off than the order item has."),
    "order_item_cart": gettext_lazy("The order item is still in a cart: nobody has bought it."),
    "uid_rounded": gettext_lazy("The UID looks rounded by a spreadsheet, which keeps 15 digits: compare it."),
}


def plain(number: Decimal) -> str:
    """Without needless zeros, but with at least two decimals."""
    text = format(number.normalize(), "f")
    whole, _point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}".replace("-", MINUS)


def of(transaction: SellerTransaction) -> Explanation:
    factor = format(transaction.factor, "f")
    unit = transaction.currency
    steps: list[str] = []
    if transaction.formula == SellerTransaction.Formula.ORDER_ITEM:
        assert transaction.unit_price is not None and transaction.commission_amount is not None
        price, commission = plain(transaction.unit_price), plain(transaction.commission_amount)
        expression = f"({price} {MINUS} {commission}) × {factor}"
        steps.append(_("The unit was sold for %(price)s %(unit)s.") % {"price": price, "unit": unit})
        if transaction.commission_percent is None:
            steps.append(_("The commission of the order item is %(amount)s.") % {"amount": commission})
        else:
            steps.append(
                _("The order item has no commission: %(percent)s%% of category “%(category)s” is %(amount)s.")
                % {
                    "percent": plain(transaction.commission_percent),
                    "category": transaction.commission_category,
                    "amount": commission,
                }
            )
    else:
        assert transaction.price is not None and transaction.commission_percent is not None
        lowest = formula.lowest_price(
            transaction.price, transaction.special_price, special_used=transaction.special_used
        )
        percent = plain(transaction.commission_percent)
        expression = f"{plain(lowest)} × (1 {MINUS} {percent} / 100) × {factor}"
        steps.append(_price_sentence(transaction, lowest))
        steps.append(
            _("The commission is %(percent)s%% in category “%(category)s”.")
            % {"percent": percent, "category": transaction.commission_category}
        )
    steps.append(_("The factor in force was %(factor)s.") % {"factor": factor})
    result = _computed(transaction)
    steps.append(
        _("The result is %(raw)s, rounded half up once to %(digits)s decimals: %(amount)s %(unit)s.")
        % {
            "raw": plain(result.raw),
            "digits": transaction.minor_units,
            "amount": format(result.amount, "f"),
            "unit": unit,
        }
    )
    if transaction.type == SellerTransaction.Type.DEBIT:
        steps.append(_("The unit was found: this takes the credit back, so the sign is minus."))
    steps += [str(WARNINGS[code]) for code in transaction.warnings if code in WARNINGS]
    return Explanation(expression=expression, steps=steps)


def _computed(transaction: SellerTransaction) -> formula.Result:
    """The formula once more, from the stored inputs: the page shows what they give, not what was noted down."""
    if transaction.formula == SellerTransaction.Formula.ORDER_ITEM:
        assert transaction.unit_price is not None and transaction.commission_amount is not None
        return formula.of_order_item(
            unit_price=transaction.unit_price,
            commission=transaction.commission_amount,
            factor=transaction.factor,
            digits=transaction.minor_units,
        )
    assert transaction.price is not None and transaction.commission_percent is not None
    return formula.of_product(
        price=transaction.price,
        special_price=transaction.special_price,
        special_used=transaction.special_used,
        commission_percent=transaction.commission_percent,
        factor=transaction.factor,
        digits=transaction.minor_units,
    )


def _price_sentence(transaction: SellerTransaction, lowest: Decimal) -> str:
    values = {
        "price": plain(transaction.price or Decimal(0)),
        "special": plain(transaction.special_price or Decimal(0)),
        "lowest": plain(lowest),
        "unit": transaction.currency,
    }
    if transaction.special_price is None:
        return _("The price was %(price)s %(unit)s, without a special price.") % values
    if not transaction.special_used:
        return _("The price was %(price)s %(unit)s; the special price %(special)s was not in force.") % values
    return _("The lower of price %(price)s and special price %(special)s is %(lowest)s %(unit)s.") % values
