"""Puts on record what changes nothing: commands, refused requests, and policies that were loaded.

What changes something is recorded in the transaction of the change, by the repositories.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.domain.audit import ACTOR, UNKNOWN, AuditAction, AuditEntry
from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.actors import Actor
    from bot.domain.errors import NotAllowed
    from bot.services.ports.audit import AuditRepository

_log = structlog.get_logger(__name__)


class AuditTrail:
    """Records commands and refusals. Safe to use from several threads.

    If the log can't be written, that is only logged: nothing is changed by what is recorded here.

    Args:
        audit: the audit log.
    """

    def __init__(self, audit: AuditRepository) -> None:
        self._audit = audit

    def command(self, actor: str, command: str, account_id: str = "") -> None:
        """A known command was given.

        Args:
            actor: who gave it; see `AuditEntry.actor`.
            command: its name, without what the person typed after it.
            account_id: the account that it is about; empty if none, or if it isn't known yet.
        """
        details = {"command": command}
        self._note(AuditEntry(AuditAction.COMMAND, actor, account_id=account_id, details=details))

    def right_refused(self, actor: Actor, error: NotAllowed, account_id: str = "") -> None:
        """A person asked for something that they have no right to. Recorded once for each error.

        Args:
            actor: the person.
            error: why they don't have it.
            account_id: the account; empty if none is concerned.
        """
        if error.is_recorded:
            return
        error.is_recorded = True
        self.refused(actor.user_id, str(error), account_id)

    def refused(self, actor: str, reason: str, account_id: str = "") -> None:
        """A request was refused.

        Args:
            actor: who made it.
            reason: why, without personal data.
            account_id: the account; empty if none is concerned.
        """
        details = {"reason": reason}
        self._note(AuditEntry(AuditAction.REFUSED, actor, account_id=account_id, details=details))

    def payload_refused(self, actor: str, reason: str, request: str) -> None:
        """A request from Slack was refused for what it is, whoever sent it.

        Args:
            actor: the person whom it names.
            reason: `unreadable`, `repeated`, `outdated` or `stale`.
            request: the name of the command, button or form.
        """
        details = {"reason": reason, "request": request}
        self._note(AuditEntry(AuditAction.PAYLOAD_REFUSED, actor, details=details))

    def policy_refused(self, actor: str, details: Mapping[str, str]) -> None:
        """A policy file couldn't be applied."""
        self._note(AuditEntry(AuditAction.POLICY_REFUSED, actor, details=details))

    def _note(self, entry: AuditEntry) -> None:
        if not ACTOR.fullmatch(entry.actor):
            entry = replace(entry, actor=UNKNOWN)
        try:
            self._audit.record(entry)
        except StoreError as error:
            _log.error(
                "audit entry not recorded",
                action=entry.action.value,
                actor=entry.actor,
                account=entry.account_id,
                problem=str(error),
            )
