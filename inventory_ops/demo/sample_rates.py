"""Exchange rates of the sample data: about what they were in 2025, each month a little otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from inventory_ops.operations.rates import EURO, Rate

# what one euro is in each
RATES = {
    "AUD": "1.7700", "CAD": "1.6200", "CHF": "0.9350", "CNY": "8.2400", "CZK": "24.3000", "DKK": "7.4600",
    "GBP": "0.8700", "HKD": "9.0500", "INR": "102.70", "JPY": "175.50", "KRW": "1655.0", "MXN": "21.500",
    "NOK": "11.700", "NZD": "2.0200", "PLN": "4.2500", "SEK": "11.000", "SGD": "1.5100", "USD": "1.1600",
}  # fmt: skip
MONTHS = 13


def of(today: date) -> Iterator[Rate]:
    """Rates of thirteen months up to `today`."""
    for month in range(MONTHS):
        day = today - timedelta(days=30 * month)
        for place, (currency, rate) in enumerate(RATES.items()):
            moved = 1 + Decimal((month * 7 + place * 3) % 11 - 5) / 1000 if month else Decimal(1)
            yield Rate(day, EURO, currency, (Decimal(rate) * moved).quantize(Decimal("0.0001")))
