"""Where news of an account goes, and who is told, by its policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel as the policy names it, empty for that of the settings, and ids to mention."""

    channel: str = ""
    mention: tuple[str, ...] = ()


DEFAULT_DESTINATION: Final = Destination()
"""The channel of the settings, and nobody in particular."""
