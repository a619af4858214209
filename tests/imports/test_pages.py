"""Any export by page: questions, mapping, check with the change shown, apply, and the next month in two clicks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inventory_ops.models import Import, ImportMapping, StockBalance
from inventory_ops.operations.imports import uploads
from tests import make
from tests.imports import exported
from tests.imports.exported import FOLDER, FOLDERS
from tests.imports.test_exports import check, files, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    client.force_login(make.user("admin"))
    return client


def send(browser: Client, *paths: Path, **data: str) -> Import:
    given = [SimpleUploadedFile(path.name, path.read_bytes()) for path in paths]
    response = browser.post("/imports/new/", {"file": given, **data})
    assert response.status_code == 302, response.content.decode()[:2000]
    return Import.objects.get(pk=response["Location"].split("/")[2])


def fields_of(browser: Client, job: Import, answers: dict[str, Any]) -> dict[str, Any]:
    """The form's fields filled in as the answers file says."""
    page = browser.get(f"/imports/{job.pk}/answers/")
    assert page.status_code == 200
    said: dict[str, Any] = {}
    for n, file in enumerate(page.context["page"].files):
        own = {**answers.get("*", {}), **answers.get(file.name, {})}
        for group in file.groups:
            for field in group.fields:
                name = field.html_name.removeprefix(f"f{n}-")
                key = name.rpartition("-")[0] or name
                value = own.get(key, "")
                if isinstance(value, dict):
                    value = value.get(str(field.label), "")
                elif value == "own code":
                    value = str(field.label)
                said[field.html_name] = value
    return said


@pytest.mark.parametrize("folder", FOLDERS)
def test_by_page(browser: Client, folder: str, django_capture_on_commit_callbacks: Any) -> None:
    expected = exported.expected(folder)
    if (FOLDER / folder / "given").is_dir():
        assert run(FOLDER / folder / "given")["exit"] == 0
    before = {kind: exported.loaded(kind) for kind in expected["rows"]}
    job = send(browser, *files(folder))
    answers = json.loads((FOLDER / folder / "answers.json").read_text())
    for _ in range(3):  # a mapping leads to questions about its words
        job.refresh_from_db()
        if job.state != Import.State.ASKING:
            break
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(f"/imports/{job.pk}/answers/", fields_of(browser, job, answers))
    job.refresh_from_db()
    assert job.state == Import.State.CHECKED, [each.message for each in job.errors.all()]
    assert {kind: exported.loaded(kind) for kind in expected["rows"]} == before
    page = browser.get(f"/imports/{job.pk}/")
    assert page.status_code == 200
    browser.post(f"/imports/{job.pk}/apply/")
    job.refresh_from_db()
    uploads.run_apply(job)
    job.refresh_from_db()
    assert job.state == Import.State.DONE
    check(folder, as_result(job, files(folder)), before)


def as_result(job: Import, paths: list[Path]) -> dict[str, Any]:
    """What the page keeps, as the command's JSON says it."""
    only = paths[0].name
    facts = {file["name"]: file for file in job.details["files"]}

    def remarks(rows: Any, name: str) -> list[dict[str, Any]]:
        found = rows.values("file", "line", "column")
        return [{**each, "file": each["file"] or only} for each in found if (each["file"] or only) == name]

    return {
        "files": [
            {
                "file": name,
                "rows": file["rows"],
                "refused": remarks(job.errors, name),
                "warned": remarks(job.warnings, name),
                "left_out": [{"file": name, "line": line} for line, _ in file["left_out_rows"]],
            }
            for name, file in facts.items()
        ]
    }


