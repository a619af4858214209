"""SKUs that a spreadsheet damaged, or that look like another one: refused, or warned of with what they resemble."""

from __future__ import annotations

from inventory_ops.kit.imports import Staging

# blanks and characters that cannot be seen: no-break space, zero width ones, soft hyphen
UNSEEN = r"\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad"
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez"
DAMAGED = (
    r"^[+-]?[0-9][.,]?[0-9]*[eE][+][0-9]{1,3}$"
    r"|^#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|NV|WERT!|BEZUG!|ZAHL!)$"
)
DATE = rf"^([0-9]{{1,2}}[-. ]({MONTHS})|({MONTHS})[-. ][0-9]{{2}})\.?$"


def key(sql: str) -> str:
    """What two SKUs that are easily taken for each other have in common: no blanks, one case, no leading zeros."""
    return f"ltrim(lower(translate({sql}, E' {UNSEEN}', '')), '0')"


# what tells two SKUs apart that have the same key
DIFFERENCE = f"""case when lower(n.sku) = lower(t.sku) then ' in case only'
    when translate(n.sku, E' {UNSEEN}', '') = translate(t.sku, E' {UNSEEN}', '') then ' in blanks only'
    when ltrim(n.sku, '0') = ltrim(t.sku, '0') then ' in leading zeros only, which spreadsheets take away'
    else ' hardly' end"""


def check_skus(staging: Staging) -> None:
    """Look at the SKUs of products that would be new; known ones have been looked at before."""
    staging.create(
        "new_sku",
        f"""select s.line, s.sku, m.id as merchant_id, {key("s.sku")} as key from pg_temp.{staging.table} s
            join inventory_ops_merchant m on m.vendor_number = s.vendor_number
            where s.sku is not null and not exists (
                select from inventory_ops_product p where p.merchant_id = m.id and p.sku = s.sku)""",
    )
    if staging.fetch("select not exists (select from pg_temp.new_sku)") == [(True,)]:
        return
    new = "join pg_temp.new_sku n on n.line = s.line"
    staging.errors(
        "sku",
        "damaged",
        "'Looks damaged by a spreadsheet: format the column as text and enter the full SKU'",
        f"{new} where n.sku ~ '{DAMAGED}'",
    )
    staging.errors(
        "sku",
        "damaged",
        "'Looks like a date that a spreadsheet made of an SKU'",
        f"{new} where n.sku ~* '{DATE}'",
        into="import_warning",
    )
    staging.errors(
        "sku",
        "unseen",
        "'Has a blank around it, or a character that cannot be seen: it is kept, and is a part of the SKU'",
        f"{new} where n.sku <> btrim(n.sku) or n.sku ~ E'[{UNSEEN}]'",
        into="import_warning",
    )
    staging.errors(
        "sku",
        "lookalike",
        "'Differs from ' || t.sku || t.place || " + DIFFERENCE,
        f"""{new} join (
                select n.line, min(p.sku) as sku, ''::text as place from pg_temp.new_sku n
                join inventory_ops_product p on p.merchant_id = n.merchant_id and {key("p.sku")} = n.key
                where n.key <> '' group by n.line
                union all
                select line, before, ' in line ' || before_line from (
                    select line, sku, first_value(sku) over same as before, first_value(line) over same as before_line
                    from pg_temp.new_sku where key <> ''
                    window same as (partition by merchant_id, key order by line)) w
                where before <> sku) t on t.line = n.line""",
        into="import_warning",
    )


def alike(table: str) -> str:
    """SQL of a FROM item: `wanted` (an SKU that nobody has) → `sku`, the one known product that it resembles."""
    return f"""(select w.sku as wanted, min(p.sku) as sku from (select distinct sku from {table}) w
        join inventory_ops_product p on {key("p.sku")} = {key("w.sku")}
        group by w.sku having count(distinct p.sku) = 1)"""
