"""What a run must have left behind, however often its bot was killed and AWS failed.

AWS's own record of every attempt to write is compared with the bot's audit log: no contact was
written with two values, none was written again once the bot knew of it, and every write has its
entry.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from bot.app.clock import SystemClock
from bot.domain.audit import AuditAction
from bot.store import SqliteStore
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.domain.audit import AuditRecord

    Write = dict[str, Any]
    Contact = tuple[str, str]

_FIX: Final = re.compile(r"\baltcontact-fix/(\d+)\b")
"""How a write names its fix in the `User-Agent`."""

_ROUNDING: Final = 0.01
"""Seconds by which the two clocks of one machine may differ."""


def fix_of(write: Write) -> int:
    """The fix that a write says it belongs to."""
    found = _FIX.search(write["user_agent"])
    assert found, f"a write names no fix: {write}"
    return int(found[1])


def entries(path: str | Path) -> list[AuditRecord]:
    """The whole audit log."""
    with closing(SqliteStore(path, SystemClock())) as store:
        return list(store.audit.entries())


def assert_written_once(writes: Iterable[Write], log: Iterable[AuditRecord]) -> int:
    """Each contact was written once, or provably repeated with the same value.

    A write may be repeated only while its answer isn't on record, and only with the same value.

    Args:
        writes: AWS's record of attempts.
        log: the audit log.

    Returns:
        How many writes were repeats of one that AWS had carried out.
    """
    known = {entry.request_id for entry in log if entry.action == AuditAction.WRITE_ACCEPTED}
    repeats = 0
    for contact, attempts in _by_contact(writes).items():
        assert len({each["value"] for each in attempts}) == 1, f"two values for {contact}"
        carried_out = [each for each in attempts if each["applied"]]
        for earlier in carried_out[:-1]:
            repeats += 1
            assert earlier["request_id"] not in known, f"written again though known: {contact}"
    return repeats


def assert_on_record(writes: Iterable[Write], log: Iterable[AuditRecord]) -> None:
    """Every attempt to write has its entry from before it, and every answer on record was given.

    Args:
        writes: AWS's record of attempts.
        log: the audit log.
    """
    writes = list(writes)
    sent, accepted = defaultdict(list), []
    for entry in log:
        if entry.action == AuditAction.WRITE_SENT:
            sent[entry.fix_id, entry.account_id, entry.type].append(entry)
        elif entry.action == AuditAction.WRITE_ACCEPTED:
            accepted.append(entry)
    for write in writes:
        recorded = sent[fix_of(write), write["account_id"], write["contact_type"]]
        assert recorded, f"not in the audit log: {write}"
        moment = recorded[0].moment
        assert moment is not None
        # AWS's clock is this machine's: the entry is there before the request.
        assert moment.timestamp() <= write["at"] + _ROUNDING, write
    by_id = {each["request_id"]: each for each in writes}
    for entry in accepted:
        if not entry.request_id:
            continue
        write = by_id[entry.request_id]
        assert write["applied"]
        assert (fix_of(write), write["account_id"], write["contact_type"]) == (
            entry.fix_id,
            entry.account_id,
            entry.type,
        )


def assert_chain_verifies(environment: Mapping[str, str]) -> None:
    """`altcontact audit verify` finds nothing wrong."""
    verified = launcher().run("audit", "verify", environment=environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _by_contact(writes: Iterable[Write]) -> dict[Contact, list[Write]]:
    found: dict[Contact, list[Write]] = defaultdict(list)
    for each in writes:
        found[each["account_id"], each["contact_type"]].append(each)
    return found
