"""Commands and refusals on record: once each, by somebody, and without holding anything up."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
import structlog

from bot.domain.actors import Actor
from bot.domain.errors import NotAllowed, RightsUnknown, StoreError
from bot.services.audit_trail import AuditTrail

if TYPE_CHECKING:
    from bot.domain.audit import AuditEntry
    from bot.services.ports.audit import AuditRepository


class Log:
    """Keeps entries, or refuses them."""

    def __init__(self, fault: StoreError | None = None) -> None:
        self.kept: list[AuditEntry] = []
        self._fault = fault

    def record(self, entry: AuditEntry) -> None:
        """Keep an entry."""
        if self._fault is not None:
            raise self._fault
        self.kept.append(entry)


def trail_of(log: Log) -> AuditTrail:
    """What records in this log."""
    return AuditTrail(cast("AuditRepository", log))


@pytest.mark.parametrize(
    ("actor", "kept"),
    [
        ("U0ALICE001", "U0ALICE001"),
        ("W0ALICE001", "W0ALICE001"),
        ("bot", "bot"),
        ("cli:root", "cli:root"),
        ("", "unknown"),
        ("ana.lima@example.com", "unknown"),
        ("U1 Ana Lima", "unknown"),
        ("U" * 50, "unknown"),
    ],
)
def test_an_actor_is_an_id(actor: str, kept: str) -> None:
    """Whatever a payload says about who sent it, no text from outside is an actor."""
    log = Log()
    trail_of(log).command(actor, "help")
    trail_of(log).payload_refused(actor, "unreadable", "altcontact_fix")
    assert [entry.actor for entry in log.kept] == [kept, kept]


def test_a_refusal_is_recorded_once() -> None:
    """It may pass several places that record refusals, also in other words."""
    log = Log()
    trail = trail_of(log)
    error = NotAllowed("You don't have permission to change contacts.", "Ask")
    trail.right_refused(Actor("U1"), error, "444444444444")
    trail.right_refused(Actor("U1"), error)
    trail.right_refused(Actor("U1"), error.of("Only fixers can reload the policy."))
    trail.right_refused(Actor("U1"), RightsUnknown("Slack could not say who you are.", ""))
    assert [(entry.account_id, entry.details["reason"]) for entry in log.kept] == [
        ("444444444444", "You don't have permission to change contacts."),
        ("", "Slack could not say who you are."),
    ]


def test_a_log_that_fails_holds_nothing_up() -> None:
    """The bot's own log says what isn't on record."""
    with structlog.testing.capture_logs() as logged:
        trail_of(Log(StoreError("The disk is full."))).refused("U1", "No right.", "444444444444")
    assert [(line["event"], line["action"], line["actor"]) for line in logged] == [
        ("audit entry not recorded", "refused", "U1")
    ]
