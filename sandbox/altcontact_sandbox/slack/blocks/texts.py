"""What Slack refuses in the text objects and plain strings of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Node = dict[str, Any]


def kind_of(node: Any) -> str | None:  # noqa: ANN401 - nested JSON
    """The `type` of a part of a block; None where it has none, or one that is no string."""
    kind = node.get("type") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else None


def text_problems(text: Any, where: str, most: int, *, plain: bool = False) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    """What is wrong with a text object of at most so many characters.

    Args:
        text: what stands where a text object should.
        where: its place, for the sentence.
        most: the most characters.
        plain: whether only `plain_text` is taken there.
    """
    if not isinstance(text, dict):
        yield f"{where}: no text object"
        return
    kind, content = kind_of(text), text.get("text")
    if kind not in {"plain_text", "mrkdwn"} or (plain and kind != "plain_text"):
        yield f"{where}: {kind!r} where {'plain_text' if plain else 'a text object'} is needed"
    if kind == "mrkdwn" and "emoji" in text:
        yield f"{where}: emoji is for plain_text alone"
    if "verbatim" in text and not (kind == "mrkdwn" and isinstance(text["verbatim"], bool)):
        yield f"{where}: verbatim is true or false, and for mrkdwn alone"
    if not isinstance(content, str) or not content:
        yield f"{where}: empty text"
    elif len(content) > most:
        yield f"{where}: {len(content)} characters are more than {most}"


def length_problems(
    node: Node, member: str, where: str, least: int, most: int, *, needed: bool = False
) -> Iterator[str]:
    """What is wrong with a string member of so many characters."""
    if member not in node:
        if needed:
            yield f"{where}: no {member}"
        return
    value = node[member]
    if not isinstance(value, str):
        yield f"{where}: {member} is not a string"
    elif not least <= len(value) <= most:
        yield f"{where}: {member} has {len(value)} characters, not {least} to {most}"
