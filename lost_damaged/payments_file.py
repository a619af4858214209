"""The `payments` kind of import: what the bank paid, by statement. The same rules as by hand and by API."""

from __future__ import annotations

from inventory_ops.imports.cells import CurrencyCode
from inventory_ops.kit.imports import Column, Counts, ImportSpec, Staging, register
from inventory_ops.kit.imports.values import Date, Text, money
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN, FINANCE
from lost_damaged.models import Payment
from lost_damaged.operations import payments
from lost_damaged.operations.payments import NewPayment, Outcome

COLUMNS = {"number": "statement"}  # parts of a payment whose column is called otherwise


def check(staging: Staging) -> None:
    """Find out what would come of each row; nothing is booked."""
    for line, outcome in _record(staging, dry_run=True):
        if outcome.state == "refused":
            staging.errors(
                COLUMNS.get(outcome.field, outcome.field),
                outcome.code,
                "%s",
                "where s.line = %s",
                [outcome.problem, line],
            )


def apply(staging: Staging) -> Counts:
    """Book every row that is left."""
    states = [outcome.state for _line, outcome in _record(staging, dry_run=False)]
    return Counts(new=states.count("booked"), unchanged=states.count("repeat"))


def _record(staging: Staging, *, dry_run: bool) -> list[tuple[int, Outcome]]:
    rows = staging.fetch(
        f"""select line, upper(statement), amount, coalesce(currency, ''), paid_on, reference
            from pg_temp.{staging.table} s
            where statement is not null and amount is not null and paid_on is not null and reference is not null
              and not exists (select from pg_temp.import_error e where e.line = s.line) order by line"""
    )
    person = User.objects.get(pk=staging.actor_id) if staging.actor_id else None
    outcomes = payments.record(
        [NewPayment(*row[1:]) for row in rows], source=Payment.Source.CSV, by=person, dry_run=dry_run
    )
    return list(zip([row[0] for row in rows], outcomes, strict=True))


SPEC = register(
    ImportSpec(
        name="payments",
        title="Payments of statements",
        order=110,
        purpose="What the bank paid to sellers. A reference is booked once for a statement.",
        columns=(
            Column("statement", Text(20), required=True, example="ST-2026-000123"),
            Column("amount", money(positive=True), required=True, example="430.00"),
            Column("currency", CurrencyCode(), example="", help="Has to be the statement's"),
            Column("paid_on", Date(), required=True, example="2026-06-05"),
            Column("reference", Text(100), required=True, example="TRX-88120-1", help="The bank's own"),
        ),
        check=check,
        apply=apply,
        roles=(FINANCE, ADMIN),
    )
)
