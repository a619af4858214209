"""Saved views: a name for a list's filters, sort, columns and rows a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit.reports import Report, layout
from inventory_ops.models import SavedView, User
from inventory_ops.operations import audit

MOST_VIEWS = 50  # of one person on one list
LONGEST_QUERY = 2000
SETTINGS = ("sort", "per_page")  # what a view keeps besides filters


def kept_query(report: Report, params: QueryDict) -> str:
    """The part of an address that a view keeps: filters, sort and rows a page. Raises ValidationError on bad values."""
    names = {*report.filterset_class.base_filters, *SETTINGS}
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        if name in names:
            kept.setlist(name, values)
    report.select(kept, viewer=None)
    text = kept.urlencode()
    if len(text) > LONGEST_QUERY:
        raise ValidationError(_("These filters are too long to be kept as a view. Use fewer or shorter ones."))
    return text


def save(
    *,
    report: Report,
    name: str,
    scope: str,
    params: QueryDict,
    columns: Sequence[str],
    widths: Mapping[str, int] = MappingProxyType({}),
    by: User,
) -> SavedView:
    """Keep a list as it is shown. Raises ValidationError that says what to correct."""
    view = SavedView(
        report=report.slug,
        owner=by,
        name=_checked_name(name),
        scope=_checked_scope(scope, by),
        role=by.role,
        query=kept_query(report, params),
        columns=_offered(report, columns),
        widths=_sized(report, widths),
    )
    with transaction.atomic():
        # the lock on the person makes counting and adding one step
        User.objects.select_for_update().get(pk=by.pk)
        if SavedView.objects.filter(report=report.slug, owner=by).count() >= MOST_VIEWS:
            raise ValidationError(_("You have %(n)d views of this list. Delete one first.") % {"n": MOST_VIEWS})
        _write(view)
        if view.scope != SavedView.Scope.ME:
            audit.record(action="view.share", by=by, subject=view, summary=f"{report.title}: {view.name}")
    return view


def rename(*, view: SavedView, name: str, scope: str, by: User) -> None:
    """Give a view another name or other readers. Raises ValidationError."""
    view.name, view.scope = _checked_name(name), _checked_scope(scope, by)
    with transaction.atomic():
        _write(view)
        audit.record(action="view.change", by=by, subject=view, summary=f"{view.report}: {view.name}")


def update(
    *,
    view: SavedView,
    report: Report,
    params: QueryDict,
    columns: Sequence[str],
    widths: Mapping[str, int] = MappingProxyType({}),
    by: User,
) -> None:
    """Keep the list as it is shown now under the same name. Raises ValidationError."""
    view.query, view.columns = kept_query(report, params), _offered(report, columns)
    view.widths = _sized(report, widths)
    with transaction.atomic():
        view.save(update_fields=["query", "columns", "widths"])
        audit.record(action="view.change", by=by, subject=view, summary=f"{view.report}: {view.name}")


@transaction.atomic
def delete(*, view: SavedView, by: User) -> None:
    """Lists that opened with it open plainly again."""
    audit.record(action="view.delete", by=by, subject=view, summary=f"{view.report}: {view.name}")
    view.delete()


def _write(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ValidationError(
            _("There is a view “%(name)s” of this list already. Choose another name.") % {"name": view.name}
        ) from error


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise ValidationError(_("Give the view a name of 1 to 60 characters."))
    return name


def _checked_scope(scope: str, by: User) -> str:
    if scope not in SavedView.Scope.values:
        raise ValidationError(_("Choose who sees the view."))
    if scope == SavedView.Scope.ALL and not by.sees_all_merchants:
        raise ValidationError(_("A vendor's users share views with their own group only."))
    return scope


def _offered(report: Report, columns: Sequence[str]) -> list[str]:
    offered = {column.key for column in report.columns if column.on_page}
    return [key for key in dict.fromkeys(columns) if key in offered]


def _sized(report: Report, widths: Mapping[str, int]) -> dict[str, int]:
    return {key: width for key, width in layout.checked_widths(widths).items() if key in report.columns_by_key}
