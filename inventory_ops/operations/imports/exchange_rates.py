"""Exchange rates of a file."""

from __future__ import annotations

from inventory_ops.kit.db import locks
from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.models import ExchangeRate
from inventory_ops.operations import rates


def check_exchange_rates(staging: Staging) -> None:
    staging.errors("currency", "same", "'Name two different currencies'", "where s.base = s.currency")
    staging.errors(
        "day",
        "future",
        "'The day is in the future: give the day that the rate was published for'",
        "where s.day > (now() at time zone 'UTC')::date",
    )


def apply_exchange_rates(staging: Staging) -> Counts:
    locks.wait_for(rates.LOCK)
    written = staging.fetch(
        f"""insert into inventory_ops_exchangerate as t (day, base, currency, rate, source)
            select day, base, currency, rate, '{ExchangeRate.Source.FILE.value}' from pg_temp.{staging.table}
            order by day, base, currency
            on conflict (base, currency, day) do update set rate = excluded.rate, source = excluded.source
            where t.rate <> excluded.rate
            returning (xmax = 0)"""
    )
    new = sum(1 for (is_new,) in written if is_new)
    rates.apply()
    return Counts(new=new, changed=len(written) - new, unchanged=staging.rows - len(written))
