"""The users import keeps an administrator, and nobody changes their own role or state by it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory_ops.imports.users import SPEC
from inventory_ops.models import Import, User
from inventory_ops.operations.imports import uploads
from tests import make


def refused(by: User, text: str) -> set[str]:
    """The codes of what an upload of `by` is refused for."""
    received = uploads.receive(files=[SimpleUploadedFile("users.csv", text.encode())], spec=SPEC, by=by)
    received = Import.objects.get(pk=received.pk)
    return {each.code for each in received.errors.all()}


@pytest.mark.django_db
@pytest.mark.parametrize("header,value", [("role", "finance"), ("is_active", "false")])
def test_a_file_that_leaves_no_administrator_is_refused(header: str, value: str) -> None:
    one, two = make.user("admin", email="one@example.com"), make.user("admin", email="two@example.com")
    both = f"email,{header}\none@example.com,{value}\ntwo@example.com,{value}\n"
    assert refused(two, both) == {"last_administrator", "own_account"}
    assert refused(two, f"email,{header}\ntwo@example.com,{value}\n") == {"own_account"}
    assert refused(two, f"email,{header}\none@example.com,{value}\n") == set()
    assert User.objects.filter(role="admin", is_active=True).count() == 2 and one.pk != two.pk
