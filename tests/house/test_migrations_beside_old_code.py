"""Old and new code serve on one schema while a release is rolled out: what would break the old code fails here."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

from config.embedded.paths import CHECKOUT

APPS = ("inventory_ops", "trackers", "lost_damaged", "user_audit")
# Of the time before the first release, when nothing served beside them. Nothing is added: split the change over two
# releases instead (docs/deployment.md), or say in CHANGELOG.md "stop before you migrate" and name it in STOPPED.
BEFORE_THE_FIRST_RELEASE = {
    "inventory_ops.0002_constraints",
    "inventory_ops.0005_order_identity",
    "inventory_ops.0013_factor_in_one_place",
    "lost_damaged.0002_constraints",
    "lost_damaged.0005_text_item_ids",
    "lost_damaged.0009_lines_only",
    "lost_damaged.0011_adjustments_of_proposals",
    "lost_damaged.0012_nav_of_statements",
    "lost_damaged.0014_steps_of_claims",
    "lost_damaged.0015_returned_payments",
    "trackers.0002_constraints",
    "user_audit.0002_constraints",
}
STOPPED: set[str] = set()


def breaking() -> set[str]:
    """Migrations whose SQL the code before them would fail on."""
    linter = MigrationLinter(path=str(CHECKOUT), no_cache=True, no_output=True, include_apps=list(APPS))
    found = set()
    for (app, name), migration in sorted(MigrationLoader(connection).disk_migrations.items()):
        if app in APPS:
            before = linter.nb_erroneous
            linter.lint_migration(migration)
            if linter.nb_erroneous > before:
                found.add(f"{app}.{name}")
    return found


@pytest.mark.django_db
def test_no_new_migration_breaks_the_code_that_still_serves() -> None:
    assert breaking() == BEFORE_THE_FIRST_RELEASE | STOPPED


def test_a_release_that_needs_a_stop_says_so() -> None:
    log = (CHECKOUT / "CHANGELOG.md").read_text()
    for name in STOPPED:
        assert f"stop before you migrate: {name}" in log, name


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "inventory_ops_product" DROP COLUMN "name"',
        'ALTER TABLE "inventory_ops_product" RENAME COLUMN "name" TO "title"',
        'ALTER TABLE "inventory_ops_product" ADD COLUMN "x" integer NOT NULL',
        'DROP TABLE "inventory_ops_product"',
        'ALTER TABLE "inventory_ops_product" RENAME TO "things"',
    ],
)
def test_what_breaks_old_code_is_found(statement: str) -> None:
    errors, _ignored, _warnings = analyse_sql_statements(PostgresqlAnalyser, [statement])
    assert errors


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "inventory_ops_product" ADD COLUMN "x" integer NULL',
        'ALTER TABLE "inventory_ops_product" ADD COLUMN "x" integer DEFAULT 0 NOT NULL',
        'CREATE TABLE "things" ("id" bigint NOT NULL PRIMARY KEY)',
    ],
)
def test_what_only_adds_is_let_through(statement: str) -> None:
    errors, _ignored, _warnings = analyse_sql_statements(PostgresqlAnalyser, [statement])
    assert not errors
