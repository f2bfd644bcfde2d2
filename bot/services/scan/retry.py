"""Finds out whether a check that AWS didn't let begin would get further by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.scans import ScanRepository


class ScanRetry:
    """Asks AWS again who is calling, where the last scan got no further than that.

    A scan that failed later isn't repeated: what it met may be met again by each repetition.

    Args:
        gateways: the AWS gateways.
        scans: the scans.
    """

    def __init__(self, gateways: Sequence[ContactGateway], scans: ScanRepository) -> None:
        self._gateways = tuple(gateways)
        self._scans = scans

    def is_worthwhile(self) -> bool:
        """Whether a new scan would list accounts that the last one couldn't.

        Raises:
            StoreError: the last scan can't be read.
        """
        last = self._scans.last()
        unlisted = last.unlisted if last is not None else frozenset()
        return any(_goes_further(gateway) for gateway in self._gateways if gateway.name in unlisted)


def _goes_further(gateway: ContactGateway) -> bool:
    try:
        return gateway.scope().limit is None
    except GatewayError:
        return False
