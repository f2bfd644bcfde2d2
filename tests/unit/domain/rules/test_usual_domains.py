"""Which email domains are usual."""

from __future__ import annotations

import pytest

from bot.domain.rules.usual_domains import is_unusual

USED = {
    "corp.example": frozenset({"1", "2", "3", "4"}),
    "merged.example": frozenset({"6", "7"}),
    "agency.example": frozenset({"5"}),
}


@pytest.mark.parametrize(
    ("email", "unusual"),
    [
        ("sec@corp.example", False),
        ("sec@CORP.example.", False),
        ("sec@agency.example", True),
        ("sec@merged.example", False),
        ("sec@aws.corp.example", False),
        ("sec@other.example", True),
        ("sec@notcorp.example", True),
        ("sec@corp.example.other.example", True),
    ],
)
def test_a_domain_that_few_or_none_use_is_unusual(email: str, unusual: bool) -> None:
    """One that several accounts use, or a subdomain of one that most use, is not."""
    assert is_unusual(email, "9", USED) is unusual


def test_one_change_makes_no_domain_usual() -> None:
    """The next account's contact is warned about too; of the account itself it was confirmed."""
    assert is_unusual("sec@agency.example", "8", USED)
    assert not is_unusual("billing@agency.example", "5", USED)
    many = {
        "corp.example": frozenset(map(str, range(200))),
        "agency.example": frozenset({"a", "b", "c"}),
        "merged.example": frozenset(map(str, range(200, 215))),
    }
    assert is_unusual("sec@agency.example", "x", many)
    assert not is_unusual("sec@merged.example", "x", many)


def test_it_takes_accounts_to_know_what_is_usual() -> None:
    """Of few other accounts, and of accounts that share no domain, nothing is concluded."""
    few = {"corp.example": frozenset({"1", "2", "9"})}
    assert not is_unusual("sec@other.example", "9", {})
    assert not is_unusual("sec@other.example", "9", few)
    assert is_unusual("sec@other.example", "8", few)
    mixed = {f"{number}.example": frozenset({str(number)}) for number in range(9)}
    assert not is_unusual("sec@other.example", "9", mixed)
