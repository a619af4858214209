"""A field has the same guard by every way in: the declarations, tried out field by role by way."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLResolver, get_resolver

from inventory_ops.kit.imports import Column, ImportSpec, registry
from inventory_ops.models import Import, Merchant, Proposal, User
from inventory_ops.operations import jobs, proposals
from inventory_ops.operations.imports import uploads
from inventory_ops.operations.imports.files import File, attempt, load_files
from lost_damaged.queries import settings as finance_settings
from tests import make
from tests.doors.support import in_front
from tests.imports.support import NOW, write

pytestmark = pytest.mark.django_db
ROLES = ("operations", "merchant", "finance", "admin")
GUARDED = [(spec, column) for spec in registry for column in spec.columns if column.permission]
# the page where the field is changed, and what stands for its value there
PAGES = {("merchants", "factor"): ("/settings/finance/propose/factor/", {"merchant": "V1", "factor": "0.5"})}


def person(role: str) -> User:
    return make.user(role, of=make.merchant("OWN") if role == "merchant" else None)


def file_with(folder: Path, spec: ImportSpec, column: Column) -> File:
    columns = [each for each in spec.columns if each.required or each == column]
    text = ",".join(each.name for each in columns) + "\n" + ",".join(each.example for each in columns) + "\n"
    return write(folder, spec.name, text)


def test_the_fields_that_decide_on_money_and_people_are_declared() -> None:
    assert {(spec.name, column.name) for spec, column in GUARDED} == {
        ("merchants", "factor"),
        ("categories", "commission_percent"),
        ("users", "role"),
        ("users", "vendor_number"),
        ("users", "is_active"),
    }
    factor = next(column for spec, column in GUARDED if column.name == "factor")
    assert factor.permission == proposals.ROLES


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("spec", "column"), GUARDED, ids=lambda each: each.name)
def test_an_import_refuses_the_field_to_who_may_not(
    tmp_path: Path, spec: ImportSpec, column: Column, role: str
) -> None:
    outcome = attempt(file_with(tmp_path, spec, column), by=person(role), now=NOW, record=None)
    told = [(error.line, error.column) for error in outcome.errors if error.code == "not_permitted"]
    assert told == ([] if role in column.permission else [(1, column.name)])


@pytest.mark.parametrize(("spec", "column"), GUARDED, ids=lambda each: each.name)
def test_the_command_line_is_the_system(tmp_path: Path, spec: ImportSpec, column: Column) -> None:
    [outcome] = load_files([file_with(tmp_path, spec, column)], now=NOW)
    assert [error for error in outcome.errors if error.code == "not_permitted"] == []


@pytest.mark.parametrize("role", ROLES)
def test_pages_let_in_the_same_roles(role: str) -> None:
    make.merchant("V1")
    client = in_front(person(role))
    for (kind, field), (address, values) in PAGES.items():
        spec = registry.get(kind)
        assert spec
        status = client.post(address, values).status_code
        assert status == (302 if role in spec.fields[field].permission else 403)


def test_the_api_writes_findings_trackers_and_stock_alone() -> None:
    """No field that a column's permission guards can be written by it."""

    def views(resolver: URLResolver) -> list[object]:
        found: list[object] = []
        for each in resolver.url_patterns:
            found += views(each) if isinstance(each, URLResolver) else [getattr(each.callback, "cls", None)]
        return [view for view in found if view is not None]

    writing = {"post", "put", "patch", "delete"}
    found = {getattr(view, "__module__", "") for view in views(get_resolver()) if writing & set(dir(view))}
    names = (
        "automation", "availability", "carts", "findings", "flash_sales", "products", "stock", "vendor_requests",
    )  # fmt: skip
    ours = {f"inventory_ops.views.api.{name}" for name in names}
    assert found == ours | {"trackers.views.api"}


def test_operations_do_not_set_the_factor_by_the_merchants_import(tmp_path: Path, client: Client) -> None:
    """It was booked with once: a finance-only factor, changed by a column of the import of merchants."""
    make.merchant("V1")
    client.force_login(make.user("operations"))
    with write(tmp_path, "merchants", "vendor_number,name,factor\nV1,Lamp,0.1\n").path.open("rb") as file:
        page = client.post("/imports/new/", {"kind": "merchants", "file": file}, follow=True)
    assert "may be set by finance and admin alone" in page.text
    assert Import.objects.get().state == "failed"
    assert finance_settings.factor_of(Merchant.objects.get(vendor_number="V1")) == 1


@pytest.mark.parametrize(
    ("header", "answers"),
    [
        ("Vendor Number,NAME,Factor", {}),
        (
            "vendor_number,name,Anteil",
            {"columns": {"vendor_number": "vendor_number", "name": "name", "Anteil": "factor"}},
        ),
    ],
)
def test_another_name_of_the_column_opens_nothing(header: str, answers: dict[str, dict[str, str]]) -> None:
    merchant = make.merchant("V1")
    spec = registry.get("merchants")
    assert spec
    data = f"{header}\nV1,Lamp,0.1\n".encode()
    job = uploads.receive(
        files=[SimpleUploadedFile("merchants.csv", data)], spec=spec, by=make.user("operations"), answers=answers
    )
    assert job.state == "failed", (job.state, job.details)
    assert job.errors.filter(code="not_permitted").count() == 1
    assert finance_settings.factor_of(merchant) == 1


def test_the_factor_of_an_administrators_import_is_a_proposal(tmp_path: Path) -> None:
    admin, merchant = make.user("admin"), make.merchant("V1")
    spec = registry.get("merchants")
    assert spec
    for _ in range(2):  # again changes nothing
        data = b"vendor_number,name,factor\nV1,Lamp,0.1\nV2,New,\nV3,Other,1\n"
        job = uploads.receive(files=[SimpleUploadedFile("merchants.csv", data)], spec=spec, by=admin)
        assert (job.state, job.rows_warned) == ("checked", 2)
        jobs.run(uploads.apply(job=job, by=admin).pk)
    merchant.refresh_from_db()
    assert merchant.name == "Lamp" and finance_settings.factor_of(merchant) == 1
    made = Proposal.objects.get()
    assert (made.merchant, made.values, made.requested_by) == (merchant, {"factor": "0.1"}, admin)
    proposals.approve(pk=made.pk, by=make.user("finance"))
    assert str(finance_settings.factor_of(merchant)) == "0.1000"