def test_a_new_layout_is_mapped_once_and_the_next_month_takes_two_clicks(
    browser: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    run(FOLDER / "german-excel-stock" / "given")
    first = FOLDER / "german-excel-stock" / "Bestand 27.11.2026.csv"
    job = send(browser, first)
    assert job.state == Import.State.ASKING
    page = browser.get(f"/imports/{job.pk}/answers/").content.decode()
    assert "Artikelnummer" in page and "HP-10" in page
    answers = json.loads((FOLDER / "german-excel-stock" / "answers.json").read_text())
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(f"/imports/{job.pk}/answers/", fields_of(browser, job, answers))
    job.refresh_from_db()
    assert job.state == Import.State.CHECKED
    browser.post(f"/imports/{job.pk}/apply/")
    uploads.run_apply(Import.objects.get(pk=job.pk))
    assert ImportMapping.objects.get().answers["columns"]["Artikelnummer"] == "sku"
    # click 1: upload; click 2: apply
    second = tmp_path / "Bestand 28.12.2026.csv"
    second.write_bytes(first.read_bytes().replace(b";57;", b";60;"))
    job = send(browser, second)
    assert job.state == Import.State.CHECKED
    shown = browser.get(f"/imports/{job.pk}/").content.decode()
    assert "69 in 2 lots" in shown and "72 in 2 lots" in shown
    browser.post(f"/imports/{job.pk}/apply/")
    uploads.run_apply(Import.objects.get(pk=job.pk))
    assert 60 in StockBalance.objects.values_list("on_hand", flat=True)
    given = browser.get(f"/imports/{job.pk}/answers.json").json()
    assert given[second.name]["columns"]["Bestand"] == "quantity"


def test_the_check_shows_units_in_lots_that_would_become_one(browser: Client) -> None:
    folder = FOLDER.parent / "failing"
    for path in (folder / "00-base", folder / "12-stock-zeroes-lots-unseen" / "stock-1.csv"):
        assert run(path)["exit"] == 0
    job = send(browser, folder / "12-stock-zeroes-lots-unseen" / "stock-2.csv")
    assert job.details["files"][0]["facts"] == {"units_gained": 1, "units_lost": 10}
    assert job.details["files"][0]["changes"] == [["Z-A · good · MAIN", "quantity", "10 in 2 lots", "1"]]
    shown = browser.get(f"/imports/{job.pk}/").content.decode()
    assert "10 in 2 lots" in shown and "Units lost: 10" in shown


def test_the_error_file_keeps_the_columns_and_comes_back_corrected(browser: Client, tmp_path: Path) -> None:
    run(FOLDER / "shopify-orders" / "given")
    path = FOLDER / "shopify-orders" / "orders_export_1.csv"
    answers = json.loads((FOLDER / "shopify-orders" / "answers.json").read_text())
    run(path, answers=str(FOLDER / "shopify-orders" / "answers.json"))
    job = send(browser, path)
    assert job.state == Import.State.ASKING  # the store is a matter of the file, and asked each time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda run, **_: run())
        browser.post(f"/imports/{job.pk}/answers/", fields_of(browser, job, answers))
    job.refresh_from_db()
    rejected: Any = browser.get(f"/imports/{job.pk}/errors/")
    text = b"".join(rejected.streaming_content).decode("utf-8-sig")
    assert text.startswith("Name,Email,Financial Status") and "import_errors" in text.split("\n")[0]
    assert "#1004" in text and text.count("#1004") == 3  # its first line, too: it has the order's columns
    corrected = tmp_path / "orders-rejected.csv"
    corrected.write_text(text.replace(",Gift wrapping,3.00,,,", ",Gift wrapping,3.00,,HP-30,"), encoding="utf-8")
    own = tmp_path / "answers.json"
    own.write_text(json.dumps({"*": answers["*"] | answers["orders_export_1.csv"]}))
    [result] = run(corrected, answers=str(own))["files"]
    assert (result["new"], [each["column"] for each in result["refused"]]) == (1, ["Currency"])


def test_a_page_of_many_errors_is_short(browser: Client, tmp_path: Path) -> None:
    path = tmp_path / "merchants.csv"
    path.write_text("vendor_number,name,currency\n" + "".join(f"V{n},x,XXZ\n" for n in range(3000)))
    job = send(browser, path)
    page = browser.get(f"/imports/{job.pk}/")
    [cause] = page.context["page"].causes
    assert (cause.rows, len(cause.lines), len(page.content) < 60_000) == ("3,000", 5, True)


def test_users_among_other_files_are_for_administrators(browser: Client, client: Client, tmp_path: Path) -> None:
    users, merchants = tmp_path / "users.csv", tmp_path / "merchants.csv"
    users.write_text("email,role\njo@example.com,admin\n")
    merchants.write_text("vendor_number,name\nV1,One\n")
    assert send(browser, merchants, users).kind == "users"
    places = tmp_path / "locations.csv"
    places.write_text("location\nEAST\n")
    job = send(browser, places, users)  # the password is wanted once more, whatever else administrators alone may load
    answer = browser.post(f"/imports/{job.pk}/apply/")
    assert (job.kind, answer["Location"].startswith("/accounts/reauthenticate/")) == ("users", True)
    client.force_login(make.user("operations"))
    job = send(client, merchants, users)
    assert (job.state, job.errors.get().code) == (Import.State.FAILED, "forbidden")
