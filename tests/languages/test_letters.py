"""What is written to somebody is in their language, whatever is spoken by who causes it."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import translation

from inventory_ops.models import Delivery, Notification, User
from inventory_ops.operations import invitations, people, person
from inventory_ops.operations.notifications import dispatch
from lost_damaged.models import Source, Statement
from lost_damaged.operations import statement_mail, statements, write_offs
from tests import make
from tests.lost_damaged.world import items, make_world
from tests.notifications.support import dear, destination, scan

pytestmark = pytest.mark.django_db


def word(language: str, text: str) -> str:
    with translation.override(language):
        return translation.gettext(text)


def speaks(user: User, language: str) -> User:
    user.language = language
    user.save(update_fields=["language"])
    return user


@pytest.mark.parametrize(("reader", "written"), [("de", "de"), ("zh-hans", "zh-hans"), ("", "en")])
def test_a_letter_about_an_account(reader: str, written: str) -> None:
    user = speaks(make.user("operations"), reader)
    with translation.override("es"):  # of the administrator
        person.deactivate(user_id=user.pk, by=make.user("admin"))
        assert translation.get_language() == "es"
    title = word(written, "Your account was deactivated")
    assert Notification.objects.get(user=user).title == title
    assert Delivery.objects.get(user=user).title == title


def test_both_addresses_are_told_of_a_new_e_mail_in_the_owners_language() -> None:
    user = speaks(make.user("operations"), "pt-br")
    people.change_email(user_id=user.pk, email="new@example.com", by=make.user("admin"))
    assert set(Delivery.objects.filter(user=user).values_list("title", flat=True)) == {
        word("pt-br", "The e-mail of your account was changed")
    }


def test_an_invitation() -> None:
    user = speaks(make.user("operations"), "es")
    assert invitations.send(user)
    assert word("es", "You are invited") in mail.outbox[0].subject


def test_news_of_a_list() -> None:
    user = speaks(make.user("operations"), "de")
    destination(user, "app")
    dear("A")
    scan()
    with translation.override("es"):
        dispatch.dispatch(now=make.NOW)
    assert Notification.objects.get(user=user).title == f"{word('de', 'Inventory cost issues')}: 1 neuer"


def test_a_closed_statement() -> None:
    world = make_world()
    world.product("A")
    seller = speaks(make.user("merchant", of=world.seller), "zh-hans")
    statement_mail.want(user=seller, wanted=True)
    write_offs.write_off(items(("A", "a")), source=Source.API, by=world.finance)
    statement = Statement.objects.get()
    with translation.override("de"):
        statements.close(number=statement.number, by=world.finance)
    assert Delivery.objects.get(user=seller).title == word("zh-hans", "Statement %(number)s is closed") % {
        "number": statement.number
    }
