"""Entries of the audit log in words, without contact details."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.audit import GENESIS, AuditAction, seal
from bot.domain.audit_words import facts, label
from tests.unit.domain.test_audit import ANA, AT, BO, SALT, WIPED, entry


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["fix 3", "changes name, email", "state: planned"]),
        ({"after": ANA}, ["fix 3", "writes the same contact again", "state: planned"]),
        ({"before": None}, ["fix 3", "sets the contact, none before", "state: planned"]),
        ({"after": None}, ["fix 3", "removes the contact", "state: planned"]),
        (
            {"action": AuditAction.FIX_PLANNED, "after": None, "details": {"removes": "yes"}},
            ["fix 3", "removes the contact"],
        ),
        (
            {"action": AuditAction.COMMAND, "fix_id": None, "details": {"command": "check"}},
            ["check"],
        ),
        (
            {
                "action": AuditAction.FIX_FAILED,
                "run_id": 7,
                "request_id": "aws-1",
                "details": {"cause": "denied", "in_doubt": "yes"},
            },
            ["fix 3", "run 7", "AWS may have applied it", "cause: denied", "AWS request aws-1"],
        ),
        (
            {"action": AuditAction.VERIFIED, "details": {"already_there": "yes", "found_by": "x"}},
            ["fix 3", "the contact was already there", "found by: x"],
        ),
    ],
)
def test_facts(values: dict[str, Any], words: list[str]) -> None:
    """What an entry says besides who, when, what and where."""
    assert facts(seal(entry(**values), 1, AT, GENESIS, SALT)) == words


def test_a_redacted_entry_still_says_what_changed() -> None:
    """Which fields differ is known by their digests."""
    wiped = replace(seal(entry(before=ANA, after=BO), 1, AT, GENESIS, SALT), **WIPED)
    assert facts(wiped) == [
        "fix 3",
        "changes name, email",
        "state: planned",
        "contact details redacted",
    ]


@pytest.mark.parametrize("action", AuditAction)
def test_labels(action: AuditAction) -> None:
    """An action is words with a capital letter."""
    assert label(action) == label(action).capitalize()
    assert "_" not in label(action)
