"""Pages and day filters are in the person's zone and formats; exports are not."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client

from inventory_ops.kit import markup, showing
from inventory_ops.kit.reports import registry
from inventory_ops.kit.reports.scope import window_of_dates
from inventory_ops.models import Merchant, Shop, User
from inventory_ops.operations import exports
from tests import make

LIST = "/action-required/order-cost-issues/"
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def shop(**changes: str) -> None:
    Shop.objects.create(**({"name": "Lamps & Co", "timezone": "Asia/Tokyo", "currency": "JPY"} | changes))


def open_as(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


@pytest.fixture
def sold() -> None:
    """One order with a cost issue an hour and a half before midnight in UTC."""
    order = make.order("LATE-1", at=datetime(2026, 3, 10, 22, 30, tzinfo=UTC))
    make.item(make.product("DEAR"), in_=order, unit_cost=Decimal(11), quantity=1234)


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("UTC", "2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+00:00"),
        ("Europe/Berlin", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),  # 23 hours long
        ("America/Sao_Paulo", "2026-03-29T03:00:00+00:00", "2026-03-30T03:00:00+00:00"),
        ("Pacific/Kiritimati", "2026-03-28T10:00:00+00:00", "2026-03-29T10:00:00+00:00"),
    ],
)
def test_from_and_to_are_whole_days_of_the_zone(zone: str, first: str, last: str) -> None:
    instant = timedelta(microseconds=1)
    with showing.shown(zone=zone):
        window = window_of_dates(date(2026, 3, 29), date(2026, 3, 29), as_of=AT)
    assert window.start == datetime.fromisoformat(first) - instant
    assert window.end == datetime.fromisoformat(last) - instant


def test_a_day_whose_midnight_is_skipped_begins_at_its_first_moment() -> None:
    with showing.shown(zone="Asia/Beirut"):  # 29 March 2026: clocks go from 0:00 to 1:00
        window = window_of_dates(date(2026, 3, 29), None, as_of=AT)
    assert window.start + timedelta(microseconds=1) == datetime(2026, 3, 28, 22, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "of_shop", "shown"),
    [
        ("", None, "10 Mar 2026, 22:30"),
        ("", "Asia/Tokyo", "11 Mar 2026, 07:30"),
        ("America/New_York", "Asia/Tokyo", "10 Mar 2026, 18:30"),
    ],
)
def test_a_page_shows_the_persons_zone_else_the_shops_else_utc_and_names_it_once(
    sold: None, own: str, of_shop: str | None, shown: str
) -> None:
    if of_shop:
        shop(timezone=of_shop)
    browser = open_as(make.user("operations", time_zone=own))
    text = page(browser, f"{LIST}?date_from=2026-01-01")
    assert f">{shown}</time>" in text
    zone = own or of_shop or "UTC"
    assert re.findall(r'<a href="/accounts/profile/">(\S+)</a>\s*</p>', text) == [zone]
    assert ("Lamps &amp; Co" in text) == bool(of_shop)
    assert page(browser, "/").count(f">{zone}</a>") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "found"), [("2026-03-10", False), ("2026-03-11", True)])
def test_the_day_filter_the_export_its_job_the_command_and_the_api_agree(
    sold: None, day: str, found: bool, capsys: Any
) -> None:
    user = make.user("operations", time_zone="Asia/Tokyo")
    browser, query = open_as(user), f"date_from={day}&date_to={day}"
    assert ("LATE-1" in page(browser, f"{LIST}?{query}")) == found
    answer: Any = browser.get(f"{LIST}?{query}&_export=csv")
    text = b"".join(answer.streaming_content).decode()
    assert ("LATE-1" in text) == found
    assert ("2026-03-10T22:30:00+00:00" in text) == found  # exports state the offset
    call_command("report", "order-cost-issues", user=user.email, set=[f"date_from={day}", f"date_to={day}"])
    assert ("LATE-1" in capsys.readouterr().out) == found
    rows = json.loads(page(browser, f"/api/v1/reports/order-cost-issues/?{query}"))["results"]
    assert [row["Order Number"] for row in rows] == (["LATE-1"] if found else [])
    job = exports.request(report=registry.get("order-cost-issues"), params=QueryDict(query), format="csv", by=user)
    _report, selection, _sort = exports._selection(exports.jobs.Context(job))
    assert selection.rows.exists() == found


@pytest.mark.django_db
def test_formats_hold_on_lists_and_not_in_exports(sold: None) -> None:
    browser = open_as(make.user("operations", date_format="dots", number_format="dot", time_zone="UTC"))
    text = page(browser, f"{LIST}?date_from=2026-03-01&date_to=2026-03-31")
    assert ">10.03.2026, 22:30</time>" in text and "11,00" in text
    answer: Any = browser.get(f"{LIST}?date_from=2026-03-01&_export=csv")
    assert "11.00" in b"".join(answer.streaming_content).decode()
    assert showing._formats.get() == showing.PLAIN and showing.zone_name() == "UTC"  # nothing is left behind


@pytest.mark.parametrize(
    ("date_format", "number_format", "day", "number"),
    [
        ("d_mon_y", "comma", "3 Jan 2026", "1,234.50"),
        ("dd_mm_y", "dot", "03/01/2026", "1.234,50"),
        ("dots", "space", "03.01.2026", "1\N{NARROW NO-BREAK SPACE}234,50"),
        ("mm_dd_y", "apostrophe", "01/03/2026", "1’234.50"),
        ("iso", "comma", "2026-01-03", "1,234.50"),
    ],
)
def test_each_format(date_format: str, number_format: str, day: str, number: str) -> None:
    with showing.shown(formats=showing.Formats(date_format, number_format)):
        assert showing.day(date(2026, 1, 3)) == day
        assert showing.moment(datetime(2026, 1, 3, 5, 6, tzinfo=UTC)) == f"{day}, 05:06"
        assert markup.money(Decimal("1234.5"), "GBP") == number


@pytest.mark.django_db
def test_a_zone_that_this_machine_no_longer_knows_breaks_no_page() -> None:
    assert "UTC" in page(open_as(make.user("operations", time_zone="Mars/Olympus")), "/")


@pytest.mark.django_db
def test_who_is_signed_in_is_shown_it_at_the_cost_of_no_query(django_assert_num_queries: Any) -> None:
    browser = open_as(make.user("operations"))
    page(browser, "/accounts/profile/")
    with django_assert_num_queries(3):  # session, person with shop, menu
        page(browser, "/accounts/profile/")


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_what_a_form_shows_it_takes_back_unchanged(zone: str) -> None:
    special = datetime(2026, 7, 1, 8, tzinfo=UTC)
    product = make.product("S", special_price=Decimal(9), special_from=special)
    browser = open_as(make.user("admin", time_zone=zone))
    address = f"/products/{product.pk}/prices/"
    form = browser.get(address).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    shown = f"{special.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
    assert shown in page(browser, address)
    browser.post(address, data | {"special_from": shown, "price": "11"})
    product.refresh_from_db()
    assert (product.special_from, product.price) == (special, 11)


def test_a_tracker_keeps_the_days_of_its_merchant() -> None:
    from trackers import queries

    merchant = Merchant(timezone="Pacific/Auckland")
    with showing.shown(zone="America/New_York"):
        assert queries.today_of(merchant, as_of=datetime(2026, 3, 10, 23, tzinfo=UTC)) == date(2026, 3, 11)
