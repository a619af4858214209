"""The role that the product runs as, on the embedded server: it owns nothing, and cannot change what is append-only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.test import override_settings
from django.utils import timezone

from inventory_ops.models import AuditEvent, InventoryEvent, Job, StockBalance
from inventory_ops.operations import ledger_partitions, order_months, proposals, scans, verify
from inventory_ops.operations.imports.files import load_files
from lost_damaged.models import LedgerEntry, SellerTransaction, Source, WriteOff
from lost_damaged.operations import nav, rules, settings, statements, waiting, write_offs
from tests import make
from tests.imports.support import NOW, write
from tests.lost_damaged.uploads import confirm, lines, upload
from tests.lost_damaged.world import World, items, make_world

ROLE = "ops_app_test"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("app_role")]


@contextmanager
def role_of_the_product() -> Iterator[None]:
    """Everything that the product does here is done over connections of the app's role."""
    values = connection.settings_dict
    owner = values["USER"]
    connections.close_all()
    values["USER"] = ROLE
    try:
        yield
    finally:
        connections.close_all()
        values["USER"] = owner


@pytest.fixture
def granted(transactional_db: None) -> Iterator[None]:
    if connection.settings_dict.get("PASSWORD"):
        pytest.skip("roles are made on the embedded server alone")
    with connection.cursor() as cursor:
        cursor.execute(f"drop role if exists {ROLE}")
        cursor.execute(f"create role {ROLE} login")
    call_command("grants", ROLE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"drop owned by {ROLE}; drop role {ROLE}")


@pytest.fixture
def world(granted: None) -> World:
    world = make_world()
    for seller, number in ((world.seller, "V-1"), (world.other, "V-2")):
        settings.set_account(merchant=seller, vendor_no=number, by=world.finance)
    return world


def work(world: World, folder: Path) -> None:
    """What the product writes on a day: imports, stock, write-offs, statements, journals, jobs, proposals, scans."""
    head = "sku,vendor_number,name,price,category\n"
    files = [
        write(folder, "products", head + "A,V1,Lamp,100,Lamps\nB,V1,Lamp,9000,Lamps\n"),
        write(folder, "stock", "sku,quantity\nA,5\n"),
    ]
    assert [outcome.errors for outcome in load_files(files, now=NOW)] == [[], []]
    confirm(world, upload(world, lines("A,u-1,written-off,", "A,u-2,written-off,", "B,u-3,written-off,")))
    [found] = write_offs.write_off(items(("A", "u-4")), source=Source.API, by=world.finance)
    write_offs.reverse(number=found.number, note="found", by=world.finance)
    second = make.user("admin")
    from lost_damaged.models import WaitingUnit

    assert waiting.approve(seen=dict(WaitingUnit.objects.values_list("pk", "amount")), by=second).booked == 1
    made = proposals.propose(kind=rules.FACTOR, values={"factor": "0.5"}, by=world.finance)
    proposals.approve(pk=made.pk, by=second)
    [batch] = nav.export(by=world.finance).batches
    nav.confirm(number=batch.number, posted_number="GJ-1", by=second)
    for number in list(SellerTransaction.objects.values_list("line__statement__number", flat=True).distinct()):
        statements.close(number=number, by=world.finance)
    with override_settings(DEMO=True):  # the scan of users then has an endpoint to read
        for name in scans.names():
            scans.run(name)
    assert not Job.objects.exclude(state="done").exists()


def test_the_products_normal_writes_work(world: World, tmp_path: Path) -> None:
    with role_of_the_product():
        work(world, tmp_path)
        assert WriteOff.objects.count() == 4 and SellerTransaction.objects.count() == 5
        assert StockBalance.objects.get().on_hand == 3
        assert [each.differences for each in verify.run() if each.differences] == []


def test_partitions_are_made_and_dropped_at_night(world: World) -> None:
    with role_of_the_product():
        assert ledger_partitions.make_ahead(today=date(2031, 1, 15)) == 7
        with connection.cursor() as cursor:
            cursor.execute("select inventory_ops_make_ledger_partition('2020-01-01')")
        assert ledger_partitions.drop_empty(today=timezone.now().date()) == ["inventory_ops_inventoryevent_202001"]
        with connection.cursor() as cursor:
            cursor.execute("select inventory_ops_drop_ledger_partition(%s)", [timezone.now().date()])
            assert cursor.fetchone() == (False,)
    with connection.cursor() as cursor:
        for n in range(7):
            cursor.execute(f"drop table inventory_ops_inventoryevent_2031{n + 1:02}")


