"""Exchange rates: taken by hand, from a file of ours or from the European Central Bank's, and made into what each
currency is in the shop's own. Lists keep that beside their amounts, so that their order is an index."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory_ops.kit.db import locks
from inventory_ops.models import CurrencyFactor, ExchangeRate, User
from inventory_ops.operations import audit, issues
from inventory_ops.queries import rates, shop
from inventory_ops.queries.currencies import is_currency
from inventory_ops.registries.permissions import ADMIN, FINANCE

LOCK = "exchange rates"
LARGEST = Decimal(10) ** 13
PLACES = Decimal(1).scaleb(-10)
EURO = "EUR"


class RateRefused(Exception):
    """Nothing was changed; says why."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` was `rate` of `currency` on a day."""

    day: date
    base: str
    currency: str
    rate: Decimal


@transaction.atomic
def add(*, rate: Rate, by: User) -> ExchangeRate:
    """Note a rate; one of the same day is replaced. Raises RateRefused."""
    if not by.has_role(ADMIN, FINANCE):
        raise RateRefused(_("Only finance and administrators can do this."))
    if why := why_not(rate):
        raise RateRefused(why)
    locks.wait_for(LOCK)
    made, _created = ExchangeRate.objects.update_or_create(
        day=rate.day,
        base=rate.base,
        currency=rate.currency,
        defaults={"rate": rate.rate.quantize(PLACES), "source": ExchangeRate.Source.PAGE},
    )
    audit.record(action="exchange_rate.add", by=by, subject=made, summary=str(made), data={"day": str(rate.day)})
    apply()
    return made


def why_not(rate: Rate) -> str:
    """Why a rate cannot be; '' when it can."""
    for code in (rate.base, rate.currency):
        if not is_currency(code):
            return _("“%(code)s” is not an ISO 4217 currency code: use a code like GBP.") % {"code": code[:10]}
    if rate.base == rate.currency:
        return _("Choose two different currencies.")
    if not PLACES <= rate.rate < LARGEST:
        return _("The rate must be above 0, with at most ten decimals.")
    if rate.day > timezone.now().date():
        return _("The day is in the future: give the day that the rate was published for.")
    return ""


@transaction.atomic
def load(*, found: Iterable[Rate], source: ExchangeRate.Source, by: User | None) -> int:
    """Take rates of a file, replacing those of the same days; answers how many are new or other. Raises RateRefused
    for the first one that cannot be."""
    rows = list(found)
    for rate in rows:
        if why := why_not(rate):
            raise RateRefused(f"{rate.day} {rate.base}/{rate.currency}: {why}")
    locks.wait_for(LOCK)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into inventory_ops_exchangerate as t (day, base, currency, rate, source)
            select distinct on (day, base, currency) day, base, currency, round(rate, 10), %s
            from unnest(%s::date[], %s::text[], %s::text[], %s::numeric[]) r (day, base, currency, rate)
            order by day, base, currency
            on conflict (base, currency, day) do update set rate = excluded.rate, source = excluded.source
            where t.rate <> excluded.rate
            """,
            [
                source.value,
                [rate.day for rate in rows],
                [rate.base for rate in rows],
                [rate.currency for rate in rows],
                [rate.rate for rate in rows],
            ],
        )
        changed = cursor.rowcount
    if changed:
        audit.record(action="exchange_rate.load", by=by, summary=str(source.label), data={"rates": changed})
    apply()
    return changed


def apply() -> None:
    """Work out what each currency is in the shop's own, and bring the lists' order in line. In a transaction."""
    wanted = _factors(shop.facts().currency)
    before = dict(CurrencyFactor.objects.values_list("currency", "factor"))
    CurrencyFactor.objects.exclude(currency__in=wanted).delete()
    CurrencyFactor.objects.bulk_create(
        [CurrencyFactor(currency=code, factor=factor, day=day) for code, (factor, day) in wanted.items()],
        update_conflicts=True,
        unique_fields=["currency"],
        update_fields=["factor", "day"],
    )
    if before != {code: factor for code, (factor, _day) in wanted.items()}:
        _renew_order()


def _factors(home: str) -> dict[str, tuple[Decimal, date | None]]:
    """What one unit of each currency is in `home`, with the day of the oldest rate on the way, of the fewest steps."""
    if not home:
        return {}
    steps: dict[str, list[tuple[str, Decimal, date]]] = {}
    for each in rates.newest():
        steps.setdefault(each.currency, []).append((each.base, 1 / each.rate, each.day))
        steps.setdefault(each.base, []).append((each.currency, each.rate, each.day))
    known: dict[str, tuple[Decimal, date | None]] = {home: (Decimal(1), None)}
    queue = deque([home])
    while queue:
        at = queue.popleft()
        worth, since = known[at]
        # the newest first, where a pair is known both ways
        for code, rate, day in sorted(steps.get(at, ()), key=lambda step: step[2], reverse=True):
            if code not in known:
                factor = (worth / rate).quantize(Decimal(1).scaleb(-15))
                if factor > 0:
                    known[code] = (factor, min(since or day, day))
                    queue.append(code)
    return known


# Of every table whose rows have `factor` and `band`; those locked by bookings in the order of their products.
RENEWALS = (
    *(
        f"""update inventory_ops_{table} t set factor = inventory_ops_factor_of(m.currency),
            band = inventory_ops_band_of(m.currency)
            from inventory_ops_merchant m where m.id = t.merchant_id
            and (t.factor, t.band) is distinct from
                (inventory_ops_factor_of(m.currency), inventory_ops_band_of(m.currency))"""
        for table in ("inventorycostissue", "shippingissue", "ordercostissue")
    ),
    """update inventory_ops_productstock t set factor = l.factor, band = l.band
       from (select k.product_id, n.factor, n.band from inventory_ops_productstock k
             join (select id, inventory_ops_factor_of(currency) as factor, inventory_ops_band_of(currency) as band
                   from inventory_ops_merchant) n on n.id = k.merchant_id
             where (k.factor, k.band) is distinct from (n.factor, n.band)
             order by k.product_id for no key update of k) l
       where t.product_id = l.product_id""",
    """update inventory_ops_order t set factor = inventory_ops_factor_of(t.currency),
       band = inventory_ops_band_of(t.currency)
       where t.status = 1 and (t.factor, t.band) is distinct from
           (inventory_ops_factor_of(t.currency), inventory_ops_band_of(t.currency))""",
)


def _renew_order() -> None:
    locks.wait_for(issues.LOCK)  # a refresh beside this would write what was known before
    with connection.cursor() as cursor:
        for statement in RENEWALS:
            cursor.execute(statement)
