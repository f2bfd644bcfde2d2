"""What people type selects the accounts they mean, or is answered with what is wrong in it."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account_selection import Selection, needs_of, quoted_name, select_accounts
from bot.domain.accounts import Account, Unit

PROD, SHOP, DEV = (
    Unit("ou-ab12-11111111", "Prod"),
    Unit("ou-ab12-22222222", "Web Shop"),
    Unit("ou-ab12-33333333", "Dev"),
)
LAKE = Account("444444444444", "Data lake", units=(PROD,), tags={"env": "prod", "team": "data"})
WEB = Account("555555555555", "web-prod", units=(PROD, SHOP), tags={"env": "prod"})
TEST = Account("666666666666", "web-test", units=(DEV,), tags={"env": "test"})
BOB = Account("777777777777", "Bob's R&D, <sandbox>", units=(), tags={}, organization="main")
ACCOUNTS = (LAKE, WEB, TEST, BOB)


def names(selection: Selection) -> list[str]:
    """The names of the selected accounts, where nothing is wrong."""
    assert not selection.problems, [str(problem) for problem in selection.problems]
    return [account.name for account in selection.accounts]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("all", ["Bob's R&D, <sandbox>", "Data lake", "web-prod", "web-test"]),
        ("*", ["Bob's R&D, <sandbox>", "Data lake", "web-prod", "web-test"]),
        ("ALL", ["Bob's R&D, <sandbox>", "Data lake", "web-prod", "web-test"]),
        ("444444444444", ["Data lake"]),
        ("4444-4444-4444", ["Data lake"]),
        ("4444 4444 4444", ["Data lake"]),
        ("arn:aws:organizations::999999999999:account/o-abcdefghij/444444444444", ["Data lake"]),
        ("444444444444,555555555555", ["Data lake", "web-prod"]),
        ("444444444444 555555555555", ["Data lake", "web-prod"]),
        ("Data lake", ["Data lake"]),
        ("data  LAKE", ["Data lake"]),
        ("Data lake web-prod", ["Data lake", "web-prod"]),
        ("web-prod Data lake, web-test", ["Data lake", "web-prod", "web-test"]),
        ('"Data lake" web-test', ["Data lake", "web-test"]),
        ("“Data lake” web-test", ["Data lake", "web-test"]),
        ("'Data lake' web-test", ["Data lake", "web-test"]),
        ("Bob's R&D, <sandbox>", ["Bob's R&D, <sandbox>"]),
        ('"Bob\'s R&D, <sandbox>" web-prod', ["Bob's R&D, <sandbox>", "web-prod"]),
        ("web-*", ["web-prod", "web-test"]),
        ("WEB-????", ["web-prod", "web-test"]),
        ("55*", ["web-prod"]),
        ("5555-5555-*", ["web-prod"]),
        ("ou:/Prod", ["Data lake"]),
        ("ou:/prod/**", ["Data lake", "web-prod"]),
        ('ou:"/Prod/Web Shop"', ["web-prod"]),
        ('"ou:/Prod/Web Shop"', ["web-prod"]),
        ("/Prod/*", ["web-prod"]),
        ("ou:ou-ab12-33333333", ["web-test"]),
        ("ou-ab12-11111111/**", ["Data lake", "web-prod"]),
        ("tag:env=prod", ["Data lake", "web-prod"]),
        ("tag:env=*t", ["web-test"]),
        ("tag:team", ["Data lake"]),
        ("org:MAIN", ["Bob's R&D, <sandbox>"]),
        ("ou:/Dev tag:team=data", ["Data lake", "web-test"]),
        ("all !web-*", ["Bob's R&D, <sandbox>", "Data lake"]),
        ("!ou:/Prod/**", ["Bob's R&D, <sandbox>", "web-test"]),
        ('all, !"Data lake", !web-test', ["Bob's R&D, <sandbox>", "web-prod"]),
        ("web-prod, web-prod 555555555555", ["web-prod"]),
        (" , ,web-prod, ", ["web-prod"]),
    ],
)
def test_accounts_are_selected(typed: str, expected: list[str]) -> None:
    """Every way to name accounts selects them, combined with any other."""
    assert names(select_accounts(typed, ACCOUNTS)) == expected


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("Data laek", "“Data” isn't the name or id of a known account (did you mean “Data lake”?)"),
        (
            "web-porm",
            "“web-porm” isn't the name or id of a known account (did you mean “web-prod”?)",
        ),
        ("web", "“web” isn't the name or id of a known account (did you mean “*web*”?)"),
        ("xyzzy", "“xyzzy” isn't the name or id of a known account"),
        (
            "555555555556",
            "“555555555556” isn't the id of a known account; a check finds new accounts "
            "(did you mean “555555555555”?)",
        ),
        (
            "55555555555",
            "“55555555555” has 11 digits, and an account id has 12: "
            "perhaps a leading zero was lost",
        ),
        (
            "ou:/Prodd/**",
            "“ou:/Prodd/**” matches no account: none is in such an OU "
            "(did you mean “ou:/Prod/**”?)",
        ),
        ("ou:", "“ou:” needs a value, such as ou:/Prod/**"),
        ("tag:", "“tag:” needs a key, such as tag:env=prod"),
        ("tag:=x", "“tag:=x” needs a key, such as tag:env=prod"),
        (
            "tag:Env=prod",
            "“tag:Env=prod” matches no account: none has this tag (did you mean “tag:env=prod”?)",
        ),
        ("tag:env=no", "“tag:env=no” matches no account: none has this tag with this value"),
        ("env=prod", "“env=prod” isn't an account's name or id (did you mean “tag:env=prod”?)"),
        ("tga:a=x", "“tga:a=x” begins with none of ou:, tag:, org: (did you mean “tag:a=x”?)"),
        (
            "org:mian",
            "“org:mian” matches no account: no [[aws]] section has it (did you mean “org:main”?)",
        ),
        ("zzz-*", "“zzz-*” matches no account's name or id"),
        ('"Data lake', '“"Data lake” has an unclosed quotation mark'),
        ('"all"', "“all” isn't the name or id of a known account"),
    ],
)
def test_a_mistake_is_named_with_the_part_that_is_wrong(typed: str, message: str) -> None:
    """The part that selects nothing is quoted, with the reason and what was probably meant."""
    selection = select_accounts(typed, ACCOUNTS)
    assert str(selection.problems[0]) == f"{message}."
    assert not selection.accounts


def test_an_ou_with_accounts_only_below_it_suggests_them() -> None:
    """An OU that has no accounts of its own isn't taken for one that has none at all."""
    only_below = replace(WEB, units=(PROD, SHOP))
    (problem,) = select_accounts("ou:/Prod", [only_below]).problems
    assert str(problem) == (
        "“ou:/Prod” is an OU without accounts of its own; there are some below it "
        "(did you mean “ou:/Prod/**”?)."
    )


