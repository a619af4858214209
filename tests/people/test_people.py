"""People: administrators alone, one administrator always left, two editors, each change in the security log."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory_ops.kit.reports import registry
from inventory_ops.models import AuditEvent, User
from inventory_ops.operations import people, person
from inventory_ops.operations.person import Details
from tests import make
from tests.doors.support import in_front, is_out, sign_in
from tests.together import at_once

PAGE = "/system/people/"


def logged(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=f"security.{action}")


def posted(user: User, **changes: str) -> dict[str, str]:
    """What the form of an account sends when it was opened now."""
    now = Details.of(user)
    shown = {"name": now.name, "role": now.role, "vendor_number": now.vendor_number}
    return shown | {f"seen_{name}": value for name, value in shown.items()} | changes


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["operations", "finance", "merchant"])
def test_nobody_else_reads_or_changes_people(role: str) -> None:
    target = make.user("operations")
    browser = in_front(make.user(role, of=make.merchant() if role == "merchant" else None))
    for address in (PAGE, f"{PAGE}{target.pk}/", f"{PAGE}new/", f"{PAGE}{target.pk}/email/"):
        assert browser.get(address).status_code == 403
    assert browser.post(f"{PAGE}{target.pk}/act/", {"verb": "deactivate"}).status_code == 403
    target.refresh_from_db()
    assert target.is_active
    for each in (role, ""):
        by = make.user(each, of=make.merchant() if each == "merchant" else None)
        with pytest.raises(people.NotPossible, match="administrator"):
            person.deactivate(user_id=target.pk, by=by)


@pytest.mark.django_db
def test_role_and_merchant_change_with_a_line_in_the_log_and_end_the_sessions() -> None:
    admin, target, vendor = make.user("admin"), make.user("operations"), make.merchant("B")
    theirs, browser = sign_in(target), in_front(admin)
    answer = browser.post(f"{PAGE}{target.pk}/", posted(target, role="merchant", vendor_number="B", name="Bo"))
    assert answer.status_code == 302
    target.refresh_from_db()
    assert (target.role, target.merchant, target.name) == ("merchant", vendor, "Bo")
    assert is_out(theirs)
    event = logged("role_changed")
    assert (event.actor_id, event.subject_id, event.data["new_vendor"]) == (admin.pk, str(target.pk), "B")
    assert target.notifications.filter(title__contains="role").exists()


@pytest.mark.django_db
def test_a_merchant_needs_a_vendor_that_is_here_and_others_have_none() -> None:
    browser, target = in_front(make.user("admin")), make.user("operations")
    for role, number in (("merchant", ""), ("merchant", "NOBODY"), ("finance", "B"), ("king", "")):
        answer = browser.post(f"{PAGE}{target.pk}/", posted(target, role=role, vendor_number=number))
        assert answer.status_code == 422, (role, number)
    target.refresh_from_db()
    assert target.role == "operations"


@pytest.mark.django_db
def test_two_editors_the_second_sees_both_values_and_overwrites_nothing() -> None:
    browser, target = in_front(make.user("admin")), make.user("operations")
    opened = posted(target, role="finance", name="Mine")
    person.edit(user_id=target.pk, to=Details("Theirs", "admin"), seen=Details.of(target), by=make.user("admin"))
    answer = browser.post(f"{PAGE}{target.pk}/", opened)
    text = answer.content.decode()
    assert answer.status_code == 422 and "“Theirs”" in text and "“Mine”" in text and "“Admin”" in text
    target.refresh_from_db()
    assert (target.name, target.role) == ("Theirs", "admin")
    again = {name: answer.context["form"].data[name] for name in opened}
    assert browser.post(f"{PAGE}{target.pk}/", again).status_code == 302
    target.refresh_from_db()
    assert (target.name, target.role) == ("Mine", "finance")


@pytest.mark.django_db
def test_nobody_changes_their_own_role_state_or_second_factor() -> None:
    admin = make.user("admin")
    make.user("admin")
    browser = in_front(admin)
    assert browser.post(f"{PAGE}{admin.pk}/", posted(admin, role="finance")).status_code == 422
    for verb in ("deactivate", "activate", "reset-second-factor"):
        browser.post(f"{PAGE}{admin.pk}/act/", {"verb": verb})
    assert browser.post(f"{PAGE}{admin.pk}/email/", {"email": "new@example.com"}).status_code == 422
    before = admin.email
    admin.refresh_from_db()
    assert (admin.role, admin.is_active, admin.email) == ("admin", True, before)
    with pytest.raises(people.NotPossible, match="own role"):  # however the form's `seen` was forged
        person.edit(user_id=admin.pk, to=Details("", "finance"), seen=Details("", "finance"), by=admin)


@pytest.mark.django_db
def test_the_last_administrator_who_can_sign_in_stays_by_every_way() -> None:
    admin = make.user("admin")
    User.objects.create_user("invited@example.com", role="admin")  # has no password yet
    make.user("admin", is_active=False)
    with pytest.raises(people.NotPossible, match="last active administrator"):
        person.deactivate(user_id=admin.pk, by=None)
    with pytest.raises(people.NotPossible, match="last active administrator"):
        person.edit(user_id=admin.pk, to=Details("", "finance"), seen=Details.of(admin), by=None)
    for values in ({"is_active": False}, {"role": "finance"}, {"password": "!none"}):
        with pytest.raises(IntegrityError, match="last active administrator"), transaction.atomic():
            User.objects.filter(pk=admin.pk).update(**values)
    admin.refresh_from_db()
    assert admin.has_role("admin")


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_deactivate_each_other_at_once_leave_one() -> None:
    admins = [make.user("admin"), make.user("admin")]

    def work(n: int) -> bool:
        try:
            person.deactivate(user_id=admins[1 - n].pk, by=admins[n])
        except people.NotPossible:
            return False
        return True

    assert sorted(at_once(2, work)) == [False, True]
    assert User.objects.filter(role="admin", is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_demotions_from_the_command_line_at_once_leave_one() -> None:
    admins = [make.user("admin"), make.user("admin")]

    def work(n: int) -> bool:
        try:
            person.edit(user_id=admins[n].pk, to=Details("", "finance"), seen=Details("", "admin"), by=None)
        except people.NotPossible:
            return False
        return True

    assert sorted(at_once(2, work)) == [False, True]


@pytest.mark.django_db
def test_deactivate_activate_end_sessions_and_reset_of_the_second_factor() -> None:
    admin, target = make.user("admin"), make.user("finance")
    browser, address = in_front(admin), f"{PAGE}{target.pk}/act/"
    theirs = sign_in(target)
    browser.post(address, {"verb": "end-sessions"})
    assert is_out(theirs)
    theirs = sign_in(target)
    Authenticator.objects.create(user=target, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser.post(address, {"verb": "reset-second-factor"})
    assert is_out(theirs) and not Authenticator.objects.filter(user=target).exists()
    browser.post(address, {"verb": "deactivate"})
    target.refresh_from_db()
    assert not target.is_active
    browser.post(address, {"verb": "activate"})
    target.refresh_from_db()
    assert target.is_active
    for action in ("sessions_ended", "factors_cleared", "disabled", "enabled"):
        assert (logged(action).actor_id, logged(action).subject_id) == (admin.pk, str(target.pk))


@pytest.mark.django_db
def test_the_list_filters_and_its_export_holds_no_secret() -> None:
    admin = make.user("admin", last_login=timezone.now())
    make.user("finance", email="off@example.com", is_active=False)
    User.objects.create_user("invited@example.com", role="operations")
    browser = in_front(admin)
    export: Any = browser.get(f"{PAGE}?state=no_password&_export=csv")
    text = b"".join(export.streaming_content).decode() if export.streaming else export.content.decode()
    assert "invited@example.com" in text and "off@example.com" not in text
    everything: Any = browser.get(f"{PAGE}?_export=csv")
    text = b"".join(everything.streaming_content).decode() if everything.streaming else everything.content.decode()
    for secret in User.objects.values_list("password", flat=True):
        assert secret not in text
    assert "password" not in {column.key for column in registry.get("people").columns}
    assert browser.get(PAGE).status_code == 200
