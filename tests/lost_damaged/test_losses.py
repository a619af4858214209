"""What lost and damaged units cost, by month, reason and category."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory_ops.kit.reports import registry
from inventory_ops.models import Merchant
from lost_damaged.models import Source
from lost_damaged.operations import write_offs
from tests.lost_damaged.test_pages import login, rows_of
from tests.lost_damaged.world import World, items
from tests.reports.test_pictures import bars

pytestmark = pytest.mark.django_db
SLUGS = ("losses-by-month", "losses-by-reason", "losses-by-category")


@pytest.fixture
def booked(world: World) -> None:
    """Two units lost by the carrier (one found again), one damaged in stock, one of a seller paid in yen."""
    for sku in ("A", "B"):
        world.product(sku, "100.00")
    Merchant.objects.filter(pk=world.other.pk).update(currency="JPY")
    world.product("Y", "1000", merchant=world.other)
    first = write_offs.write_off(
        items(("A", "u-1"), ("B", "u-2")), source=Source.API, by=world.finance, reason="lost_delivery"
    )
    write_offs.write_off(items(("A", "u-3")), source=Source.CSV, by=world.finance, reason="damaged_warehouse")
    write_offs.write_off(items(("Y", "u-4")), source=Source.CSV, by=world.finance, reason="lost_delivery")
    write_offs.reverse(number=first[1].number, note="found", by=world.finance)


def test_each_currency_and_reason_has_its_sum(world: World, booked: None) -> None:
    client = login(world, "finance")
    found = {(row["Reason"], row["Currency"]): row for row in rows_of(client, "/finance/losses/by-reason/")}
    lost = found["lost_delivery", "GBP"]
    assert (lost["Units"], lost["Found Again"]) == ("2", "1")
    assert (lost["Credited"], lost["Taken Back"], lost["Net Cost"]) == ("175.00", "-87.50", "87.50")
    assert found["lost_delivery", "JPY"]["Net Cost"] == "875"
    assert found["damaged_warehouse", "GBP"]["Net Cost"] == "87.50"
    [month, yen] = sorted(rows_of(client, "/finance/losses/"), key=lambda row: row["Currency"])
    assert (month["Net Cost"], yen["Net Cost"]) == ("175.00", "875")
    assert Decimal(month["Units"]) == 3
    [gbp] = [row for row in rows_of(client, "/finance/losses/by-category/") if row["Currency"] == "GBP"]
    assert (gbp["Category"], gbp["Net Cost"]) == ("Lamps", "175.00")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_sort_and_filter(world: World, booked: None, slug: str) -> None:
    client, report = login(world, "finance"), registry.get(slug)
    for column in report.columns:
        for sort in (column.key, f"-{column.key}"):
            assert client.get(f"{report.url}?sort={sort}").status_code == 200
    for name in report.filterset_class.base_filters:
        for value in ("x", "%00", "-1", "9" * 30, "lost_delivery", "30d"):
            assert client.get(f"{report.url}?{name}={value}").status_code in {200, 400}
    with CaptureQueriesContext(connection) as queries:
        client.get(report.url)
    assert len(queries) <= 10, [query["sql"] for query in queries]
    assert login(world, "merchant").get(report.url).status_code == 403


def test_the_window_and_the_reason_narrow_it(world: World, booked: None) -> None:
    client: Any = login(world, "finance")
    assert not rows_of_query(client, "as_of=2020-01-01T00:00:00Z")
    assert [row["Units"] for row in rows_of_query(client, "reason=damaged_warehouse")] == ["1"]


def rows_of_query(client: Any, query: str) -> list[dict[str, str]]:
    import csv
    import io

    response = client.get(f"/finance/losses/?{query}&_export=csv")
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_each_bar_of_a_picture_opens_the_units_that_it_counts(world: World, booked: None) -> None:
    client = login(world, "finance")
    for slug in (*SLUGS, "write-offs"):
        text = client.get(f"/insights/{slug}/", headers={"HX-Request": "true"}).text
        found = bars(text)
        assert any("reason=lost_delivery" in url for url, _shown in found)
        assert any("vendor=V2" in url for url, _shown in found)
        for url, shown in found:
            assert url.startswith("/finance/write-offs/?")
            assert client.get(url).context["page"].figures.count == int(shown), (slug, url)


def test_pictures_hold_the_filters_of_the_list(world: World, booked: None) -> None:
    client = login(world, "finance")
    text = client.get("/insights/losses-by-month/?reason=damaged_warehouse", headers={"HX-Request": "true"}).text
    assert {shown for _url, shown in bars(text)} == {"1"}
    assert all("reason=damaged_warehouse" in url for url, _shown in bars(text))
