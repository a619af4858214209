"""One MERGE that inserts new rows and updates those that differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from inventory_ops.kit.imports import Counts, Staging
from inventory_ops.kit.imports.staging import SHOWN_CHANGES, Change


def merge(
    staging: Staging,
    *,
    table: str,
    source: str,
    key: Sequence[str],
    values: Mapping[str, str],
    insert_only: Sequence[str] = (),
    on_change: str = "",
    returning: str = "",
    then: str = "",
) -> Counts:
    """Merge `source` (a SELECT with the table's column names) into `table` by `key`.

    `values` maps column → file column it comes from: a column that the file does not have keeps what the row has.
    `insert_only` columns are written to new rows alone. `on_change` is an extra SET item of changed rows. `then` is
    a statement over `merged` (action and `returning`), run in the same statement.
    """
    updated = [column for column, name in values.items() if name in staging.present]
    inserted = [*key, *values, *insert_only]
    if staging.keep_empty:
        # which cells were empty: their columns keep what the row has
        empty = ", ".join(f"raw.{values[column]} is null as empty_{column}" for column in updated)
        source = f"select q.*, {empty} from ({source}) q join pg_temp.{staging.table} raw on raw.line = q.line"
    staging.create("merge_source", source)

    def wanted(column: str) -> str:
        kept = f"case when n.empty_{column} then t.{column} else n.{column} end"
        return kept if staging.keep_empty else f"n.{column}"

    differs = (
        f"({', '.join(f't.{column}' for column in updated)}) is distinct from"
        f" ({', '.join(wanted(column) for column in updated)})"
    )
    sets = ", ".join([*(f"{column} = {wanted(column)}" for column in updated), *([on_change] if on_change else [])])
    matched = f"when matched and {differs} then update set {sets}" if updated else "when matched then do nothing"
    shown = _shown(key, updated) if staging.shows_change and updated else ""
    if shown:
        returning = f"{returning}, {shown}" if returning else shown
    rows = staging.fetch(
        f"""with merged as (
                merge into {table} t using pg_temp.merge_source n
                on {" and ".join(f"t.{column} = n.{column}" for column in key)}
                {matched}
                when not matched then insert ({", ".join(inserted)})
                    values ({", ".join(f"n.{column}" for column in inserted)})
                returning merge_action() as action{", " + returning if returning else ""}
            ){", then_done as (" + then + ")" if then else ""}
            select count(*) filter (where action = 'INSERT'), count(*) filter (where action = 'UPDATE'),
                {_SAMPLE if shown else "null"} from merged""",
        {"actor": staging.actor, "actor_id": staging.actor_id, "now": staging.now},
    )
    new, changed, sample = rows[0]
    staging.changes += _changes(sample, values)
    total = staging.fetch("select count(*) from pg_temp.merge_source")[0][0]
    return Counts(new=new, changed=changed, unchanged=total - new - changed)


_SAMPLE = f"""(select jsonb_agg(jsonb_build_object('row', u.row_key, 'old', u.row_old, 'new', u.row_new))
    from (select * from merged where action = 'UPDATE' limit {SHOWN_CHANGES}) u)"""


def _shown(key: Sequence[str], updated: Sequence[str]) -> str:
    """Items of RETURNING: the key of a row, and its values before and after."""

    def as_json(alias: str, columns: Sequence[str]) -> str:
        pairs = ", ".join(f"'{column}', {_value(alias, column)}" for column in columns)
        return f"jsonb_build_object({pairs})"

    return (
        f"{as_json('new', key)} as row_key, {as_json('old', updated)} as row_old, {as_json('new', updated)} as row_new"
    )


def _value(alias: str, column: str) -> str:
    if column == "category_id":
        return f"(select c.name from inventory_ops_category c where c.id = {alias}.category_id)"
    if column == "merchant_id":
        return f"(select m.vendor_number from inventory_ops_merchant m where m.id = {alias}.merchant_id)"
    return f"{alias}.{column}"


def _changes(sample: Any, values: Mapping[str, str]) -> list[Change]:
    """Old and new values of the sampled rows, column by column."""
    rows = json.loads(sample) if isinstance(sample, str) else sample or []
    return [
        Change(" · ".join(map(str, row["row"].values())), values[column], _text(old), _text(row["new"][column]))
        for row in rows
        for column, old in row["old"].items()
        if old != row["new"][column]
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
