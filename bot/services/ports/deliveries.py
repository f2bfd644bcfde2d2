"""Ports to what arrived from Slack recently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.domain.deliveries import EarlierRequest


class DeliveryRepository(Protocol):
    """Recent deliveries from Slack, which repeats those that are not acknowledged in time."""

    def is_first(self, key: str) -> bool:
        """Whether this is the first delivery; remembers it for a day."""
        ...


class RequestRepository(Protocol):
    """Recent requests that arrived by HTTP, at this replica or another one."""

    def note(
        self, received: Collection[str], answered: Collection[str]
    ) -> dict[str, EarlierRequest]:
        """Remember for a day that requests were received, and that others were answered.

        Args:
            received: identify requests.
            answered: identify requests that were received before.

        Returns:
            {id: what is known} of the received ones that had been received before.
        """
        ...
