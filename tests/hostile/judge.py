"""What no answer may be, and what no refusal may do."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection

from inventory_ops.models import User
from tests.hostile.corpus import MARK
from tests.hostile.wire import Answer, Wire

FORBIDDEN = ("Traceback (most recent call last)", f"<{MARK}", f"<script>{MARK}", "DETAIL:  Key (", "SECRET_KEY =")
# written by every visit, or the record of the refusal itself
EVIDENCE = {"django_session", "inventory_ops_import", "inventory_ops_importrowerror", "inventory_ops_importrowwarning"}


def fingerprint() -> dict[str, tuple[int, Any]]:
    """Count and checksum of every table but EVIDENCE."""
    tables = sorted({model._meta.db_table for model in apps.get_models()} - EVIDENCE)
    with connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(
                f"select '{table}', count(*), sum(hashtextextended(t::text, 0)) from {table} t" for table in tables
            )
        )
        return {name: (count, total) for name, count, total in cursor.fetchall()}


def changed(before: dict[str, tuple[int, Any]]) -> list[str]:
    """Tables that are not as they were."""
    return sorted(name for name, now in fingerprint().items() if before.get(name) != now)


def fault(answer: Answer) -> str:
    """What is wrong with an answer, whatever was asked; '' when nothing is."""
    if answer.status >= 500:
        return f"{answer.status} {answer.error}"
    if answer.changed:
        return f"{answer.status}, but changed {', '.join(answer.changed)}"
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return ""  # no browser reads HTML there
    return next((f"shows {part!r}" for part in FORBIDDEN if part in answer.text), "")


def watch(user: User) -> Wire:
    """A wire on which every refusal that leaves something behind is told."""
    wire = Wire(user)
    before = fingerprint()
    wire.judge = lambda: changed(before)
    return wire


def names(answer: Answer, places: Iterable[str]) -> bool:
    """Does a message of a refusal begin with one of `places`, like `sort: …`?"""
    if answer.headers["Content-Type"].startswith("application/json"):
        return any(
            message.startswith(f"{place}:") for message in json.loads(answer.content)["errors"] for place in places
        )
    starts = "|".join(re.escape(html.escape(place)) for place in places)
    return re.search(rf"(^|>)\s*({starts}):", answer.text, re.MULTILINE) is not None
