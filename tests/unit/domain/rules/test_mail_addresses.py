"""The parts of email addresses that rules compare."""

from __future__ import annotations

import pytest

from bot.domain.rules.mail_addresses import mailbox, split_address


@pytest.mark.parametrize(
    ("email", "parts"),
    [
        (" Sec+AWS@Corp.Example. ", ("sec+aws", "corp.example")),
        ("a@b@corp.example", ("a@b", "corp.example")),
        ("nobody", ("", "nobody")),
        ("", ("", "")),
    ],
)
def test_an_address_is_split_in_normal_form(email: str, parts: tuple[str, str]) -> None:
    """Case, surrounding white space and the root's dot make no difference; any text is split."""
    assert split_address(email) == parts


def test_a_tag_leads_to_the_same_mailbox() -> None:
    """What follows a plus in the local part is left out, however often."""
    assert mailbox("AWS+prod+eu@corp.example") == mailbox("aws@Corp.example") == "aws@corp.example"
