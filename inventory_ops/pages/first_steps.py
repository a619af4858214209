"""First steps: what a new shop does, in order, until all is done or the viewer puts the list away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Exists, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.registry import PAGES, Registry
from inventory_ops.models import Channel, Product, ScanRun, User
from inventory_ops.queries.of_viewer import OfViewer
from inventory_ops.registries.permissions import ADMIN, OPERATIONS


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It is done when `done(viewer)` has a row. With `scans`, its button starts the scans never run."""

    order: int
    label: Any
    hint: Any
    url: Any
    button: Any
    done: Callable[[User], QuerySet[Any]]
    roles: tuple[str, ...] = (OPERATIONS, ADMIN)
    scans: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    step: Step
    done: bool


_steps: Registry[Step] = Registry("first step", later=PAGES)


def add(name: str, step: Step) -> None:
    """Add a step. Called by what `AppConfig.ready()` names."""
    _steps.add(name, step)


def of(viewer: User) -> list[Shown]:
    """The steps of the viewer's role, in one query; none when all are done, or the list was put away."""
    if not viewer.has_role(OPERATIONS, ADMIN) or viewer.preferences.get("first_steps_dismissed"):
        return []
    [state] = _DONE.of(viewer).rows()
    shown = [Shown(step, bool(is_done)) for step, is_done in zip(_steps_of(viewer), state, strict=True)]
    return [] if all(each.done for each in shown) else shown


def _steps_of(viewer: User) -> list[Step]:
    return sorted((step for step in _steps if viewer.has_role(*step.roles)), key=lambda step: step.order)


def _done(viewer: User) -> QuerySet[Any, Any]:
    asked = {f"step_{n}": Exists(step.done(viewer)) for n, step in enumerate(_steps_of(viewer))}
    me: Any = User.objects.filter(pk=viewer.pk)
    return cast("QuerySet[Any, Any]", me.annotate(**asked).values_list(*asked))


_DONE = OfViewer(_done)


def add_own() -> None:
    """The steps of the base app. Called by what `AppConfig.ready()` names."""
    load = _("Products, stock and orders, from your own files.")
    add(
        "load",
        Step(
            10, _("Load data"), load, reverse_lazy("import-new"), _("Load a file"), lambda viewer: Product.objects.all()
        ),
    )
    scan = _("A scan looks through the data and lists what needs attention.")
    done = ScanRun.objects.filter(state=ScanRun.State.DONE)
    add("scan", Step(20, _("Run the first scan"), scan, "", _("Run the scans"), lambda viewer: done.all(), scans=True))
    people = User.objects.filter(is_active=True, is_service=False)
    invite = Step(
        40, _("Invite people"), _("Each gets a mail with a link, and a role."), reverse_lazy("person-new"),
        _("Invite a person"), lambda viewer: people.exclude(pk=viewer.pk), roles=(ADMIN,),
    )  # fmt: skip
    add("people", invite)
    channel = Step(
        60, _("Connect a channel"), _("Quantities go out, orders and cancellations come in."),
        reverse_lazy("channel-new"), _("Connect a channel"), lambda viewer: Channel.objects.all(),
    )  # fmt: skip
    add("channels", channel)
