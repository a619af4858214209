"""The tracking mechanisms. A new one is one file and one entry here."""

from trackers.mechanisms.base import Field, Mechanism, Preset
from trackers.mechanisms.stalled_days import STALLED_DAYS
from trackers.mechanisms.stock_quantity import STOCK_QUANTITY
from trackers.mechanisms.turnover_days import TURNOVER_DAYS

MECHANISMS: dict[str, Mechanism] = {each.name: each for each in (STOCK_QUANTITY, TURNOVER_DAYS, STALLED_DAYS)}

__all__ = ["MECHANISMS", "Field", "Mechanism", "Preset"]
