"""Runs jobs: a warm-up, then rounds in which all ways take turns, so that a noisy moment hits them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench import measure
from tests.bench.job import Goal, Job, MissingPeer, Timing
from tests.bench.scale import SCALES, Scale

ROUNDS = 5
LONG = 20.0  # seconds; a way that takes longer is not repeated more than twice


@dataclass(frozen=True, slots=True)
class Result:
    """What one job measured; `left_out` are the peers that are not installed."""

    name: str
    title: str
    times: dict[str, Timing]
    goals: list[Goal]
    facts: dict[str, str]
    left_out: list[str]


def run(
    jobs: Sequence[type[Job]], *, scale: Scale, rounds: int = ROUNDS, tell: Callable[[str], None] = lambda text: None
) -> list[Result]:
    """Measure every job, one after the other. An error of a job ends the run: a suite with a hole proves nothing."""
    return [_one(cls(scale), rounds=rounds, tell=tell) for cls in jobs]


def _one(job: Job, *, rounds: int, tell: Callable[[str], None]) -> Result:
    tell(f"{job.name} {job.title}")
    job.set_up()
    times: dict[str, Timing] = {}
    left_out: list[str] = []
    try:
        ways = list(job.ways())
        for round_number in range(-1 if rounds > 1 else 0, rounds):
            for way in ways:
                timing = times.get(way.name)
                warming = round_number < 0
                if way.name in left_out or (warming and not way.warm_up):
                    continue
                if timing is not None and (
                    len(timing.runs) >= way.most_rounds or (timing.runs[-1] * way.share > LONG and len(timing.runs) > 1)
                ):
                    continue
                try:
                    measured = measure.once(way.run)
                except MissingPeer as error:
                    left_out.append(way.name)
                    tell(f"  {way.name} left out: {error}")
                    continue
                if not warming:
                    timing = times.setdefault(way.name, Timing(share=way.share))
                    timing.runs.append(measured.seconds / way.share)
                    if measured.memory is not None:
                        timing.memory = max(timing.memory or 0.0, measured.memory)
        judged = [goal for goal in job.goals(times) if _reaches(job.scale, goal.needs)]
    finally:
        job.tear_down()
    return Result(job.name, job.title, times, judged, job.facts, left_out)


def _reaches(scale: Scale, needs: str) -> bool:
    order = list(SCALES)
    return order.index(scale.name) >= order.index(needs)
