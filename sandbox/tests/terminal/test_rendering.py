"""Messages and modals as text: buttons numbered, markup resolved, no control characters."""

from __future__ import annotations

from typing import Any

from altcontact_sandbox.terminal import rendering
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import ContactType
from bot.slack.views import account_choice, announcements, fix_form
from bot.slack.views.account_choice import AccountChoice
from bot.slack.views.blocks import bold, code, divider, header, mrkdwn, plain, section
from bot.slack.views.message import Message
from bot.slack.views.row_actions import EXEMPT, SHOW, row_menu
from tests.unit.slack.views import sample_data as data

NAMES = {"U0ALICE001": "alice", "S0SECOPS01": "secops"}


class Numbers:
    """Counts what can be pressed."""

    def __init__(self) -> None:
        self.pressed: list[str | None] = []

    def __call__(self, element: dict[str, Any]) -> int:
        """The next number."""
        self.pressed.append(element.get("value"))
        return len(self.pressed)


def shown(message: Any, numbers: Numbers | None = None) -> str:  # noqa: ANN401 - anything with blocks
    """A message as text."""
    given_ = {"text": message.text, "blocks": message.blocks}
    return "\n".join(rendering.message_lines(given_, numbers or Numbers(), NAMES))


def test_an_alert_has_numbered_buttons() -> None:
    """Each row stands with its button's number, in order."""
    numbers = Numbers()
    text = shown(announcements.announcement_message(data.content(2)), numbers)
    assert "[1 Fix]" in text
    assert "[2 Fix]" in text
    assert numbers.pressed[1] == f"{data.account_id(1)}:SECURITY"
    assert "2 accounts have no security contact" in text
    assert "<!date" not in text
    assert "*" not in text


def test_mentions_are_names_and_escapes_undone() -> None:
    """Mentions become names, escapes the characters; plain text stays as typed."""
    text = rendering.readable(mrkdwn("<@U0ALICE001> <!subteam^S0SECOPS01> &lt;b&gt; `x`"), NAMES)
    assert text == "@alice @secops <b> x"
    assert rendering.readable(plain("<!channel> *a*"), NAMES) == "<!channel> *a*"
    assert "@U9" in rendering.readable(mrkdwn("<@U9>"), NAMES)
    link = "<https://docs.example/rules|a rule> :red_circle:"
    assert rendering.readable(mrkdwn(link), NAMES) == "a rule ●"


def test_code_shows_as_it_is() -> None:
    """Nothing in code is markup: a name that the bot shows as code keeps each character."""
    name = "*a* _b_ :warning: ** R&D <c>"
    text = rendering.readable(mrkdwn(f"{bold(name)} *{{}}* :warning: {code('4444')}"), NAMES)
    assert text == f"{name} {{}} ! 4444"


def test_a_choice_lists_its_options() -> None:
    """Each option of a menu has a number of its own."""
    menu = row_menu(1, "111111111111", ContactType.SECURITY, SHOW, EXEMPT)
    numbers = Numbers()
    text = shown(Message("x", [section(plain("One"), accessory=menu)]), numbers)
    assert "[1 Show account]" in text
    assert numbers.pressed == [option["value"] for option in menu["options"]]


def test_a_menu_that_searches_says_so() -> None:
    """A menu whose options come while somebody types is numbered itself."""
    numbers = Numbers()
    message = account_choice.choice_message(AccountChoice("lab"), 2)
    assert "[1 Search by name or id]" in shown(message, numbers)
    assert numbers.pressed == [None]


def test_a_form_shows_values_hints_and_errors() -> None:
    """Inputs stand with what is in them, their hint, and the error under the field."""
    view = fix_form.form_view(
        account_name="Web",
        account_id="444444444444",
        contact_type=ContactType.SECURITY,
        shown="none",
        shown_at=data.NOW,
        values=None,
        region=None,
    )
    state = {"view": view, "values": {"name": "Ann"}, "errors": {"phone": "No such number."}}
    text = "\n".join(rendering.view_lines(state, Numbers(), NAMES))
    for told in ("Name: Ann", "✗ No such number.", "distribution list", "┌ Security contact"):
        assert told in text


def test_a_message_without_blocks_is_its_text() -> None:
    """Where there are no blocks the text is shown."""
    lines = rendering.message_lines({"text": "a\nb", "blocks": []}, Numbers(), NAMES)
    assert lines == ["a", "b"]


def test_unchecked_and_other_blocks() -> None:
    """Causes, dividers and headers are readable."""
    text = shown(announcements.announcement_message(data.content(1, AnnouncementKind.UNCHECKED)))
    assert "To fix this: " in text
    blocks = [divider(), header("Head")]
    lines = rendering.message_lines({"text": "x", "blocks": blocks}, Numbers(), NAMES)
    assert lines == ["──────", "══ Head ══"]


@given(st.text())
def test_nothing_that_a_terminal_obeys(text: str) -> None:
    """No control character is left, whatever a name holds."""
    assert all(c.isprintable() or c == "\n" for c in rendering.printable(text))
