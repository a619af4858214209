"""The help page of import formats: what each layout is, where its shop keeps the export, and what is read of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inventory_ops.kit.imports import formats, pages
from inventory_ops.kit.imports.formats import Format
from inventory_ops.registries.permissions import ADMIN, FINANCE, MERCHANT, OPERATIONS, roles_required, viewer

IMPORTERS = (OPERATIONS, FINANCE, ADMIN)


@roles_required(*IMPORTERS, MERCHANT)  # the guide links here
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    imports = reverse("imports") if viewer(request).has_role(*IMPORTERS) else None
    page = pages.FormatsPage(
        title=_("Files that are known"),
        subtitle=_("Exports are taken as they are: the header says what a file is, whatever its name."),
        breadcrumbs=[(_("Imports"), imports), (_("Formats"), None)],
        formats=[shown(found) for found in sorted(formats.registry, key=lambda each: each.name.startswith("our-"))],
    )
    return render(request, "inventory_ops/import_formats.html", {"page": page})


def shown(found: Format) -> pages.ShownFormat:
    questions = {question.key: question.text for part in found.parts for question in part.questions}
    return pages.ShownFormat(
        name=found.name,
        title=found.title,
        where=found.where,
        picture=f"img/formats/{found.name}.svg",
        headers=[", ".join(part.signature) for part in found.parts],
        questions=list(questions.values()),
        columns=[
            (kind.replace("_", " "), ", ".join(f"{ours} ← {theirs}" for ours, theirs in columns.items()))
            for kind, columns in found.columns.items()
        ],
    )
