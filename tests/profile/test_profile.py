"""One's own profile, the pages around it, and the shop's settings: audited, and no editor overwrites another."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from inventory_ops.models import AuditEvent, Merchant, Shop, User
from inventory_ops.operations import invitations, profile
from inventory_ops.operations import shop as shops
from inventory_ops.operations.person import Details
from inventory_ops.operations.profile import Profile
from inventory_ops.queries import shop
from inventory_ops.queries.shop import Facts
from tests import make
from tests.doors.support import sign_in
from tests.together import at_once

PAGE, SETTINGS = "/accounts/profile/", "/settings/shop/"
LAMPS = Facts("Lamps & Co", "Europe/Berlin", "EUR")


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def posted(now: Profile | Facts, **changes: str) -> dict[str, str]:
    """What a form sends that was opened when it was so."""
    shown = asdict(now)
    return shown | {f"seen_{name}": value for name, value in shown.items()} | changes


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["operations", "finance", "admin", "merchant", ""])
def test_everybody_changes_their_own_and_nobody_elses(role: str) -> None:
    user = make.user(role, of=make.merchant() if role == "merchant" else None)
    other = make.user("operations")
    wanted = Profile("Ann", "Europe/Berlin", "en", "dots", "dot")
    answer = browser_of(user).post(PAGE, posted(Profile.of(user), **asdict(wanted)))
    assert answer.status_code == 302
    user.refresh_from_db()
    other.refresh_from_db()
    assert Profile.of(user) == wanted and Profile.of(other) == Profile()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "localtime"),
        ("language", "xx"),
        ("date_format", "%s"),
        ("number_format", "no"),
        ("name", "x" * 201),
        ("name", "a\0b"),
    ],
)
def test_what_is_not_offered_is_refused_beside_its_field(name: str, value: str) -> None:
    user = make.user("operations")
    answer = browser_of(user).post(PAGE, posted(Profile.of(user), **{name: value}))
    assert answer.status_code == 422 and answer.context["form"].errors[name]
    user.refresh_from_db()
    assert Profile.of(user) == Profile()


@pytest.mark.django_db
def test_the_database_knows_the_formats() -> None:
    user = make.user("operations")
    for values in ({"date_format": "x"}, {"number_format": "x"}):
        with pytest.raises(IntegrityError, match="format_is_known"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(**values)


@pytest.mark.django_db
def test_a_zone_is_no_news_about_the_account_and_a_name_is() -> None:
    user = make.user("operations")
    before = User.objects.get(pk=user.pk).updated_at
    profile.edit(to=Profile(time_zone="Asia/Tokyo"), seen=Profile(), by=user)
    assert User.objects.get(pk=user.pk).updated_at == before and not AuditEvent.objects.exists()
    profile.edit(to=Profile("Ann", "Asia/Tokyo"), seen=Profile(time_zone="Asia/Tokyo"), by=user)
    assert User.objects.get(pk=user.pk).updated_at > before
    assert AuditEvent.objects.get().action == "security.renamed"


@pytest.mark.django_db
def test_two_windows_the_second_sees_both_values() -> None:
    user = make.user("operations")
    browser, opened = browser_of(user), posted(Profile(), name="Mine", time_zone="Asia/Tokyo")
    profile.edit(to=Profile("Theirs"), seen=Profile(), by=user)
    answer = browser.post(PAGE, opened)
    text = answer.content.decode()
    assert answer.status_code == 422 and "“Theirs”" in text and "“Mine”" in text
    again = {name: answer.context["form"].data[name] for name in opened}
    assert browser.post(PAGE, again).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Mine", "Asia/Tokyo")


@pytest.mark.django_db
def test_the_pages_of_the_account_lead_to_each_other() -> None:
    browser = sign_in(make.user("operations"))
    pages = [PAGE, "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/keys/"]
    for address in pages:
        text = browser.get(address).content.decode()
        frame = text[text.index('aria-label="My account"') :].partition("</nav>")[0]
        assert [each for each in pages if f'href="{each}"' in frame] == pages, address
        assert frame.count("aria-current") == 1, address
        assert 'aria-label="Main"' in text, address  # the menu is beside it


@pytest.mark.django_db
def test_who_still_lacks_a_second_factor_sees_no_menu(settings: Any) -> None:
    settings.MFA_REQUIRED_ROLES = ["admin"]
    browser = sign_in(make.user("admin"))
    browser.post("/accounts/reauthenticate/", {"password": "long enough 1"})
    text = browser.get("/accounts/2fa/totp/activate/").content.decode()
    assert 'name="code"' in text and 'aria-label="Main"' not in text


@pytest.mark.django_db
def test_administrators_set_the_shop_up_and_change_it_with_a_line_in_the_log() -> None:
    admin = make.user("admin")
    browser = browser_of(admin)
    assert browser.get(SETTINGS).status_code == 200
    assert browser.post(SETTINGS, posted(shop.facts(), **asdict(LAMPS))).status_code == 302
    assert shop.facts() == LAMPS
    assert browser.post(SETTINGS, posted(LAMPS, timezone="Asia/Tokyo")).status_code == 302
    made, changed = AuditEvent.objects.filter(action="shop.edit").order_by("pk")
    assert made.data["name"] == ["", "Lamps & Co"] and changed.actor_id == admin.pk
    assert changed.data == {"timezone": ["Europe/Berlin", "Asia/Tokyo"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"timezone": "Mars/Olympus"}, {"currency": "XXZ"}, {"currency": "eur"}],
)
def test_a_shop_that_cannot_be_is_refused(change: dict[str, str]) -> None:
    Shop.objects.create(**asdict(LAMPS))
    assert browser_of(make.user("admin")).post(SETTINGS, posted(LAMPS, **change)).status_code == 422
    assert shop.facts() == LAMPS


@pytest.mark.django_db
def test_nobody_else_changes_the_shop() -> None:
    for role in ("operations", "finance"):
        user = make.user(role)
        assert browser_of(user).get(SETTINGS).status_code == 403
        with pytest.raises(shops.ShopRefused, match="administrator"):
            shops.edit(to=LAMPS, seen=shop.facts(), by=user)


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_at_once_one_is_asked_again() -> None:
    admins = [make.user("admin"), make.user("admin")]
    before = shop.facts()

    def work(n: int) -> bool:
        try:
            return shops.edit(to=Facts(f"Shop {n}", "UTC", "GBP"), seen=before, by=admins[n])
        except shops.ShopChanged:
            return False

    assert sorted(at_once(2, work)) == [False, True]
    assert AuditEvent.objects.filter(action="shop.edit").count() == 1


@pytest.mark.django_db
def test_mails_carry_the_shops_name_and_the_products_before_there_is_one(client: Client) -> None:
    user = make.user("operations")
    for expected in ("Inventory Ops", "Lamps & Co"):
        mail.outbox.clear()
        client.post("/accounts/password/reset/", {"email": user.email})
        invited = invitations.invite(email=f"i{len(expected)}@example.com", details=Details("", "finance"), by=None)
        invitations.send(invited)
        assert [each.subject.partition("]")[0] for each in mail.outbox] == [f"[{expected}"] * 2
        Shop.objects.get_or_create(**asdict(LAMPS))


@pytest.mark.django_db
def test_a_new_merchant_without_a_currency_sells_in_the_shops(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "merchants.csv"
    for number, expected in (("A", "GBP"), ("B", "EUR")):
        file.write_text(f"vendor_number,name\n{number},Shop {number}\n")
        call_command("load", str(file))
        assert Merchant.objects.get(vendor_number=number).currency == expected
        Shop.objects.get_or_create(**asdict(LAMPS))
