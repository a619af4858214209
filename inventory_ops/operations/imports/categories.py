"""Categories and their parents."""

from __future__ import annotations

from inventory_ops.kit.imports import Counts, Staging


def check_categories(staging: Staging) -> None:
    staging.errors("parent", "self", "'A category cannot be its own parent'", "where s.parent = s.name")
    # a parent may stand in the file, unless its own row is refused: look again until nothing more falls
    while True:
        before = staging.fetch("select count(*) from pg_temp.import_error")[0][0]
        staging.errors(
            "parent",
            "unknown",
            "'There is no such category, neither in the table nor in a good row of this file'",
            f"""where s.parent is not null and s.parent <> s.name
                and s.line not in (select line from pg_temp.import_error)
                and not exists (select from inventory_ops_category c where c.name = s.parent)
                and not exists (select from pg_temp.{staging.table} o where o.name = s.parent
                                and o.line not in (select line from pg_temp.import_error))""",
        )
        if staging.fetch("select count(*) from pg_temp.import_error")[0][0] == before:
            break
    staging.errors(
        "parent",
        "circle",
        "'The category would be among its own ancestors'",
        f"""where s.name in (
            with recursive edge as (
                select name, parent from pg_temp.{staging.table} where parent is not null
                union all
                select c.name, p.name from inventory_ops_category c join inventory_ops_category p on p.id = c.parent_id
                where c.name not in (select name from pg_temp.{staging.table} where name is not null)
            ), path as (
                select name as start, parent as at from edge
                union
                select p.start, e.parent from path p join edge e on e.name = p.at
            ) select start from path where at = start)
            and s.parent <> s.name""",
    )


def apply_categories(staging: Staging) -> Counts:
    staging.create(
        "staged_new",
        f"""select s.name from pg_temp.{staging.table} s
            where not exists (select from inventory_ops_category c where c.name = s.name) order by line""",
    )
    new = staging.execute("insert into inventory_ops_category (name) select name from pg_temp.staged_new")
    sets = {}
    if "commission_percent" in staging.present:
        sets["commission_percent"] = "s.commission_percent"
    if "parent" in staging.present:
        sets["parent_id"] = "p.id"
    changed = 0
    if sets:
        # parents are set when all categories are there, so the order of rows does not matter
        changed = staging.fetch(
            f"""with changed as (
                    update inventory_ops_category c
                    set {", ".join(f"{column} = {value}" for column, value in sets.items())}
                    from pg_temp.{staging.table} s left join inventory_ops_category p on p.name = s.parent
                    where c.name = s.name and ({", ".join(f"c.{column}" for column in sets)})
                        is distinct from ({", ".join(sets.values())})
                    returning c.name)
                select count(*) from changed where name not in (select name from pg_temp.staged_new)"""
        )[0][0]
    total = staging.fetch(f"select count(*) from pg_temp.{staging.table}")[0][0]
    return Counts(new=new, changed=changed, unchanged=total - new - changed)
