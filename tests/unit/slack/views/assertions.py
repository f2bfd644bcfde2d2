"""Whether Slack would take what is shown, and whether text from outside shows as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.blocks import problems

from bot.slack.views.blocks import as_typed

if TYPE_CHECKING:
    from bot.slack.views.message import Message

MOST_TEXT = 10_000
"""Characters of a message in all, from which on Slack was seen to refuse some."""


def assert_sound(message: Message) -> None:
    """Slack would take the message, and it says something to those who do not see it."""
    assert problems(message.blocks, surface="message") == []
    assert_links_nothing_by_itself(message.blocks)
    assert message.text.strip()
    assert len(message.text) < 4_000
    assert "<!channel>" not in message.text
    assert sum(map(len, texts(message.blocks, "plain_text", "mrkdwn"))) < MOST_TEXT


def assert_sound_view(view: dict[str, Any]) -> None:
    """Slack would take the view."""
    assert problems(view, surface="modal") == []
    assert_links_nothing_by_itself(view)


def assert_links_nothing_by_itself(node: Any) -> None:  # noqa: ANN401 - nested JSON
    """Slack makes a link or a mention of nothing that is not marked up as one."""
    if isinstance(node, dict):
        assert node.get("type") != "mrkdwn" or node.get("verbatim") is True, node
        for value in node.values():
            assert_links_nothing_by_itself(value)
    elif isinstance(node, list):
        for value in node:
            assert_links_nothing_by_itself(value)


def texts(node: Any, *kinds: str) -> list[str]:  # noqa: ANN401 - Block Kit is nested JSON
    """Every text of these types (`plain_text`, `mrkdwn`) below a node."""
    if isinstance(node, dict):
        own = [node["text"]] if node.get("type") in kinds else []
        return own + [text for value in node.values() for text in texts(value, *kinds)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value, *kinds)]
    return []


def assert_as_typed(blocks: list[dict[str, Any]], name: str) -> None:
    """The name shows as typed: in plain text, or escaped and formatting nothing in mrkdwn."""
    said = [text.replace("\N{WORD JOINER}", "") for text in texts(blocks, "mrkdwn")]
    plain = texts(blocks, "plain_text")
    escaped = as_typed(name).replace("\N{WORD JOINER}", "")
    assert any(name in text for text in plain) or any(escaped in text for text in said)
    assert not any("<!channel>" in text for text in said)
