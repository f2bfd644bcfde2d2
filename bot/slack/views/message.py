"""A message for Slack: blocks, and the text that notifications and screen readers give."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is escaped and says by itself what the message is about; `blocks` are Block Kit."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
