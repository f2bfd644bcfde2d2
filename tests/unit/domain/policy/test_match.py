"""Which accounts a table of the policy is for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account, Unit
from bot.domain.policy.match import EVERY, Match

PATH = (
    Unit("ou-ab12-11111111", "Production"),
    Unit("ou-ab12-22222222", "Payments"),
    Unit("ou-ab12-33333333", "Card [EU]"),
)
ACCOUNT = Account(
    "000000000001",
    "Pay-Prod-1",
    organization="main",
    units=PATH,
    tags={"env": "prod", "Team": "Pay"},
)


@pytest.mark.parametrize(
    ("pattern", "units", "matches"),
    [
        ("/Production", PATH[:1], True),
        ("/production/", PATH[:1], True),
        ("/Production", PATH, False),
        ("/Production/*", PATH[:2], True),
        ("/Production/*", PATH[:1], False),
        ("/Production/*", PATH, False),
        ("/Production/**", PATH, True),
        ("/Production/**", PATH[:1], True),
        ("/Prod*/**", PATH, True),
        ("/Product/**", PATH, False),
        ("/**/Payments", PATH[:2], True),
        ("/**/Payments/**", PATH, True),
        ("/**", (), True),
        ("/", (), True),
        ("/*", (), False),
        ("/Production/Payments/Card [EU]", PATH, True),
        ("/Production/Payments/Card ?EU?", PATH, True),
        ("ou-ab12-22222222", PATH[:2], True),
        ("ou-ab12-22222222", PATH, False),
        ("ou-ab12-22222222/*", PATH, True),
        ("ou-ab12-22222222/**", PATH, True),
        ("ou-ab12-99999999/**", PATH, False),
        ("/ou-team", (Unit("ou-ab12-11111111", "OU-team"),), True),
        ("/A/B", (Unit("ou-ab12-11111111", "A/B"),), False),
        ("/A?B", (Unit("ou-ab12-11111111", "A/B"),), True),
        ("/A%2FB", (Unit("ou-ab12-11111111", "A/B"),), True),
        ("/a%2fb/**", (Unit("ou-ab12-11111111", "A/B"),), True),
        ("/A%2FB", (Unit("ou-ab12-11111111", "A"), Unit("ou-ab12-22222222", "B")), False),
        ("ou-ab12-22222222/C%2FD", (*PATH[:2], Unit("ou-ab12-33333333", "C/D")), True),
        ("/%2A", (Unit("ou-ab12-11111111", "*"),), True),
        ("/%2A", PATH[:1], False),
        ("/%C3%A9cole", (Unit("ou-ab12-11111111", "École"),), True),
        ("/100% safe", (Unit("ou-ab12-11111111", "100% safe"),), True),
        ("/100%25 safe", (Unit("ou-ab12-11111111", "100% safe"),), True),
        ("/M\u00fcnchen", (Unit("ou-ab12-11111111", "Mu\u0308nchen"),), True),
        ("/Mu\u0308nchen", (Unit("ou-ab12-11111111", "M\u00fcnchen"),), True),
    ],
)
def test_an_ou_path_is_a_glob_of_each_level(
    pattern: str, units: tuple[Unit, ...], matches: bool
) -> None:
    """`*` stays within a level, `**` is any number of them, and an id stands for the path to it."""
    assert Match(units=(pattern,)).matches(replace(ACCOUNT, units=units)) is matches


@pytest.mark.parametrize(
    ("match", "answer"),
    [
        (EVERY, True),
        (Match(accounts=("000000000009", "000000000001")), True),
        (Match(accounts=("000000000009",)), False),
        (Match(names=("pay-*",)), True),
        (Match(names=("other", "*-PROD-?")), True),
        (Match(names=("pay",)), False),
        (Match(organizations=("main",)), True),
        (Match(organizations=("bought",)), False),
        (Match(tags=(("env", "pr*"),)), True),
        (Match(tags=(("env", "Prod"),)), False),
        (Match(tags=(("env", "prod"), ("Team", "Pay"))), True),
        (Match(tags=(("env", "prod"), ("Team", "Ops"))), False),
        (Match(tags=(("team", "Pay"),)), False),
        (Match(names=("pay-*",), organizations=("bought",)), False),
        (Match(names=("pay-*",), units=("/Production/**",)), True),
    ],
)
def test_each_kind_must_match_and_any_of_its_values_may(match: Match, answer: bool) -> None:
    """Of one kind any value is enough, but of tags each; of several kinds each must match."""
    assert match.matches(ACCOUNT) is answer


@pytest.mark.parametrize(
    ("changed", "match", "answer"),
    [
        ({"tags": None}, Match(tags=(("env", "prod"),)), None),
        ({"units": None}, Match(units=("/**",)), None),
        ({"units": None}, Match(units=("/**",), names=("other",)), False),
        ({"tags": None}, Match(tags=(("env", "prod"),), accounts=("000000000009",)), False),
        ({"tags": None}, Match(tags=(("env", "prod"),), units=("/Other",)), False),
        ({"tags": None, "units": None}, Match(names=("pay-*",)), True),
    ],
)
def test_what_was_not_read_decides_nothing(
    changed: dict[str, Any], match: Match, answer: bool | None
) -> None:
    """A match is unknown only where what was not read is all that it hangs on."""
    assert match.matches(replace(ACCOUNT, **changed)) is answer


def test_composed_and_decomposed_letters_are_the_same() -> None:
    """A tag or a name matches however its letters are composed."""
    match = Match(names=("m\u00fcnchen*",), tags=(("st\u00e4dte", "M\u00fcnchen"),))
    tags = {"sta\u0308dte": "Mu\u0308nchen"}
    assert match.matches(replace(ACCOUNT, name="Mu\u0308nchen 1", tags=tags))


def test_the_closer_match_is_the_more_specific() -> None:
    """Organization, OU by depth, tag, name, id: each is closer than those before it."""
    ascending = [
        EVERY,
        Match(organizations=("main",)),
        Match(units=("/**",)),
        Match(units=("/Production/**",)),
        Match(units=("/Production/**",), organizations=("main",)),
        Match(units=("/**", "/Production/Payments/*")),
        Match(units=("ou-ab12-33333333",), organizations=("main",)),
        Match(tags=(("env", "prod"),)),
        Match(tags=(("env", "prod"),), units=("/**",)),
        Match(tags=(("env", "prod"), ("Team", "Pay"))),
        Match(names=("*",)),
        Match(names=("*",), tags=(("env", "prod"),)),
        Match(accounts=("000000000001",)),
    ]
    assert all(match.matches(ACCOUNT) for match in ascending)
    found = [match.specificity(ACCOUNT) for match in ascending]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    deep = Match(units=("/Production/Payments/Card*",)).specificity(ACCOUNT)
    assert Match(units=("ou-ab12-33333333",)).specificity(ACCOUNT) == deep
    assert Match(units=("/Production",)).specificity(replace(ACCOUNT, units=None)) == ()


@given(st.lists(st.text("aB/*?[%2Fé\n ", min_size=1, max_size=8), max_size=4))
def test_a_path_that_is_shown_is_a_pattern_of_itself(names: list[str]) -> None:
    """Whatever its OUs are named, the path of an account matches it, and no other path."""
    units = tuple(Unit(f"ou-ab12-{index}1111111", name) for index, name in enumerate(names))
    shown = replace(ACCOUNT, units=units)
    match = Match(units=(shown.path,))
    assert match.matches(shown) is True
    for index in range(len(names)):
        changed = (*units[:index], replace(units[index], name=f"{names[index]}x"))
        assert match.matches(replace(ACCOUNT, units=(*changed, *units[index + 1 :]))) is False
        assert match.matches(replace(ACCOUNT, units=(*units[:index], *units[index + 1 :]))) is False


TEXTS = st.text(max_size=12)
PATTERNS = TEXTS | st.from_regex(r"(/([a-zA-Z*?\[\]]{0,4}|\*\*)){0,4}", fullmatch=True)
ACCOUNTS = st.builds(
    Account,
    TEXTS,
    TEXTS,
    organization=TEXTS,
    units=st.none() | st.lists(st.builds(Unit, TEXTS, TEXTS), max_size=3).map(tuple),
    tags=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
)
MATCHES = st.builds(
    Match,
    accounts=st.lists(TEXTS, max_size=2).map(tuple),
    names=st.lists(PATTERNS, max_size=2).map(tuple),
    tags=st.lists(st.tuples(TEXTS, PATTERNS), max_size=2).map(tuple),
    units=st.lists(PATTERNS, max_size=2).map(tuple),
    organizations=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(MATCHES, ACCOUNTS)
def test_matching_is_total(match: Match, account: Account) -> None:
    """Any pattern has an answer for any account, and it is open only where something is unread."""
    answer = match.matches(account)
    if answer is None:
        assert account.units is None or account.tags is None
    assert isinstance(match.specificity(account), tuple)


@given(MATCHES, ACCOUNTS, st.booleans(), st.booleans())
def test_reading_more_never_contradicts_an_answer(
    match: Match, account: Account, units: bool, tags: bool
) -> None:
    """What is decided without OUs or tags stays so when they are read."""
    less = replace(
        account, units=None if units else account.units, tags=None if tags else account.tags
    )
    before = match.matches(less)
    if before is not None:
        assert match.matches(account) == before
