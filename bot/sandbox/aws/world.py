"""All that the sandbox's AWS knows and how it is set; touched by its event loop alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox.aws.callers import Keys
from bot.sandbox.aws.faults import Faults
from bot.sandbox.aws.organization import Organization
from bot.sandbox.aws.quotas import Quotas
from bot.sandbox.aws.stats import Stats

if TYPE_CHECKING:
    from bot.sandbox.aws.storage import Contact


@dataclass(slots=True)
class Settings:
    """What can be turned.

    Args:
        latency_ms: added to every call, in milliseconds.
        delay_seconds: how long a write does not show: Get answers as before it.
        page_sizes: how many accounts the first, second, … page of `ListAccounts` holds, over and
            over; 0 is an empty page that still carries a token.
        state_fields: which of `State` and `Status` an account shows.
    """

    latency_ms: float = 0.0
    delay_seconds: float = 0.0
    page_sizes: list[int] = field(default_factory=lambda: [20])
    state_fields: list[str] = field(default_factory=lambda: ["State"])


@dataclass(slots=True)
class World:
    """The state of the sandbox's AWS, but for the contacts, which are in the storage."""

    organization: Organization = field(default_factory=Organization)
    keys: Keys = field(default_factory=Keys)
    settings: Settings = field(default_factory=Settings)
    quotas: Quotas = field(default_factory=Quotas)
    faults: Faults = field(default_factory=Faults)
    stats: Stats = field(default_factory=Stats)
    shown: dict[tuple[str, str], tuple[float, Contact | None]] = field(default_factory=dict)
    """What Get still answers after a write: (until, contact), by account id and type."""

    def reset(self) -> None:
        """Set everything as it was at the start; what hangs goes on. Contacts stay."""
        self.faults.clear()
        self.organization = Organization()
        self.keys = Keys()
        self.settings = Settings()
        self.quotas = Quotas()
        self.stats = Stats()
        self.shown = {}

    def as_json(self) -> dict[str, Any]:
        """For the control interface: everything that is set, but neither accounts nor contacts."""
        return {
            "accounts": len(self.organization.members),
            "trusted_access": self.organization.trusted_access,
            "denials": [each.as_json() for each in self.organization.denials],
            "latency_ms": self.settings.latency_ms,
            "delay_seconds": self.settings.delay_seconds,
            "page_sizes": self.settings.page_sizes,
            "state_fields": self.settings.state_fields,
            "quotas_enabled": self.quotas.enabled,
            "quotas": self.quotas.as_json(),
            "faults": self.faults.as_json(),
        }
