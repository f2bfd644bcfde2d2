"""What a `response_url` takes: five answers in thirty minutes, new, in place, or a deletion."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.blocks import problems
from altcontact_sandbox.slack.model import Message
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.web_api.chat import thread_of
from altcontact_sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from altcontact_sandbox.slack.workspace import Workspace


def respond(space: Workspace, key: str, given: Any) -> None:  # noqa: ANN401 - JSON
    """Take one answer to what a person did.

    Args:
        space: the workspace.
        key: the last part of the URL.
        given: `text`, `blocks`, `replace_original`, `delete_original`, `response_type`,
            `thread_ts`.

    Raises:
        Refusal: `invalid_payload`, `invalid_url`, `expired_url`, `used_url`, `no_text`,
            `invalid_blocks` or `thread_not_found`.
    """
    if not isinstance(given, dict):
        raise Refusal("invalid_payload")
    url = space.response_urls.get(key)
    if url is None:
        raise Refusal("invalid_url")
    if time.monotonic() - url["born"] > space.response_life:
        raise Refusal("expired_url")
    if url["uses"] >= space.response_uses:
        raise Refusal("used_url")
    original = space.message(url["channel"], url["ts"]) if url["ts"] else None
    if given.get("delete_original"):
        url["uses"] += 1
        if original is not None:
            original.deleted = True
        return
    text, blocks = given.get("text"), given.get("blocks") or []
    found = problems(blocks)
    if found:
        raise Refusal("invalid_blocks", why=found)
    if not text:
        raise Refusal("no_text")
    thread = thread_of(space, url["channel"], given)
    url["uses"] += 1
    if given.get("replace_original") and original is not None:
        original.edit(text, blocks)
        return
    to = "" if given.get("response_type") == "in_channel" else url["user"]
    message = Message(space.new_ts(), url["channel"], BOT_USER, text, blocks, to, thread_ts=thread)
    space.messages.append(message)
    url["ts"] = url["ts"] or message.ts
