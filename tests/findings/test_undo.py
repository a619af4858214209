"""Undo: what a person just did is taken back by one call, as long as nobody changed it since."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.undo import collected
from inventory_ops.models import Finding, FindingEvent, PriceChange, Product, ProductMark, User
from inventory_ops.operations import availability, findings, marks, undoing
from tests import make
from tests.notifications.support import SLUG, dear, scan
from tests.together import at_once

pytestmark = pytest.mark.django_db
DRAWER = {"HX-Request": "true", "HX-Target": "drawer-body"}


def finding(sku: str = "A") -> Finding:
    dear(sku)
    scan(timezone.now())
    return Finding.objects.get(label__startswith=sku)


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, "undo is offered"
    return found[1]


def act(browser: Client, on: Finding, verb: str, **values: Any) -> str:
    on.refresh_from_db()
    path = f"/action-required/{SLUG}/findings/{on.key}/{verb}/"
    answer = browser.post(path, {"version": on.version} | values, headers=DRAWER)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def undo(browser: Client, token: str, **more: Any) -> Any:
    return browser.post("/undo/", {"token": token, "next": "/"}, headers={"HX-Request": "true"}, **more)


def acts(user: User) -> list[tuple[str, dict[str, Any]]]:
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    return [
        ("snooze", {"until": day}),
        ("acknowledge", {"reason": "Known", "until": day}),
        ("assign", {"assignee": user.pk}),
        ("due", {"due_on": day}),
    ]


def state(of: Finding) -> tuple[Any, ...]:
    of.refresh_from_db()
    return of.state, of.until, of.reason, of.assignee_id, of.due_on, of.snoozed_value


def test_each_act_on_a_finding_is_undone_and_stands_in_its_history() -> None:
    user = make.user("operations")
    browser, found = signed_in(user), finding()
    before = state(found)
    for verb, values in acts(user):
        page = act(browser, found, verb, **values)
        assert state(found) != before, verb
        answer = undo(browser, token_in(page))
        assert "Undone." in answer.content.decode() and "ops:list" in answer["HX-Trigger"]
        assert state(found) == before, verb
    assert FindingEvent.objects.filter(finding=found, kind="undo").count() == 4


def test_what_an_undo_brings_back_is_all_of_it() -> None:
    user = make.user("operations")
    browser, found = signed_in(user), finding()
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    act(browser, found, "acknowledge", reason="Known", until=day)
    before = state(found)
    undo(browser, token_in(act(browser, found, "snooze", until=day, until_worse="on")))
    assert state(found) == before
    undo(browser, token_in(act(browser, found, "reopen")))
    assert state(found) == before


def test_it_is_refused_where_somebody_changed_it_in_between() -> None:
    user, other = make.user("operations"), make.user("operations")
    browser, found = signed_in(user), finding()
    token = token_in(act(browser, found, "assign", assignee=user.pk))
    act(signed_in(other), found, "assign", assignee=other.pk)
    answer = undo(browser, token).content.decode()
    assert "Not undone." in answer and other.email in answer
    found.refresh_from_db()
    assert found.assignee == other


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_undoes() -> None:
    user = make.user("operations")
    browser, found = signed_in(user), finding()
    token = token_in(act(browser, found, "assign", assignee=user.pk))
    results = at_once(2, lambda _: undoing.take_back(token, by=user))
    assert sorted(result.done for result in results) == [0, 1]
    assert FindingEvent.objects.filter(finding=found, kind="undo").count() == 1


@pytest.mark.django_db(transaction=True)
def test_undo_against_a_change_at_once_never_loses_the_change() -> None:
    user, other = make.user("operations"), make.user("operations")
    browser, found = signed_in(user), finding()
    token = token_in(act(browser, found, "assign", assignee=user.pk))
    found.refresh_from_db()

    def work(n: int) -> bool:
        if n:
            return bool(undoing.take_back(token, by=user).done)
        try:
            findings.assign(finding=found, to=other, by=other, version=found.version)
        except findings.FindingChanged:
            return False
        return True

    changed, undone = at_once(2, work)
    found.refresh_from_db()
    assert (changed, undone) in ((True, False), (False, True))
    assert found.assignee == (other if changed else None)


def test_an_offer_is_for_its_person_and_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make.user("operations")
    browser, found = signed_in(user), finding()
    token = token_in(act(browser, found, "assign", assignee=user.pk))
    assert "Nothing to undo" in undo(signed_in(make.user("admin")), token).content.decode()
    assert "Nothing to undo" in undo(browser, token + "x").content.decode()
    monkeypatch.setattr(undoing, "HOLDS", timedelta(0))
    assert "too late" in undo(browser, token).content.decode()
    found.refresh_from_db()
    assert found.assignee == user


def test_who_lost_the_role_undoes_nothing() -> None:
    user = make.user("operations")
    browser, found = signed_in(user), finding()
    token = token_in(act(browser, found, "assign", assignee=user.pk))
    User.objects.filter(pk=user.pk).update(role="finance")
    assert undo(browser, token).status_code in (302, 403), "signed out, or refused"
    assert undo(signed_in(User.objects.get(pk=user.pk)), token).status_code == 403
    found.refresh_from_db()
    assert found.assignee == user


def test_many_findings_are_undone_at_once_but_those_changed_since() -> None:
    user, other = make.user("operations"), make.user("operations")
    browser = signed_in(user)
    found = [finding(sku) for sku in "ABC"]
    values = {"action": "assign", "ids": [each.key for each in found], "assignee": user.pk, "confirm": "1"}
    values |= {f"version_{each.pk}": each.version for each in found} | {"next": f"/action-required/{SLUG}/"}
    page = browser.post(f"/action-required/{SLUG}/bulk/", values, follow=True).content.decode()
    token = token_in(page)
    assert "3 findings changed." in page
    assert 'name="token"' not in browser.get(f"/action-required/{SLUG}/").content.decode(), "it is offered once"
    found[0].refresh_from_db()
    findings.assign(finding=found[0], to=other, by=other)
    answer = undo(browser, token).content.decode()
    assert "2 undone." in answer and other.email in answer
    assert set(Finding.objects.values_list("assignee", flat=True)) == {other.pk, None}


def test_prices_are_undone_unless_they_were_changed_again() -> None:
    browser = signed_in(make.user("operations"))
    product = make.product("A", price=Decimal(10), cost=Decimal(5))

    def set_price(value: int) -> str:
        form = browser.get(f"/products/{product.pk}/prices/").context["form"]
        values = {name: form[name].value() or "" for name in form.fields} | {"price": value, "seen": form.seen}
        return str(browser.post(f"/products/{product.pk}/prices/", values, follow=True).content.decode())

    first = token_in(set_price(12))
    undo(browser, first)
    product.refresh_from_db()
    assert product.price == 10
    assert "already" in undo(browser, first).content.decode()
    late = token_in(set_price(13))
    set_price(14)
    assert "changed again" in undo(browser, late).content.decode()
    product.refresh_from_db()
    assert product.price == 14 and PriceChange.objects.filter(undoes__isnull=False).count() == 1


def test_taking_off_and_putting_live_are_undone() -> None:
    browser = signed_in(make.user("operations"))
    product = make.product("A")
    for live in (False, True):
        page = browser.post(f"/products/{product.pk}/live/", {"live": int(live), "why": "Test"}, follow=True)
        Product.objects.get(pk=product.pk, is_live=live)
        answer = browser.post("/undo/", {"token": token_in(page.content.decode()), "next": f"/products/{product.pk}/"})
        assert answer["Location"] == f"/products/{product.pk}/"
        Product.objects.get(pk=product.pk, is_live=not live)
        Product.objects.filter(pk=product.pk).update(is_live=live)
    with collected() as done:
        availability.set_live(products=[product.pk], live=False, reason="x", by=make.user("operations"))
    user = make.user("operations")
    token = undoing.offer(done, by=user)
    Product.objects.filter(pk=product.pk).update(is_live=True)
    assert "changed since" in undoing.take_back(token, by=user).text


def test_marks_are_undone() -> None:
    user = make.user("operations")
    product = make.product("A")
    until = timezone.localdate() + timedelta(days=5)

    def done(**values: Any) -> str:
        with collected() as found:
            if values:
                marks.mark(products=[product.pk], by=user, **values)
            else:
                marks.unmark(products=[product.pk], by=user)
        return undoing.offer(found, by=user)

    def standing() -> list[tuple[str, str, date | None]]:
        return list(ProductMark.objects.filter(removed_at__isnull=True).values_list("kind", "reason", "until"))

    first = done(kind="liquidation", reason="Old", until=until)
    second = done(kind="promotion", reason="New", until=None)
    assert "marked otherwise" in undoing.take_back(first, by=user).text
    undoing.take_back(second, by=user)
    assert standing() == [("liquidation", "Old", until)]
    undoing.take_back(done(), by=user)
    assert standing() == [("liquidation", "Old", until)]
    assert undoing.take_back(done(kind="promotion", reason="New", until=None), by=user).done == 1


def test_what_is_too_much_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "MOST", 1)
    user = make.user("operations")
    with collected() as found:
        availability.set_live(
            products=[make.product().pk, make.product().pk], live=False, reason="x", by=make.user("operations")
        )
    assert len(found) == 2 and undoing.offer(found, by=user) == ""
