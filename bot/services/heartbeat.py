"""Renews a claim in the store while the claimed work is running."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)

_LONGEST_WAIT: Final = 1.0
"""Seconds to wait for a running renewal at the end."""


class Heartbeat:
    """Renews a claim during a `with` block.

    Args:
        renew: renews the claim; false if it was lost.
        interval: seconds between two renewals; well under the store's lease.
        on_lost: called once if the claim was lost.
        what: the claim in the log, as `{"scan": 7}`.
    """

    def __init__(
        self,
        renew: Callable[[], bool],
        interval: float,
        on_lost: Callable[[], None],
        **what: int,
    ) -> None:
        self._renew = renew
        self._interval = interval
        self._on_lost = on_lost
        self._what = what
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        # Don't wait longer for a renewal that waits for the database: an ended claim isn't renewed.
        self._thread.join(_LONGEST_WAIT)

    def _beat(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                if not self._renew():
                    self._on_lost()
                    return
            except StoreError as error:
                _log.warning("claim not renewed", problem=str(error), **self._what)
