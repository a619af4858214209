"""The head of a page, as `components/page_head.html` and `components/form.html` draw it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Page:
    """The context `page`. `breadcrumbs` are names with their addresses; None is where one is."""

    title: str
    subtitle: str = ""
    breadcrumbs: list[tuple[str, str | None]] = field(default_factory=list)
    submit_label: str = ""
    cancel_url: str = ""
    add_another: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure against the period before, in words; `direction` is up, down or same, `tone` good, bad or ''."""

    text: str
    direction: str = "same"
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number at the head of a page. `tone` is a colour's name: good, warning, critical. `parts` are the amounts of
    each currency behind a total."""

    label: str
    value: str
    hint: str = ""
    tone: str = ""
    parts: tuple[str, ...] = ()
    compared: Compared | None = None
