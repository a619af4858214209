"""Field shapes used everywhere: money, percent, ratio, codes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

if TYPE_CHECKING:
    BinaryField = models.BinaryField[Any, Any]
    DecimalField = models.DecimalField[Any, Any]
else:  # Django's own classes take no type arguments
    BinaryField = models.BinaryField
    DecimalField = models.DecimalField


class MoneyField(DecimalField):
    """An amount in the currency's major unit, exact: NUMERIC(20, 4)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class SealedField(BinaryField):
    """A text encrypted at rest by `kit.sealing` under `purpose`; b"" is none. `reseal` finds it by its class."""

    def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


class PercentField(DecimalField):
    """0 to 100, up to four decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 7)
        kwargs.setdefault("decimal_places", 4)
        kwargs.setdefault(
            "validators",
            [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        )
        super().__init__(*args, **kwargs)


class RatioField(DecimalField):
    """0 to 1, up to four decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 5)
        kwargs.setdefault("decimal_places", 4)
        kwargs.setdefault("validators", [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))])
        super().__init__(*args, **kwargs)
