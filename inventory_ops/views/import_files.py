"""What the page of an import says of its files: what each is, what would change, and what is refused for what."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Min, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.kit import markup
from inventory_ops.kit.imports import pages
from inventory_ops.models import Import

SHOWN_CAUSES = 50
SHOWN_LINES = 5
DELIMITERS = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar"),
}
FACTS = {
    "units_gained": gettext_lazy("Units gained: %(n)s"),
    "units_lost": gettext_lazy("Units lost: %(n)s"),
    "orders_reopened": gettext_lazy("Closed orders opened again: %(n)s"),
    "orders_moved": gettext_lazy("Orders whose time of creation moves: %(n)s"),
}


def shown(facts: dict[str, Any]) -> pages.ShownFile:
    """One file of an import from what its check has kept."""
    counts = [
        _("%(kind)s: %(new)s new, %(changed)s changed, %(unchanged)s unchanged")
        % {"kind": kind.replace("_", " "), **{name: markup.number(count) for name, count in each.items()}}
        for kind, each in facts["kinds"].items()
    ]
    told = [FACTS[name] % {"n": markup.number(count)} for name, count in facts["facts"].items() if count]
    if facts["left_out"]:
        left_out = ngettext(
            "Left out, not wrong and not ours: %(n)s row",
            "Left out, not wrong and not ours: %(n)s rows",
            facts["left_out"],
        )
        told.append(left_out % {"n": markup.number(facts["left_out"])})
    return pages.ShownFile(
        name=facts["name"],
        found=facts["found"],
        counts=counts,
        facts=told,
        written=_written(facts["written"]),
        samples=[tuple(sample) for sample in facts["written"].get("samples", [])],
        changes=[tuple(change) for change in facts["changes"]],
        left_out=[(markup.number(line), reason) for line, reason in facts["left_out_rows"]],
    )


def _written(written: dict[str, Any]) -> str:
    """Encoding, delimiter, decimal mark and header line in a sentence."""
    if not written:
        return ""
    parts = []
    if written["encoding"]:
        parts = [written["encoding"].upper(), str(DELIMITERS.get(written["delimiter"], written["delimiter"]))]
    if written["decimal"] == ",":
        parts.append(_("decimal comma"))
    if written["date_order"] != "ymd":
        parts.append(_("dates %(order)s") % {"order": "/".join(written["date_order"])})
    if written["header_line"] > 1:
        parts.append(_("header in line %(n)s") % {"n": written["header_line"]})
    return " · ".join(parts)


def causes(job: Import) -> list[pages.Cause]:
    """Refusals grouped by what is wrong, with how many rows and the first lines; what stops a file comes first."""
    cause = [F("file"), F("column"), F("code")]
    rows = job.errors.annotate(
        rows=Window(Count("id"), partition_by=cause),
        first=Window(Min("line"), partition_by=cause),
        nth=Window(RowNumber(), partition_by=cause, order_by=[F("line"), F("id")]),
    ).filter(nth__lte=SHOWN_LINES)
    groups: dict[tuple[bool, bool, int, str, str, str], list[Any]] = {}
    for row in rows.order_by("line", "id")[: SHOWN_CAUSES * SHOWN_LINES]:
        key = (row.code != "missing_column", row.first > 1, -row.rows, row.file, row.column, row.code)
        groups.setdefault(key, []).append(row)
    return [
        pages.Cause(
            file=group[0].file,
            column=group[0].column,
            message=group[0].message,
            rows=markup.number(group[0].rows),
            lines=[
                (markup.number(row.line) if row.line else _("File"), visible(row.value), row.message) for row in group
            ],
            more=group[0].rows > len(group),
        )
        for _key, group in sorted(groups.items(), key=lambda item: item[0])
    ]


def visible(value: str) -> str:
    """A value with its control characters shown as their codes."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in value)
