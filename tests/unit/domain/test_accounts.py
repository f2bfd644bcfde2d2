"""Accounts: which can be written, and what is kept out of sight."""

from __future__ import annotations

import pytest

from bot.domain.accounts import Account


def test_personal_data_is_not_shown() -> None:
    """The root mailbox is not in what gets into logs."""
    account = Account("111122223333", "Payments", email="root@example.com")
    assert "root@example.com" not in repr(account)
    assert "Payments" in repr(account)


@pytest.mark.parametrize(
    ("state", "active"), [("ACTIVE", True), ("SUSPENDED", False), ("NEW_IN_AWS", False)]
)
def test_only_an_active_account_is_active(state: str, active: bool) -> None:
    """A state that this program does not know is kept, and is not active."""
    account = Account("111122223333", "Payments", state)
    assert account.state == state
    assert account.is_active is active
