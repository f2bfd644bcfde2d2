"""Accounts: which can be written, and what is kept out of sight."""

from __future__ import annotations

import pytest

from bot.domain.accounts import Account, Unit


def test_personal_data_is_not_shown() -> None:
    """The root mailbox is not in what gets into logs."""
    account = Account("111122223333", "Payments", email="root@example.com")
    assert "root@example.com" not in repr(account)
    assert "Payments" in repr(account)


@pytest.mark.parametrize(
    ("names", "path"),
    [
        ((), "/"),
        (("Production", "R&D [EU] <x>"), "/Production/R&D [EU] <x>"),
        (("Build", "CI/CD"), "/Build/CI%2FCD"),
        (("CI", "CD"), "/CI/CD"),
        (("*", "a?"), "/%2A/a%3F"),
        (("100% safe", "50%2F50"), "/100% safe/50%252F50"),
        ((" Lab\n",), "/%20Lab%0A"),
    ],
)
def test_a_path_names_each_ou_apart(names: tuple[str, ...], path: str) -> None:
    """What would be a boundary or a glob in a path is percent-encoded, and nothing else."""
    units = tuple(Unit(f"ou-ab12-{index}1111111", name) for index, name in enumerate(names))
    assert Account("111122223333", "Payments", units=units).path == path


@pytest.mark.parametrize(
    ("state", "active"), [("ACTIVE", True), ("SUSPENDED", False), ("NEW_IN_AWS", False)]
)
def test_only_an_active_account_is_active(state: str, active: bool) -> None:
    """A state that this program does not know is kept, and is not active."""
    account = Account("111122223333", "Payments", state)
    assert account.state == state
    assert account.is_active is active
