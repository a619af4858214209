"""Whose rows a user may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from inventory_ops.models.users import User


class OfMerchants[M: models.Model](models.QuerySet[M]):
    """Rows that belong to one merchant each, by `merchant_id`."""

    def visible_to(self, user: User | None) -> Self:
        """Rows whose merchant `user` may see; None is the system, which sees all. Rows of none: only who sees all."""
        if user is None or user.sees_all_merchants:
            return self
        return self.filter(merchant_id=user.own_merchant_id)