def test_a_name_that_several_accounts_have_is_not_guessed() -> None:
    """It lists their ids, so that one can be chosen; a glob selects both."""
    twin = Account("888888888888", "web-prod")
    (problem,) = select_accounts("web-prod", (*ACCOUNTS, twin)).problems
    assert str(problem) == (
        "“web-prod” is the name of 2 accounts (555555555555, 888888888888): use their ids."
    )
    assert names(select_accounts("web-pro*", (*ACCOUNTS, twin))) == ["web-prod", "web-prod"]


def test_accounts_whose_data_was_not_read_are_not_selected_in_silence() -> None:
    """Where it is unknown whether an account matches, it is listed apart."""
    unread = Account("888888888888", "new", units=None, tags=None)
    for typed in ("ou:/Prod/**", "tag:env=prod", "all !tag:env=prod"):
        selection = select_accounts(typed, (*ACCOUNTS, unread))
        assert selection.unread == (unread,)
        assert unread not in selection.accounts
    assert unread in select_accounts("ou:/Prod/** new", (*ACCOUNTS, unread)).accounts


def test_arguments_of_a_command_line_are_terms_of_their_own() -> None:
    """A shell removes quotation marks, so an argument with spaces is still one name."""
    assert names(select_accounts(["Data lake", "web-*"], ACCOUNTS)) == [
        "Data lake",
        "web-prod",
        "web-test",
    ]


@pytest.mark.parametrize("typed", ["", "  ", ",", '""', []])
def test_nothing_typed_selects_nothing(typed: str | list[str]) -> None:
    """Not even every account; callers decide what no selection means."""
    assert select_accounts(typed, ACCOUNTS) == Selection(is_empty=True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("all", set()),
        ("web-prod Data lake", set()),
        ("ou:/Prod", {"units"}),
        ("/Prod/**", {"units"}),
        ("!ou-ab12-11111111", {"units"}),
        ("Tag:env=prod", {"tags"}),
        ('"ou:/A B" tag:x', {"units", "tags"}),
    ],
)
def test_it_is_known_what_a_selection_needs(typed: str, expected: set[str]) -> None:
    """OUs and tags are requested only for a selection that matches on them."""
    assert needs_of(typed) == expected


def test_typos_beyond_the_first_ten_get_no_suggestion() -> None:
    """Searching 10,000 names for a similar one takes a while, and a pasted list may be long."""
    selection = select_accounts(" ".join(f"web-prod{n}" for n in range(30)), ACCOUNTS)
    assert len(selection.problems) == 30
    assert sum(bool(problem.suggestion) for problem in selection.problems) == 10


MARKS = " ,!*?[]:=/'\"“”-&<>\u00e9\u202e"
TEXT = st.text(string.ascii_letters + string.digits + MARKS, max_size=40)
QUOTES = "\"“”„«»`'\u2018\u2019"
NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters=QUOTES),
    min_size=1,
    max_size=12,
)
TERMS = ["all", "web-*", "ou:/Prod/**", "tag:env=test", "Data lake", "nobody"]


@given(TEXT)
def test_any_text_selects_known_accounts_or_says_what_is_wrong(typed: str) -> None:
    """It never fails, and what isn't understood is never ignored."""
    selection = select_accounts(typed, ACCOUNTS)
    assert set(selection.accounts) <= set(ACCOUNTS)
    assert selection.is_empty or selection.problems or selection.accounts or "!" in typed
    for problem in selection.problems:
        assert problem.message
        assert problem.part


@given(st.lists(st.sampled_from(TERMS)))
def test_the_order_of_terms_does_not_matter(terms: list[str]) -> None:
    """Accounts of all terms are combined."""
    one = select_accounts(", ".join(terms), ACCOUNTS)
    other = select_accounts(" , ".join(reversed(terms)), ACCOUNTS)
    assert one.accounts == other.accounts
    assert set(one.problems) == set(other.problems)


@given(NAMES)
def test_every_name_in_quotation_marks_selects_its_account(name: str) -> None:
    """Whatever a name looks like, quotation marks make it a name."""
    named = Account("888888888888", name)
    selection = select_accounts(f'"{name}" web-prod', (WEB, named))
    assert named in selection.accounts
    assert select_accounts(quoted_name(name), (named,)).accounts == (named,)


def test_what_was_typed_is_not_in_a_repr() -> None:
    """It may be a person's name or phone number, and a repr may get into a log."""
    (problem,) = select_accounts("Ana-Lima", ACCOUNTS).problems
    assert "Ana" not in repr(problem)
