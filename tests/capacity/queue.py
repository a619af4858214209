"""A simulation of people who come at random and wait for a free thread."""

from __future__ import annotations

import heapq
import random
from math import ceil, exp, log
from statistics import quantiles

ARRIVALS = 20_000
SPREAD = 0.8  # of the logarithm of a page's time: one in twenty takes 3.7 times the median


def waits(rate: float, mean: float, threads: int, *, seed: int = 1) -> list[float]:
    """Seconds from arrival to answer, of pages that come at `rate` a second and take `mean` seconds of a thread."""
    chance = random.Random(seed)
    middle = log(mean) - SPREAD**2 / 2
    free = [0.0] * threads
    now, found = 0.0, []
    for _ in range(ARRIVALS):
        now += chance.expovariate(rate)
        begin = max(now, heapq.heappop(free))
        end = begin + chance.lognormvariate(middle, SPREAD)
        heapq.heappush(free, end)
        found.append(end - now)
    return found


def threads_for(rate: float, mean: float, *, within: float) -> int:
    """The fewest threads with which 95 % wait at most `within` times what 95 % of pages take by themselves."""
    longest = within * mean / exp(SPREAD**2 / 2) * exp(1.645 * SPREAD)
    threads = max(1, ceil(rate * mean))
    while quantiles(waits(rate, mean, threads), n=20)[-1] > longest:
        threads += max(1, threads // 20)
    return threads
