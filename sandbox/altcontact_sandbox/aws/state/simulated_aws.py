"""All that the sandbox's AWS knows and how it is set; touched by its event loop alone."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.aws.account.contacts import Contact, Contacts
from altcontact_sandbox.aws.iam.authorization import Policies
from altcontact_sandbox.aws.organizations.identity import Identity
from altcontact_sandbox.aws.organizations.organization import Organization
from altcontact_sandbox.aws.state.changes import ChangeCounter
from altcontact_sandbox.aws.state.faults import Faults
from altcontact_sandbox.aws.state.quotas import Quotas
from altcontact_sandbox.aws.state.recorder import Recorder
from altcontact_sandbox.aws.state.settings import Settings
from altcontact_sandbox.aws.state.stats import Stats
from altcontact_sandbox.aws.state.writes import WriteLog
from altcontact_sandbox.aws.sts.callers import AccessKeys

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sts.roles import Role


@dataclass(slots=True)
class SimulatedAws:
    """The state of the sandbox's AWS."""

    identity: Identity = field(default_factory=Identity)
    organization: Organization = field(init=False)
    keys: AccessKeys = field(init=False)
    roles: dict[str, Role] = field(default_factory=dict)
    """Those that may be assumed, by ARN."""

    policies: Policies = field(init=False)

    contacts: Contacts = field(default_factory=Contacts)
    settings: Settings = field(default_factory=Settings)
    quotas: Quotas = field(default_factory=Quotas)
    faults: Faults = field(default_factory=Faults)
    stats: Stats = field(default_factory=Stats)
    writes: WriteLog = field(default_factory=WriteLog)
    delayed_reads: dict[tuple[str, str], tuple[float, Contact | None]] = field(default_factory=dict)
    """What Get still answers after a write: (until, contact), by account id and type."""

    recorder: Recorder = field(default_factory=Recorder)
    changes: ChangeCounter = field(default_factory=ChangeCounter)
    """Counts whatever changes in the snapshot."""

    def __post_init__(self) -> None:
        """Found the organization, and give its callers keys."""
        self._found()

    def now(self) -> float:
        """The time by AWS's clock, in seconds since 1970."""
        return time.time() + self.settings.clock_skew_seconds

    def reset(self) -> None:
        """Set everything as at the start; what hangs goes on. Recorded calls stay."""
        self.faults.clear()
        self._found()
        self.roles = {}
        self.contacts.load({})
        self.quotas = Quotas()
        self.stats = Stats()
        self.writes = WriteLog()
        self.delayed_reads = {}
        self.change(Settings())

    def _found(self) -> None:
        self.organization = Organization(self.identity)
        self.keys = AccessKeys(self.identity)
        self.policies = Policies(self.identity)

    def change(self, settings: Settings) -> None:
        """Set what can be turned."""
        self.settings = settings
        self.quotas.enabled = settings.quotas_enabled
        self.organization.trusted_access = settings.trusted_access
        self.organization.all_features = settings.all_features

    def delay_read(self, key: tuple[str, str], before: Contact | None) -> None:
        """Let Get answer as before a write for as long as writes are delayed."""
        delay = self.settings.delay_seconds
        if delay > 0:
            self.delayed_reads[key] = (time.monotonic() + delay, before)
            # A little later than the time is up, so that whoever is woken sees that it is.
            asyncio.get_running_loop().call_later(delay + 0.001, self.changes.record)

    def settings_as_json(self) -> dict[str, Any]:
        """For the control interface: everything that is set."""
        return {
            **dataclasses.asdict(self.settings),
            "denials": [each.as_json() for each in self.organization.denials],
            "quotas": self.quotas.as_json(),
            "faults": self.faults.as_json(),
            "expired": self.keys.expired(),
            "roles": [each.as_json() for each in self.roles.values()],
            "policies": self.policies.attached(),
        }

    def as_json(self) -> dict[str, Any]:
        """For the control interface: everything that is set, and how many accounts there are."""
        return {"accounts": len(self.organization.members), **self.settings_as_json()}
