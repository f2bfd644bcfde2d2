"""What the audit log says about fixes, exemptions and policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.audit import AuditAction
from bot.domain.audit_entries import (
    bot_started,
    exemption_ended,
    exemption_granted,
    fix_advanced,
    fix_planned,
    fix_taken_over,
    policy_loaded,
    write_sent,
)
from bot.domain.contacts import NO_CONTACT, ContactType
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import Fix, FixRequest, FixState
from bot.domain.rule_catalog import Rule
from tests.unit.fakes import CONTACT, OTHER

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WHO = "444444444444"
REQUEST = FixRequest("key", WHO, ContactType.BILLING, CONTACT, "U1", NO_CONTACT, NOW, run_id=7)
FIX = Fix(3, REQUEST, "Data lake", FixState.PLANNED, NOW, before=OTHER)
DENIED = failure(FailureCode.DENIED, code="AccessDenied")


def test_every_entry_of_a_fix_says_which() -> None:
    """Account, type, fix and run join the steps."""
    for entry in (fix_planned(FIX), write_sent(FIX), fix_taken_over(FIX), fix_advanced(FIX)):
        assert (entry.account_id, entry.type) == (WHO, ContactType.BILLING)
        assert (entry.fix_id, entry.run_id) == (3, 7)


def test_the_contacts_are_where_they_are_known() -> None:
    """A plan has what is wanted; a write what is there as well; an answer neither."""
    planned, sent = fix_planned(FIX), write_sent(FIX)
    assert (planned.before, planned.after) == (None, CONTACT)
    assert (sent.before, sent.after) == (OTHER, CONTACT)
    accepted = fix_advanced(replace(FIX, state=FixState.APPLIED), aws_request_id="aws-1")
    assert (accepted.before, accepted.after, accepted.request_id) == (None, None, "aws-1")
    verified = fix_advanced(replace(FIX, state=FixState.CONFIRMED))
    assert (verified.before, verified.after) == (None, CONTACT)


@pytest.mark.parametrize(
    ("values", "action"),
    [
        ({"state": FixState.APPLIED}, AuditAction.WRITE_ACCEPTED),
        ({"state": FixState.APPLIED, "ended_at": NOW}, AuditAction.NOT_VERIFIED),
        ({"state": FixState.CONFIRMED, "ended_at": NOW}, AuditAction.VERIFIED),
        ({"state": FixState.FAILED, "ended_at": NOW, "failure": DENIED}, AuditAction.FIX_FAILED),
    ],
)
def test_each_state_is_an_action(values: dict[str, Any], action: AuditAction) -> None:
    """By the person who requested it, or by the bot if it found that out later."""
    fix = replace(FIX, **values)
    assert (fix_advanced(fix).action, fix_advanced(fix).actor) == (action, "U1")
    found = fix_advanced(fix, by_reading=True)
    assert (found.action, found.actor) == (action, "bot")
    assert found.details["found_by"] == "reading AWS later"


def test_a_removal_and_an_undo_say_so() -> None:
    """Nothing is wanted, and which fix is undone."""
    undo = replace(FIX, request=replace(REQUEST, wanted=None, undoes=2))
    assert fix_planned(undo).details == {"removes": "yes", "undoes": "2"}
    assert write_sent(undo).after is None


def test_a_reason_is_not_in_the_log() -> None:
    """It may hold personal data, and couldn't be wiped."""
    request = ExemptionRequest(
        ExemptionKind.EXEMPTION, WHO, ContactType.SECURITY, Rule.MISSING, "Ana left.", "U1", NOW
    )
    exemption = Exemption(5, request, NOW)
    granted = exemption_granted(exemption)
    verified = exemption_granted(
        replace(exemption, request=replace(request, kind=ExemptionKind.VERIFICATION))
    )
    assert (granted.action, granted.actor) == (AuditAction.EXEMPTION_GRANTED, "U1")
    assert verified.action is AuditAction.VERIFIED_MANUALLY
    assert "Ana" not in f"{granted}{verified}"
    assert exemption_ended(exemption, "U2").actor == "U2"
    assert exemption_ended(exemption, "").action is AuditAction.EXEMPTION_EXPIRED
    assert exemption_ended(exemption, "").actor == "bot"


def test_a_start_and_a_policy() -> None:
    """Which version, and the digest of which file."""
    assert bot_started("1.0").details == {"version": "1.0"}
    loaded = policy_loaded("U1", "abc", 2)
    assert (loaded.actor, loaded.details) == ("U1", {"sha256": "abc", "sections": "2"})
