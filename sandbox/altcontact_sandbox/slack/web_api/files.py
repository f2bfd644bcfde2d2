"""The Web API methods that share files: an upload URL, the bytes, and the message they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.model import File, Message
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.web_api.chat import MAX_TEXT, channel_to_post, thread_of
from altcontact_sandbox.slack.web_api.shapes import file_json
from altcontact_sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from altcontact_sandbox.slack.workspace import Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

MAX_FILE_SIZE: Final = 50 * 1024 * 1024
"""The most bytes of a file that this Slack keeps; the real one takes 1 GB."""


def upload_url(space: Workspace, given: Arguments) -> Answer:
    """`files.getUploadURLExternal`: where to send a file of that name and length."""
    name, length = given.get("filename"), str(given.get("length", ""))
    if not isinstance(name, str) or not name or not length.isdecimal():
        raise Refusal("invalid_arguments")
    size = int(length)
    if not size:
        raise Refusal("invalid_arguments", response_metadata={"messages": ["length: 0 bytes"]})
    if size > MAX_FILE_SIZE:
        raise Refusal("file_upload_size_restricted")
    file = File(space.new_id("F"), name, size, key=space.new_key())
    space.files[file.id] = file
    return {"upload_url": f"{space.url}/upload/{file.key}", "file_id": file.id}


def upload(space: Workspace, key: str, content: bytes) -> None:
    """Take the bytes of a file at its URL.

    Raises:
        Refusal: `invalid_url`, or `length_mismatch`.
    """
    file = next((file for file in space.files.values() if file.key == key), None)
    if file is None or file.shared:
        raise Refusal("invalid_url")
    if len(content) != file.size:
        why = f"{len(content)} bytes came where {file.size} were announced."
        raise Refusal("length_mismatch", why=[why])
    file.content = content


def complete(space: Workspace, given: Arguments) -> Answer:
    """`files.completeUploadExternal`: share files in a channel, or keep them for oneself."""
    listed = given.get("files")
    if not isinstance(listed, list) or not listed:
        raise Refusal("invalid_arguments")
    files = [_uploaded(space, one) for one in listed]
    if given.get("channels"):
        only = ["channels is not known here, channel_id is"]
        raise Refusal("invalid_arguments", response_metadata={"messages": only})
    if given.get("channel_id"):
        _share(space, [file for file, _ in files], given)
    for file, title in files:
        file.title, file.shared = title, True
    return {"files": [file_json(file) for file, _ in files]}


def deprecated(_: Workspace, __: Arguments) -> Answer:
    """`files.upload`, which Slack has shut down."""
    raise Refusal("method_deprecated")


def _uploaded(space: Workspace, one: Any) -> tuple[File, str]:  # noqa: ANN401 - nested JSON
    if not isinstance(one, dict):
        raise Refusal("invalid_arguments")
    file = space.files.get(str(one.get("id")))
    if file is None or file.content is None or file.shared:
        raise Refusal("file_not_found")
    return file, str(one.get("title") or file.name)


def _share(space: Workspace, files: list[File], given: Arguments) -> None:
    name = str(given["channel_id"])
    if name not in space.channels:
        raise Refusal("channel_not_found")  # unlike a post it takes neither #name nor a person
    channel = channel_to_post(space, {"channel": name})
    text = str(given.get("initial_comment") or "")
    if len(text) > MAX_TEXT:
        raise Refusal("msg_too_long")
    thread = thread_of(space, channel.id, given)
    message = Message(space.new_ts(), channel.id, BOT_USER, text, [], thread_ts=thread)
    message.files = [file.id for file in files]
    space.messages.append(message)
