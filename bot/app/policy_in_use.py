"""The policy that a running bot applies: recorded, reloaded, and followed by other replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.config import policy_file
from bot.domain.audit import BOT
from bot.domain.audit_entries import policy_loaded
from bot.domain.errors import SettingsError, StoreError
from bot.services.audit_trail import AuditTrail

if TYPE_CHECKING:
    from bot.app.replica import Replica
    from bot.config.policy_reload import PolicyReload, ReloadablePolicy
    from bot.domain.policy.policy import Policy
    from bot.services.ports.audit import AuditRepository

_log = structlog.get_logger(__name__)


class PolicyInUse:
    """The policy of this process.

    Args:
        policy: the policy, and the file that it is read from.
        audit: where it is put on record.
        replica: this process among those with the same database.
    """

    def __init__(self, policy: ReloadablePolicy, audit: AuditRepository, replica: Replica) -> None:
        self._policy = policy
        self._audit = audit
        self._trail = AuditTrail(audit)
        self._replica = replica

    def current(self) -> Policy:
        """The policy as it is applied now."""
        return self._policy.current()

    def record(self, actor: str) -> None:
        """Put on record that the current policy is in use.

        Raises:
            StoreError: it couldn't be recorded.
        """
        self._record(actor, self.current())

    def reload(self, actor: str) -> PolicyReload:
        """Apply the policy file, here and in the other replicas, and record who had that done.

        Raises:
            SettingsError: a setting is invalid; the previous policy stays in use.
            StoreError: it couldn't be recorded; the previous policy stays in use.
        """

        def record(policy: Policy) -> None:
            self._record(actor, policy)
            self._replica.request_reload(policy.digest)

        try:
            reloaded = self._policy.reload(record)
        except SettingsError as error:
            self._trail.policy_refused(actor, {"problems": str(len(error.problems))})
            raise
        return replace(reloaded, replicas=self._replica.lead.others())

    def reload_and_log(self) -> None:
        """The same for nobody in particular: why it can't be applied is in the log."""
        try:
            self.reload(BOT)
        except SettingsError as error:
            for problem in error.problems:
                _log.error("policy file not applied", problem=str(problem))
        except StoreError as error:
            _log.error("policy file not applied", problem=str(error), remedy=error.remedy)

    def follow(self, digest: str) -> bool:
        """Apply the policy file that another replica applied; whether it is in use now.

        Raises:
            StoreError: it couldn't be recorded; the previous policy stays in use.
        """

        def record(policy: Policy) -> None:
            if policy.digest != self.current().digest:
                self._record(BOT, policy)

        if self.current().digest != digest:
            try:
                self._policy.reload(record)
            except SettingsError as error:
                for problem in error.problems:
                    _log.warning("policy file not applied", problem=str(problem))
        return self.current().digest == digest

    def _record(self, actor: str, policy: Policy) -> None:
        sections = policy_file.count(policy)
        self._audit.record(policy_loaded(actor, policy.digest, sections))
