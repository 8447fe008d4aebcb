"""What is measured, in turns, and how busy the machine was meanwhile."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One stretch of one way of doing the work."""

    done: int
    seconds: float
    #: How busy all cores were, with the work of others in it: 0 to 1.
    load: float

    @property
    def rate(self) -> float:
        return self.done / self.seconds


def _cpu_ticks() -> tuple[int, int]:
    """Return what all cores have been busy, and how long they have been there."""
    line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    ticks = list(map(int, line.split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def measured(work: Callable[[], int]) -> Slice:
    """Do the work, which says how much of it there was."""
    busy, all_ = _cpu_ticks()
    began = time.perf_counter()
    done = work()
    seconds = time.perf_counter() - began
    busy_after, all_after = _cpu_ticks()
    load = (busy_after - busy) / max(1, all_after - all_)
    return Slice(done=done, seconds=seconds, load=load)


def cpu(work: Callable[[], int]) -> Slice:
    """Do the work, by the CPU time of this process."""
    began = time.process_time()
    found = measured(work)
    return replace(found, seconds=time.process_time() - began)


def interleaved(ways: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, list[Slice]]:
    """Measure every way in turn, `rounds` times: what disturbs one round disturbs all of it."""
    slices: dict[str, list[Slice]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            slices[name].append(measured(work))
    return slices


def median_ratio(ours: list[Slice], theirs: list[Slice]) -> float:
    """Return the median of the ratios of rates, each within its own round."""
    return statistics.median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))


def median_rate(slices: list[Slice]) -> float:
    return statistics.median(each.rate for each in slices)


def median_load(*groups: list[Slice]) -> float:
    return statistics.median(each.load for group in groups for each in group)


def peak_mib() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