def test_months_of_order_items_are_made_filled_and_dropped_at_night(world: World) -> None:
    product = make.product(of=world.seller)
    item = make.item(product, in_=make.order(at=datetime(2020, 1, 3, tzinfo=UTC)))
    today = timezone.now().date()
    order_months.drop_empty(today=today)  # what other tests left
    with role_of_the_product():
        assert order_months.MONTHS.make_month(date(2020, 2, 1))
        assert order_months.settle(today=today) == [date(2020, 1, 1)]
        assert order_months.drop_empty(today=today) == ["inventory_ops_orderitem_202002"]
        item.delete()
        assert order_months.drop_empty(today=today) == ["inventory_ops_orderitem_202001"]


GUARDED = (
    "inventory_ops_inventoryevent",
    "inventory_ops_auditevent",
    "lost_damaged_writeoff",
    "lost_damaged_sellertransaction",
    "lost_damaged_ledgerentry",
    "lost_damaged_factor",
    "lost_damaged_cap",
    "user_audit_actionstep",
)


def test_it_cannot_change_what_is_append_only(world: World, tmp_path: Path) -> None:
    work(world, tmp_path)
    month = InventoryEvent.objects.latest("id").recorded_at
    partition = f"inventory_ops_inventoryevent_{month:%Y%m}"
    statements_ = [
        statement.format(table)
        for table in (*GUARDED, partition)
        for statement in (
            "alter table {} disable trigger all",
            "truncate {} cascade",
            "delete from {}",
            "update {} set id = id",
            "drop table {} cascade",
            "alter table {} owner to current_user",
            "create trigger t before insert on {} for each row execute function inventory_ops_refuse_change()",
        )
    ]
    statements_ += [
        f"insert into {partition} select * from {partition}",
        "set session_replication_role = replica",
        "create table mine (id integer)",
        "create or replace function inventory_ops_refuse_change() returns trigger language sql as 'select null'",
        "drop function inventory_ops_refuse_change cascade",
        "delete from django_migrations",
        "alter function inventory_ops_make_ledger_partition(date) security invoker",
        "grant update on lost_damaged_ledgerentry to public",
    ]
    before = [model.objects.count() for model in (InventoryEvent, AuditEvent, LedgerEntry)]
    with role_of_the_product():
        passed = []
        for statement in statements_:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
            except DatabaseError as error:
                assert isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege), (statement, error)
                assert "append-only" not in str(error), f"{statement}: the trigger refused it, not the grants"
            else:
                passed.append(statement)
        # PostgreSQL only warns when a grant gives nothing
        assert passed == ["grant update on lost_damaged_ledgerentry to public"]
    with connection.cursor() as cursor:
        cursor.execute("select has_table_privilege('public', 'lost_damaged_ledgerentry', 'update')")
        assert cursor.fetchone() == (False,)
    assert before == [model.objects.count() for model in (InventoryEvent, AuditEvent, LedgerEntry)]


def test_it_owns_nothing(granted: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relowner = %s::regrole", [ROLE])
        assert cursor.fetchone() == (0,)


def test_grants_are_refused_to_whom_they_would_not_bind(granted: None) -> None:
    for role in ("nobody_at_all", connection.settings_dict["USER"]):
        with pytest.raises(CommandError, match=r"no role|superuser"):
            call_command("grants", role)


def test_the_shipped_files_use_the_two_roles() -> None:
    import yaml

    root = Path(__file__).resolve().parent.parent
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    for name in ("web", "worker", "beat"):
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgresql://ops_app:"), name
    migrate = services["migrate"]
    assert migrate["environment"]["DATABASE_URL"].startswith("postgresql://ops_owner:")
    assert "manage.py migrate" in migrate["command"][-1] and "manage.py grants ops_app" in migrate["command"][-1]
    assert "./deploy/postgres:/docker-entrypoint-initdb.d:ro" in services["postgres"]["volumes"]
    script = (root / "deploy/postgres/10-roles.sh").read_text()
    made = dict(re.findall(r"create role (\w+) (.*);", script))
    assert set(made) == {"ops_owner", "ops_app"}
    assert all("nosuperuser" in options for options in made.values())
    assert Decimal(str(services["postgres"]["image"]).split(":")[1]) >= 17  # maintain
