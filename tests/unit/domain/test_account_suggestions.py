"""Accounts, OUs and tags that are suggested for what is typed."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.account_suggestions import MOST_TAGS, MOST_UNITS, SuggestionIndex
from bot.domain.accounts import Account, Unit
from tests.unit.fakes import account

PROD, CI = Unit("ou-ab12-11111111", "Production"), Unit("ou-ab12-22222222", "CI/CD")


def placed(number: int, name: str, *units: Unit, **tags: str) -> Account:
    """An account with OUs and tags."""
    return replace(account(number, name), units=units, tags=tags)


INDEX = SuggestionIndex(
    [
        placed(3, "Web production", PROD, env="prod"),
        placed(1, "Build", PROD, CI, env="dev"),
        placed(2, "data lake", env="prod", team="data"),
        account(4, "Audit"),
    ]
)


def test_nothing_typed_suggests_everything_in_order() -> None:
    """Names in any case, paths, and the tags of most accounts first."""
    found = INDEX.search("", 100)
    assert [each.name for each in found.accounts] == [
        "Audit",
        "Build",
        "data lake",
        "Web production",
    ]
    assert [(each.path, each.accounts) for each in found.units] == [
        ("/Production", 2),
        ("/Production/CI%2FCD", 1),
    ]
    assert [(each.key, each.value, each.accounts) for each in found.tags] == [
        ("env", "prod", 2),
        ("env", "dev", 1),
        ("team", "data", 1),
    ]


def test_what_is_typed_is_part_of_a_name_an_id_a_path_or_a_tag() -> None:
    """In any case."""
    assert [each.name for each in INDEX.search("PROD", 100).accounts] == ["Web production"]
    assert [each.id for each in INDEX.search("0004", 100).accounts] == ["000000000004"]
    assert INDEX.search("ci%2f", 100).units[0].id == CI.id
    assert [each.value for each in INDEX.search("env=p", 100).tags] == ["prod"]
    assert INDEX.search("nothing like it", 100).account_total == 0


def test_a_prefix_searches_one_kind() -> None:
    """As it is typed in a command."""
    units = INDEX.search("ou:/prod", 100)
    assert (len(units.units), units.accounts, units.tags) == (2, (), ())
    tags = INDEX.search("tag:team", 100)
    assert (len(tags.tags), tags.accounts, tags.units) == (1, (), ())


def test_an_answer_has_room_for_accounts_and_says_what_it_leaves_out() -> None:
    """However many OUs and tags there are."""
    many = [
        placed(number, f"Account {number}", Unit(f"ou-{number}", f"OU {number}"), key=str(number))
        for number in range(300)
    ]
    found = SuggestionIndex(many).search("", 100)
    assert (len(found.units), found.unit_total) == (MOST_UNITS, 300)
    assert (len(found.tags), found.tag_total) == (MOST_TAGS, 300)
    assert (len(found.accounts), found.account_total) == (50, 300)
