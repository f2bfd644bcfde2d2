"""What is typed after `/altcontact`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.slack.command_parser import Command, Typo, parse, split_type


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Command("help")),
        ("  ", Command("help")),
        ("help", Command("help")),
        ("CHECK", Command("check")),
        ("check  web   production", Command("check", "web production")),
        ("fix 444444444444", Command("fix", "444444444444")),
        ("exempt Web production", Command("exempt", "Web production")),
        ("Exemptions", Command("exemptions")),
        ("reload", Command("reload")),
        ("\u2060check\u200b 4444-4444-4444", Command("check", "4444-4444-4444")),
        ("`check`\u00a0444444444444", Command("check", "444444444444")),
        ("fix \u200b \u2060", Command("fix")),
    ],
)
def test_commands_are_understood(typed: str, command: Command) -> None:
    """A command is known whatever its case and white space; what follows is its argument."""
    assert parse(typed) == command


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("chekc", "check"),
        ("cheek web", "check web"),
        ("fx web", "fix web"),
        ("hlep", "help"),
        ("exemt web", "exempt web"),
        ("exemption", "exemptions"),
        ("relaod", "reload"),
        ("444444444444", "check 444444444444"),
        ("4444-4444-4444", "check 444444444444"),
        ("4444 4444 4444", "check 444444444444"),
        ("`444444444444`", "check 444444444444"),
        ("arn:aws:iam::444444444444:root", "check 444444444444"),
        ("44444444444", "check 44444444444"),
        ("frobnicate", None),
        ("chekc \u200b", "check"),
        ("chekc " + "x" * 194, "check " + "x" * 194),
        ("chekc " + "x" * 195, None),
    ],
)
def test_a_typo_gets_the_nearest_command(typed: str, meant: str | None) -> None:
    """An unknown command gets the nearest one, with what followed it if that isn't too long."""
    parsed = parse(typed)
    assert isinstance(parsed, Typo)
    assert (parsed.meant.text if parsed.meant else None) == meant


@given(st.text())
def test_nothing_typed_breaks_it(typed: str) -> None:
    """Whatever is typed is a command or a typo."""
    assert isinstance(parse(typed), Command | Typo)


def test_a_type_at_the_end() -> None:
    """The last word may be a contact type, where something names the account before it."""
    assert split_type("web billing") == ("web", ContactType.BILLING)
    assert split_type("web production") == ("web production", None)
    assert split_type("billing") == ("billing", None)
    assert split_type("`4444-4444-4444 billing`") == ("`4444-4444-4444", ContactType.BILLING)
