"""The question which account is meant: what it keeps, and what it offers."""

from __future__ import annotations

import pytest
from altcontact_sandbox.slack.blocks import suggestion_problems
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.slack.command_parser import CHECK, EXEMPT, FIX
from bot.slack.views import account_choice
from bot.slack.views.account_choice import AccountChoice, parse_choice, parse_search
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts

TEXTS = st.one_of(st.sampled_from(data.HOSTILE), st.text(st.characters(codec="utf-8")))


@pytest.mark.parametrize(
    ("number", "question"),
    [
        (2, "2 accounts match “lab”"),
        (100, "100 accounts match “lab”"),
        (101, "More than 100 accounts match “lab”"),
    ],
)
def test_the_question_says_how_many_match(number: int, question: str) -> None:
    """The menu can show 100 at a time, so a larger number isn't known exactly."""
    message = account_choice.choice_message(AccountChoice("lab"), number)
    assert_sound(message)
    assert question in message.text


@given(TEXTS, st.sampled_from([CHECK, EXEMPT, FIX]), st.none() | st.sampled_from(ContactType))
@example("prod: a/b", FIX, ContactType.BILLING)
@example("\U0001f600" * 300, FIX, ContactType.OPERATIONS)
@example("&" * 5_000, EXEMPT, None)
def test_the_menu_keeps_the_command(text: str, command: str, type_: ContactType | None) -> None:
    """Command, type and the beginning of the text come back from the message."""
    choice = AccountChoice(text, command, type_)
    message = account_choice.choice_message(choice, 3)
    assert_sound(message)
    block = message.blocks[1]
    kept = parse_choice(block["block_id"])
    assert (kept.command, kept.type) == (command, type_)
    assert text.startswith(kept.text)
    assert kept.text == text or len(block["block_id"]) > 240


@pytest.mark.parametrize("block_id", ["", "b1", "altcontact_choice", "altcontact_choice:drop::x"])
def test_other_menus_mean_check(block_id: str) -> None:
    """Menus of older versions, which kept no command, show the account."""
    assert parse_choice(block_id).command == CHECK


def test_an_empty_search_is_for_what_was_typed_before() -> None:
    """The menu opens with the matches of the command; typing searches all accounts."""
    block_id = account_choice.choice_message(AccountChoice("lab", FIX), 3).blocks[1]["block_id"]
    assert parse_search({"block_id": block_id, "value": " "}) == "lab"
    assert parse_search({"block_id": block_id, "value": "prod"}) == "prod"


@given(st.lists(TEXTS, max_size=130))
def test_options_are_within_slacks_limits(names: list[str]) -> None:
    """At most 100, each with the whole id; no match is an empty list, which Slack accepts."""
    found = [Account(data.account_id(number), name) for number, name in enumerate(names)]
    options = account_choice.account_options(found)
    assert list(suggestion_problems({"options": options})) == []
    assert [option["value"] for option in options] == [account.id for account in found][:100]
    assert all(option["value"] in option["text"]["text"] for option in options)


def test_no_match_suggests_similar_names() -> None:
    """A name without a match is repeated, with the names that are spelled like it."""
    message = account_choice.no_match_message("<!channel>", ["Web production"])
    assert "Did you mean: Web production?" in str(texts(message.blocks, "plain_text"))
    assert_sound(message)
    assert "Did you mean" not in account_choice.no_match_message("x", []).text
