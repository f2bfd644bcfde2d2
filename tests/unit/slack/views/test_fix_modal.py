"""The modal in which a contact is fixed, while it has no form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType, fingerprint
from bot.domain.errors import NotAllowed
from bot.slack.views import fix_modal, problem
from bot.slack.views.remove import ShownContact, parse_remove
from bot.slack.views.row_actions import account_name
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, assert_sound_view, texts

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact

ID = "444444444444"
OPERATIONS, BILLING = ContactType.OPERATIONS, ContactType.BILLING


@pytest.mark.parametrize("name", data.HOSTILE)
def test_views_without_a_form(name: str) -> None:
    """Loading, saving and refusals are views that Slack takes, and name the account inertly."""
    refusal = problem.problem_message(NotAllowed("No.", "Ask:", ("U1",), ("S1",)))
    assert "<@U1>, <!subteam^S1>" in json.dumps(refusal.blocks)
    about = fix_modal.about_account(refusal, name, ID)
    assert_sound(about)
    for view in (
        fix_modal.loading_view(name, ID, OPERATIONS),
        fix_modal.saving_view(name, ID, OPERATIONS),
        fix_modal.message_view(about, OPERATIONS),
    ):
        assert_sound_view(view)
        assert account_name(name, ID) in texts(view["blocks"], "mrkdwn")
        assert "submit" not in view
    assert_sound(fix_modal.not_shown_message(name, ID, OPERATIONS))


def test_a_problem_is_told_with_its_account() -> None:
    """Also where only the text is heard."""
    message = fix_modal.about_account(problem.note("AWS said no.", "Ask."), "Data <lake>", ID)
    assert message.text == f"Data &lt;lake&gt; · {ID}: AWS said no. Ask."


def test_another_contact_is_chosen_in_the_modal() -> None:
    """The menu has the three contacts and a name, and what is chosen is parsed."""
    block = fix_modal.type_input(BILLING)
    menu = block["element"]
    assert block["label"]["text"] == menu["placeholder"]["text"] == "Contact type"
    assert block["dispatch_action"]
    assert menu["action_id"] == fix_modal.CHOOSE_TYPE
    assert menu["initial_option"]["value"] == "BILLING"
    view = {"private_metadata": json.dumps({"account": ID})}
    body = {"view": view, "actions": [{"selected_option": menu["options"][2]}]}
    assert fix_modal.parse_type(body) == (ID, OPERATIONS)


@pytest.mark.parametrize("held", [data.CONTACT, None])
def test_a_forbidden_contact_has_no_form(held: AlternateContact | None) -> None:
    """If it is set, it can be removed; another type can be chosen."""
    view = fix_modal.forbidden_view(("<!channel>", ID), BILLING, held, data.NOW)
    assert_sound_view(view)
    assert "submit" not in view
    removals = [block["elements"][0] for block in view["blocks"] if block["type"] == "actions"]
    assert len(removals) == (held is not None)
    for button in removals:
        shown = ShownContact(ID, BILLING, fingerprint(held), data.NOW)
        assert parse_remove(button["value"]) == shown
        assert button["confirm"]["style"] == button["style"] == "danger"
    menu = next(block["accessory"] for block in view["blocks"] if "accessory" in block)
    assert menu["action_id"] == fix_modal.CHOOSE_TYPE
    assert menu["placeholder"]["text"] == "Contact type"
