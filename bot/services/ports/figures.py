"""The port to the figures of the database; `bot.services.ports.store` says what ports promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.figures import Figures


class FigureRepository(Protocol):
    """What there is in the database, and whether it can be written."""

    def figures(self) -> Figures:
        """What there is now."""
        ...

    def probe(self) -> None:
        """Write something that nobody reads.

        Raises:
            StoreError: it can't be written.
        """
        ...
