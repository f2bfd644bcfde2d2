"""Rounds over several worlds of replicas at once, and what came of them all.

A round waits most of its time: for a lease to run out, for a replica to be back. So worlds beside
each other, each with servers, a database and replicas of its own, get through many more.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.e2e.replica_world import World
from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass
class Tally:
    """What was done and disturbed, and how often happened what must never happen."""

    done: Counter[str] = field(default_factory=Counter)
    disturbed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    failovers: list[float] = field(default_factory=list)
    fixes: int = 0
    writes: int = 0
    lease: float = 0.0

    @classmethod
    def of(cls, world: World) -> Self:
        """What one world says."""
        return cls(
            Counter(world.done),
            Counter(world.disturbed),
            Counter(world.check()),
            list(world.failovers),
            world.fixes(),
            len(world.aws.writes()),
            world.lease,
        )

    def add(self, other: Tally) -> None:
        """Count another world in."""
        self.done.update(other.done)
        self.disturbed.update(other.disturbed)
        self.wrong.update(other.wrong)
        self.failovers += other.failovers
        self.fixes += other.fixes
        self.writes += other.writes
        self.lease = max(self.lease, other.lease)

    def failover(self, part: float) -> float:
        """Seconds that this part of all failovers took at most."""
        ordered = sorted(self.failovers)
        return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def __str__(self) -> str:
        return (
            f"{self.done.total()} rounds ({_listed(self.done)}); {_listed(self.disturbed)}; "
            f"{self.fixes} fixes, {self.writes} writes sent; {len(self.failovers)} failovers, p50 "
            f"{self.failover(0.5):.1f} s, p95 {self.failover(0.95):.1f} s, most "
            f"{self.failover(1.0):.1f} s, with a lease of {self.lease:.0f} s; "
            f"{_listed(self.wrong)}"
        )


def go_through(folder: Path, seeds: Iterable[int], rounds: int) -> Tally:
    """Go through so many rounds in each of several worlds at once.

    Args:
        folder: for their policies and logs.
        seeds: of the worlds, one each.
        rounds: in each world.
    """
    seeds = list(seeds)
    total = Tally()
    stopping = threading.Event()
    with ThreadPoolExecutor(len(seeds)) as pool:
        pending = [pool.submit(_one, folder, seed, rounds, stopping) for seed in seeds]
        try:
            for one in as_completed(pending):
                total.add(one.result())
        finally:
            stopping.set()  # one that failed is enough
    return total


def _one(parent: Path, seed: int, rounds: int, stopping: threading.Event) -> Tally:
    folder = parent / f"world-{seed}"
    folder.mkdir()
    with World(server().create(), folder, seed=seed) as world:
        world.settle()
        for number in range(1, rounds + 1):
            if stopping.is_set():
                break
            world.next_round()
            if number % 25 == 0:  # a long run says how far it is
                print(f"world {seed}: {Tally.of(world)}", flush=True)  # noqa: T201
        world.scan()
        world.settle()
        return Tally.of(world)


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
