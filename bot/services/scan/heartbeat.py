"""Keeps the claim of a running scan alive."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.ports.store import ScanRepository

_log = structlog.get_logger(__name__)


class Heartbeat:
    """Renews a scan's claim for as long as the `with` block lasts.

    Args:
        scans: holds the claim.
        scan_id: the scan.
        interval: seconds between two renewals.
        progress: tells (accounts done, accounts listed so far).
        on_lost: called once where the claim was lost, for the scan to end.
    """

    def __init__(
        self,
        scans: ScanRepository,
        scan_id: int,
        interval: float,
        progress: Callable[[], tuple[int, int]],
        on_lost: Callable[[], None],
    ) -> None:
        self._scans = scans
        self._scan_id = scan_id
        self._interval = interval
        self._progress = progress
        self._on_lost = on_lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="scan-heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                if not self._scans.renew(self._scan_id, *self._progress()):
                    self._on_lost()
                    return
            except StoreError as error:
                _log.warning("claim not renewed", scan=self._scan_id, problem=str(error))
