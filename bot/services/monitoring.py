"""The use case *watch the bot*: whether it is alive and ready, and what its metrics say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.health import Condition, Silence, hung_threads, not_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.domain.figures import Figures
    from bot.domain.health import Problem
    from bot.services.cached_figures import CachedFigures
    from bot.services.database_probe import DatabaseProbe
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import CallRate
    from bot.services.pulse import Sign


@dataclass(frozen=True, slots=True)
class CopyState:
    """How copies of the bot's data elsewhere come along: checkpoints, or snapshots.

    Args:
        written_at: when the last one was written; None if none was.
        failing: whether the last attempt failed.
    """

    written_at: datetime | None
    failing: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the monitor gets to know what it reports.

    Attributes:
        signs: the threads and pools that have to answer.
        slack_silence: seconds since Slack's last sign of life; None if there is no connection.
        has_schedule: whether the schedule runs, or another replica has it.
        stopping: whether the bot takes no more requests.
        leads: whether this replica leads.
        rates: the rates of the limiters of calls to AWS, by limiter; some have the same name.
        copies: how copies of the data elsewhere come along, by kind, as far as that is known; only
            those that are set up.
    """

    signs: Sequence[Sign]
    slack_silence: Callable[[], float | None]
    has_schedule: Callable[[], bool]
    stopping: Callable[[], bool]
    leads: Callable[[], bool] = lambda: True
    rates: Callable[[], Iterable[tuple[str, CallRate]]] = tuple
    copies: Mapping[str, Callable[[], CopyState | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BotState:
    """What is so now, for metrics; `figures` is None if the database can't be read."""

    now: datetime
    figures: Figures | None
    silences: Mapping[str, float]
    problems: tuple[Problem, ...]
    slack_silence: float | None
    leads: bool
    rates: Mapping[str, CallRate]
    copies: Mapping[str, CopyState]


class Monitor:
    """Says whether the bot is alive and ready, and how it goes. Safe to ask from several threads.

    Args:
        sources: where it gets to know that.
        probe: whether the database can be written.
        figures: what there is in the database.
        clock: the time.
    """

    def __init__(
        self, sources: Sources, probe: DatabaseProbe, figures: CachedFigures, clock: Clock
    ) -> None:
        self._sources = sources
        self._probe = probe
        self._figures = figures
        self._clock = clock

    def start(self) -> None:
        """Begin to find out whether the database can be written."""
        self._probe.start()

    def stop(self) -> None:
        """End."""
        self._probe.stop()
        self._figures.stop()

    def alive(self) -> tuple[Problem, ...]:
        """Which threads hang; empty if the bot is alive."""
        return hung_threads(
            {sign.name: Silence(sign.silence(), sign.limit) for sign in self._sources.signs}
        )

    def ready(self) -> tuple[Problem, ...]:
        """Why the bot can't answer people; empty if it can."""
        condition = Condition(
            self._sources.slack_silence(),
            self._probe.silence(),
            self._sources.has_schedule(),
            self._sources.stopping(),
        )
        return (*not_ready(condition), *self.alive())

    def state(self) -> BotState:
        """What is so now."""
        figures = self._figures.get()
        read = {} if figures is None else self._sources.copies
        copies = {kind: each() for kind, each in read.items()}
        return BotState(
            self._clock.now(),
            figures,
            {sign.name: sign.silence() for sign in self._sources.signs},
            self.ready(),
            self._sources.slack_silence(),
            self._sources.leads(),
            _lowest(self._sources.rates()),
            {kind: copy for kind, copy in copies.items() if copy is not None},
        )


def _lowest(rates: Iterable[tuple[str, CallRate]]) -> Mapping[str, CallRate]:
    """Of the limiters with one name, the one that is slowed down most."""
    found: dict[str, CallRate] = {}
    for name, rate in rates:
        found[name] = min(rate, found.get(name, rate), key=lambda each: each.now / each.most)
    return found
