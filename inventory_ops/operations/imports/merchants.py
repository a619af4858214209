"""Merchants. A factor from a person becomes a proposal; the system sets it where people approved none."""

from __future__ import annotations

from decimal import Decimal

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.models import Merchant, User
from inventory_ops.operations import proposals
from inventory_ops.operations.imports.merge import merge


def check_merchants(staging: Staging) -> None:
    staging.check_new(
        "vendor_number",
        "where s.vendor_number is not null and not exists"
        " (select from inventory_ops_merchant m where m.vendor_number = s.vendor_number)",
    )
    staging.errors(
        "currency",
        "in_use",
        "'The merchant sells in ' || m.currency || ' and has orders: its currency can no longer change'",
        "join inventory_ops_merchant m on m.vendor_number = s.vendor_number where s.currency <> m.currency"
        f" and {'true' if 'currency' in staging.present else 'false'}"
        " and exists (select from inventory_ops_orderitem i where i.merchant_id = m.id)",
    )
    if staging.actor_id is None and "factor" in staging.present:
        _keep_agreed_factors(staging)
    if staging.actor_id and "factor" in staging.present:
        staging.errors(
            "factor",
            "waits",
            "'A change of this factor waits for a second person already: decide on it first'",
            "join inventory_ops_merchant m on m.vendor_number = s.vendor_number"
            " join inventory_ops_proposal p on p.merchant_id = m.id and p.kind = 'factor' and p.state = 'proposed'"
            " where s.factor is not null and (p.values ->> 'factor')::numeric <> s.factor",
        )
        staging.errors(
            "factor",
            "proposed",
            "'Another factor than the one in force is proposed: it holds when a second person approves'",
            "where s.factor is not null",
            into="import_warning",
        )


def _keep_agreed_factors(staging: Staging) -> None:
    """Refuse rows of the system that have another factor than the one that people approved."""
    found = staging.fetch(
        f"""select distinct m.id, m.vendor_number from pg_temp.{staging.table} s
            join inventory_ops_merchant m on m.vendor_number = s.vendor_number where s.factor is not null"""
    )
    agreed = proposals.kind("factor").agreed([pk for pk, _vendor in found])
    numbers = {vendor: agreed[pk]["factor"] for pk, vendor in found if pk in agreed}
    staging.errors(
        "factor",
        "agreed",
        "'The factor ' || a.factor || ' was approved by a second person: leave the cell empty, or propose another one"
        " under Finance settings'",
        "join unnest(%s::text[], %s::numeric[]) a (vendor_number, factor) on a.vendor_number = s.vendor_number"
        " where s.factor <> a.factor",
        [list(numbers), list(numbers.values())],
    )


def apply_merchants(staging: Staging) -> Counts:
    counts = merge(
        staging,
        table="inventory_ops_merchant",
        source="select line, vendor_number, name, currency, timezone, coalesce(email, '') as email, now() as created_at"
        f" from pg_temp.{staging.table}",
        key=("vendor_number",),
        values={
            "name": "name",
            "currency": "currency",
            "timezone": "timezone",
            "email": "email",
        },
        insert_only=("created_at",),
    )
    if "factor" in staging.present:
        if staging.actor_id is None:
            _set_factors(staging)
        else:
            _propose_factors(staging)
    return counts


def _set_factors(staging: Staging) -> None:
    found = staging.fetch(
        f"""select m.id, s.factor from pg_temp.{staging.table} s
            join inventory_ops_merchant m on m.vendor_number = s.vendor_number where s.factor is not null"""
    )
    values = {pk: {"factor": f"{factor.normalize():f}"} for pk, factor in found}
    proposals.kind("factor").set_directly(values, begins=staging.now, set_by=staging.actor)


def _propose_factors(staging: Staging) -> None:
    """Propose each factor that is another one than that in force, and does not wait already."""
    by, kind = User.objects.get(pk=staging.actor_id or 0), proposals.kind("factor")
    found = staging.fetch(
        f"""select s.vendor_number, s.factor from pg_temp.{staging.table} s
            join inventory_ops_merchant m on m.vendor_number = s.vendor_number
            where s.factor is not null and not exists (
                select from inventory_ops_proposal p
                where p.merchant_id = m.id and p.kind = 'factor' and p.state = 'proposed')"""
    )
    rows: dict[str, Decimal] = dict(found)
    for merchant in Merchant.objects.filter(vendor_number__in=rows).order_by("vendor_number"):
        factor = rows[merchant.vendor_number]
        if Decimal(kind.before(merchant, "")["factor"]) != factor:
            values = {"factor": f"{factor.normalize():f}"}
            proposals.propose(kind=kind, values=values, merchant=merchant, by=by, note="Imported")
