"""The channel of an account's alerts and the people they mention, by its policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel as the policy names it (empty: that of the settings), and ids to mention."""

    channel: str = ""
    mention: tuple[str, ...] = ()


DEFAULT_DESTINATION: Final = Destination()
"""The channel of the settings, without mentions."""
