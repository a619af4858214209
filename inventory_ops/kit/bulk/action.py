"""What can be done to many rows of a list: one class in one file, offered by the list, confirmed on a page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.forms import Form
from django.utils.translation import gettext as _

from inventory_ops.kit.registry import PAGES, Registry


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the confirm page shows it: `outcome` says what happens to it, `reason` why it is skipped."""

    key: str
    label: str = ""
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan[Row]:
    """What would be done: `will` are the rows that change, `skipped` the others with the reason."""

    will: list[Row]
    skipped: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the form's values would do: `lines` are the rows that change, `skipped` the others with the reason."""

    lines: list[Line] = field(default_factory=list)
    skipped: list[Line] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Stands for all that the preview says."""
        return hashlib.sha256(repr((self.lines, self.skipped)).encode()).hexdigest()[:32]


class Refused(Exception):
    """Nothing was done: the values of the form mean nothing for any row. The message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done: `message` says it, `left` says why rows were left alone, `url` leads to what was made."""

    message: str = ""
    left: list[str] = field(default_factory=list)
    url: str = ""


class BulkAction[Row]:
    """Subclasses declare and give `rows`, `line`, `counted` and `run`; nothing here is per request.

    `on` is the slug of the list that offers it (or the group of lists, as "findings"). A page with the plan comes
    before `run`, unless `asks` is False. `run` calls one operation, which checks again what may be done.
    """

    on: ClassVar[str]
    name: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str]
    hint: ClassVar[Any] = ""  # a sentence below the title of the confirm page
    danger: ClassVar[bool] = False
    asks: ClassVar[bool] = True
    form_class: ClassVar[type[Form] | None] = None
    previews: ClassVar[bool] = False  # does the form decide what happens to each row? It is shown before `run`
    most: ClassVar[int] = 2_000  # rows of one go
    only: ClassVar[frozenset[str]] = frozenset()  # slugs of the lists of the group that offer it; empty = all of them
    menu: ClassVar[Any] = ""  # lists with many actions show it in a menu of this name, not as a button

    def offered_in(self, slug: str) -> bool:
        """Does the list `slug`, one of its group, offer it?"""
        return not self.only or slug in self.only

    def rows(self, keys: Sequence[str], *, report: Any, viewer: Any) -> list[Row]:
        """The rows of `keys` that `viewer` may see."""
        raise NotImplementedError

    def line(self, row: Row) -> Line:
        raise NotImplementedError

    def counted(self, count: int) -> str:
        """“3 trackers”."""
        raise NotImplementedError

    def title(self, count: int) -> str:
        return f"{self.label}: {self.counted(count)}"

    def reason_to_skip(self, row: Row) -> str:
        """Why the row is left alone; '' when it is not."""
        return ""

    def suits(self, row: Row) -> bool:
        """Is it offered on the page of this row?"""
        return True

    def plan(self, rows: Sequence[Row]) -> Plan[Row]:
        will, skipped = [], []
        for row in rows:
            if reason := self.reason_to_skip(row):
                line = self.line(row)
                skipped.append(Line(line.key, line.label, reason=reason))
            else:
                will.append(row)
        return Plan(will, skipped)

    def form(self, data: Any, *, viewer: Any) -> Form | None:
        """What the confirm page asks the viewer for; None where it asks nothing."""
        return self.form_class(data) if self.form_class else None

    def seen(self, row: Row) -> tuple[str, str] | None:
        """A hidden field with what the page saw of a row, so that `run` notices when somebody else changed it."""
        return None

    def preview(self, rows: Sequence[Row], *, values: dict[str, Any]) -> Preview:
        """What `run` would do with these values. Of actions that preview; raises Refused."""
        raise NotImplementedError

    def run(self, rows: Sequence[Row], *, by: Any, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        """Do it. `values` are the form's, `seen` the fields of the confirm page. Raises Refused."""
        raise NotImplementedError

    def carry_out(self, plan: Plan[Row], *, by: Any, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        """`run` for the rows of a plan; for actions that say something of the skipped ones, too."""
        return self.run(plan.will, by=by, values=values, seen=seen)

    @property
    def nothing_selected(self) -> str:
        return _("No row was selected. Tick the rows, or “Select all”.")


_actions: Registry[BulkAction[Any]] = Registry("bulk action", later=PAGES)


def register[A: type[BulkAction[Any]]](action: A) -> A:
    """Class decorator: the lists of its `on` offer the action from now on, in the order of registration."""
    _actions.add(f"{action.on}/{action.name}", action())
    return action


def offered_on(group: str, report: str = "") -> list[BulkAction[Any]]:
    """The actions of a group of lists, or of its list `report`."""
    return [each for each in _actions if each.on == group and (not report or each.offered_in(report))]


def find(group: str, name: str, report: str = "") -> BulkAction[Any] | None:
    action = _actions.find(f"{group}/{name}")
    return None if action is not None and report and not action.offered_in(report) else action
