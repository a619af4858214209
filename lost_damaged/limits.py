"""Up to which amounts one person writes off alone, while nobody has set others: a first installation has limits.

In major units of whatever currency; one whose units are small (UGX, IDR) is given caps of its own.
"""

from __future__ import annotations

from decimal import Decimal

UNIT = Decimal(1_000)
IMPORT = Decimal(25_000)
DAY = Decimal(50_000)
