"""The `write_offs` kind of `manage.py load`: the same columns, rules and booking as Finance Import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inventory_ops.kit.imports import Column, Counts, ImportSpec, Staging, formats, register
from inventory_ops.kit.imports.values import BadValue
from inventory_ops.models import User
from inventory_ops.registries.permissions import FINANCE
from lost_damaged import errors, items
from lost_damaged.errors import ItemError
from lost_damaged.models import Source, WaitingUnit
from lost_damaged.operations import write_offs
from lost_damaged.queries.explanation import WARNINGS

STAGE = """
insert into pg_temp.ld_item (position, sku, uid, uid_key, shop_item_id)
select line, sku, uid, upper(uid), order_item_shop_id from pg_temp.{table}
where sku is not null and uid is not null and status is not null
  and not exists (select from pg_temp.import_error e where e.line = {table}.line)
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is read by a function of `items`."""

    read: Callable[[str], Any]
    sql: str = "text"
    exact: bool = False

    def parse(self, text: str) -> str:
        try:
            return str(self.read(text))
        except ItemError as error:
            raise BadValue(error.message, code=str(error.code)) from error


def status_of(text: str) -> str:
    items.check_status(text)
    return text


def check(staging: Staging) -> None:
    """Find out what would become of each row; nothing is booked."""
    write_offs.stage()
    staging.execute(STAGE.format(table=staging.table))
    write_offs.write_off_staged(source=Source.CSV, by=_person(staging), as_of=staging.now, dry_run=True)
    problems = staging.fetch("select distinct problem from pg_temp.ld_result where state = 'error'")
    for (problem,) in problems:
        column, message = errors.MESSAGES[problem]
        text = message.replace("'", "''").replace("%", "%%").replace("{number}", "' || r.number || '")
        staging.errors(
            column or "UID",
            str(errors.CODES[problem]),
            f"'{text}'",
            "join pg_temp.ld_result r on r.position = s.line where r.state = 'error' and r.problem = %s",
            [problem],
        )
    for why in WaitingUnit.Why:
        staging.errors(
            "UID",
            str(errors.CODES[why]),
            f"'{errors.MESSAGES[why][1]}'",
            "join pg_temp.ld_result r on r.position = s.line where r.warnings ? %s",
            [str(why)],
            into="import_warning",
        )
    for code, sentence in WARNINGS.items():
        staging.errors(
            "UID",
            code,
            "%s",
            "join pg_temp.ld_result r on r.position = s.line where r.state = 'ready' and r.warnings ? %s",
            [str(sentence), code],
            into="import_warning",
        )


def apply(staging: Staging) -> Counts:
    """Book every row that is left."""
    write_offs.stage()
    staging.execute(STAGE.format(table=staging.table))
    booked = write_offs.write_off_staged(
        source=Source.CSV,
        by=_person(staging),
        import_id=staging.batch,
        as_of=staging.now,
        actor=staging.actor,
    )
    return Counts(new=booked, unchanged=staging.rows - booked - _failed(staging))


def _person(staging: Staging) -> User | None:
    """Whose limits hold; the command line, which is the system, has none."""
    return User.objects.get(pk=staging.actor_id) if staging.actor_id else None


def _failed(staging: Staging) -> int:
    return int(staging.fetch("select count(distinct line) from pg_temp.import_error where line > 1")[0][0])


SPEC = register(
    ImportSpec(
        name="write_offs",
        title="Write-offs",
        order=100,
        purpose="Units that were lost or damaged. Each UID is written off once, however often it is loaded.",
        columns=(
            Column("SKU", Cell(items.sku_of, exact=True), required=True, example="example-sku-123"),
            Column("UID", Cell(items.uid_of), required=True, example="123-A-321"),
            Column("Status", Cell(status_of), required=True, example="written-off"),
            Column("Order Item Shop ID", Cell(items.shop_item_id_of), example=""),
        ),
        check=check,
        apply=apply,
        roles=(FINANCE,),
    )
)

LIST = {"SKU": "Item SKU", "UID": "UID", "Order Item Shop ID": "Order Item Shop ID"}
formats.register(
    formats.Format(
        name="our-write-offs",
        title="Our write-offs",
        what="write-offs",
        where="Write-offs › Export. What is written off already stays as it is.",
        parts=(formats.Part("", "write_offs", ("Write-off Number", "Item SKU", "UID", "Transaction Number")),),
        columns={"write_offs": LIST},
        read=formats.straight("write_offs", LIST, Status=items.WRITTEN_OFF),
        guarded=True,
    )
)
