"""Whether a check that AWS didn't let begin is worth another try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.failures import FailureCode, failure
from bot.domain.scope import ScopeKind
from bot.services.scan.retry import ScanRetry
from bot.store import SqliteStore
from tests.unit.fakes import (
    ORGANIZATION,
    PATIENCE,
    SCHEDULE,
    FakeClock,
    FakeGateway,
    account,
    gateway_error,
    scanner,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITED = replace(
    ORGANIZATION, kind=ScopeKind.ACCOUNT, limit=failure(FailureCode.PERMISSION_MISSING)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A database."""
    with SqliteStore(tmp_path / "bot.db", FakeClock()) as opened:
        yield opened


def check(store: SqliteStore, gateway: FakeGateway) -> ScanRetry:
    """Check once, and what decides whether to check again."""
    running = scanner([gateway], store, FakeClock())
    running.start(SCHEDULE).report.result(PATIENCE)
    running.stop()
    return ScanRetry([gateway], store.scans)


@pytest.mark.parametrize("denied", [True, False])
def test_it_is_once_aws_lets_it(store: SqliteStore, denied: bool) -> None:
    """A check that couldn't begin, or that covered one account; not as long as that is so."""
    gateway = FakeGateway(account(1))
    if denied:
        gateway.scope_found = gateway_error(FailureCode.PERMISSION_MISSING)
    else:
        gateway.scope_found = LIMITED
    retry = check(store, gateway)
    assert not retry.is_worthwhile()
    gateway.scope_found = ORGANIZATION
    assert retry.is_worthwhile()


def test_it_is_not_after_a_check_that_went_on(store: SqliteStore) -> None:
    """Nor before the first one."""
    gateway = FakeGateway(account(1))
    assert not ScanRetry([gateway], store.scans).is_worthwhile()
    assert not check(store, gateway).is_worthwhile()
