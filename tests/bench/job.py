"""What a job is, and the registry of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from statistics import median
from typing import ClassVar

from tests.bench.scale import Scale

LIMIT, OURS = "limit", "ours"


class MissingPeer(Exception):
    """A peer library is not installed; it is a development dependency only."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of doing a job's work.

    `run` does it once; a float that it answers is the time in seconds that counts, instead of the whole call's.
    `share` is the part of the work that a slow peer does: its time is divided by it. `most_rounds` bounds repetition.
    """

    name: str
    run: Callable[[], float | None]
    share: float = 1.0
    most_rounds: int = 99
    warm_up: bool = True


@dataclass(slots=True)
class Timing:
    """Seconds of each run (of the whole work, if only a share was done) and the peak of memory it added, in MB."""

    runs: list[float] = field(default_factory=list)
    memory: float | None = None
    share: float = 1.0

    @property
    def seconds(self) -> float:
        return median(self.runs)


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal and whether it holds. `needs` is the smallest scale at which it is judged."""

    text: str
    found: str
    holds: bool
    needs: str = "S"


class Job(ABC):
    """One job of the suite. `facts` are figures that are told and not judged."""

    name: ClassVar[str]  # P1 … P18
    title: ClassVar[str]

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.facts: dict[str, str] = {}

    def set_up(self) -> None:  # noqa: B027  (most jobs need none)
        """Make what all ways need, once."""

    @abstractmethod
    def ways(self) -> Sequence[Way]:
        """The ways in the order in which each round runs them."""

    @abstractmethod
    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        """Verdicts over the measured times."""

    def tear_down(self) -> None:  # noqa: B027
        """Undo what `set_up` and the ways left behind."""


@dataclass(slots=True)
class Registry:
    """All jobs by name, and the steps of the generator that apps add."""

    jobs: dict[str, type[Job]] = field(default_factory=dict)

    def add[J: type[Job]](self, cls: J) -> J:
        """Class decorator."""
        if cls.name in self.jobs:
            raise ValueError(f"Two jobs are called {cls.name}.")
        self.jobs[cls.name] = cls
        return cls

    @property
    def names(self) -> list[str]:
        return sorted(self.jobs, key=lambda name: int(name[1:]))


registry = Registry()
register = registry.add


def discover() -> None:
    """Import all jobs and the apps' steps of the generator, those of the base first."""
    import_module("tests.bench.jobs")


def at_most(what: str, found: float, bound: float, unit: str = "×", *, needs: str = "S") -> Goal:
    """A goal that a figure does not exceed."""
    return Goal(f"{what} ≤ {bound:g} {unit}", f"{found:.3g} {unit}", found <= bound, needs)


def at_least(what: str, found: float, bound: float, unit: str = "×", *, needs: str = "S") -> Goal:
    """A goal that a figure reaches."""
    return Goal(f"{what} ≥ {bound:g} {unit}", f"{found:.3g} {unit}", found >= bound, needs)
