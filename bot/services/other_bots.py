"""Notices another bot on the same Slack app; each then receives only some of what people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.ports.clock import Clock
    from bot.services.ports.store import SlackHealthRepository

_log = structlog.get_logger(__name__)

RECOUNT: Final = 60.0
"""Seconds until other connections are counted again; a restart or rollout overlaps for less."""

RECOUNT_KNOWN: Final = 600.0
"""Seconds until the next count once another bot is known."""

_MEANS: Final = (
    "Another bot uses the same SLACK_APP_TOKEN: commands and buttons reach only one of the two, "
    "and if each has its own database, both post every alert."
)
_REMEDY: Final = "Stop the other bot, or create a separate Slack app for it."


class OtherBotsWatch:
    """Takes Slack's count of connections, and says when to count again.

    Args:
        health: stores the count, and announces other bots that stay.
        on_news: called if there is something to announce.
        clock: the time.
        replicas: how many of the others are replicas of this bot, which share its database.
        recount: seconds until others are counted again.
        recount_known: the same once it is known that they stay.
    """

    def __init__(
        self,
        health: SlackHealthRepository,
        on_news: Callable[[], None],
        clock: Clock,
        *,
        replicas: Callable[[], int] = lambda: 0,
        recount: float = RECOUNT,
        recount_known: float = RECOUNT_KNOWN,
    ) -> None:
        self._health = health
        self._on_news = on_news
        self._replicas = replicas
        self._recount = recount
        self._recount_known = recount_known
        self._clock = clock
        self._since: float | None = None
        self._lasting = False

    def count(self, others: int) -> float | None:
        """Take a count.

        Args:
            others: connections of the app that aren't this bot's.

        Returns:
            Seconds until the next count; None if there are no others.
        """
        others = max(others - self._replicas(), 0) if others else 0
        since, was_lasting = self._since, self._lasting
        now = self._clock.monotonic()
        self._since = (now if since is None else since) if others else None
        # Two counts in a row aren't enough: after a reconnect within seconds, Slack may still count
        # the bot's own lost connection.
        lasting = self._lasting = (
            bool(others) and since is not None and now - since >= self._recount
        )
        try:
            if self._health.count_others(others, lasting=lasting):
                self._on_news()
        except StoreError as error:
            _log.error("other bots not recorded", problem=str(error), remedy=error.remedy)
        if not others:
            if since is not None:
                _log.info("no other bot on this Slack app any more")
            return None
        if since is None or lasting > was_lasting:
            _log.warning(
                "another bot on this Slack app",
                connections=others,
                lasting=lasting,
                problem=_MEANS if lasting else f"{_MEANS} An overlapping restart looks the same.",
                remedy=_REMEDY,
            )
        return self._recount_known if lasting else self._recount
