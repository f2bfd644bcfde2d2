"""The Web API methods that open and change modals and home tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks import problems
from altcontact_sandbox.slack.blocks.view_state import state
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.workspace import APP, BOT, TEAM

if TYPE_CHECKING:
    from altcontact_sandbox.slack.blocks import Surface
    from altcontact_sandbox.slack.model import View
    from altcontact_sandbox.slack.workspace import Workspace

    Arguments = dict[str, Any]
    Answer = dict[str, Any]

MAX_VIEWS: Final = 3
"""The most modals on top of each other."""


def open_view(space: Workspace, given: Arguments) -> Answer:
    """`views.open`."""
    view = _checked_view(given)
    user = _pulled(space, given)
    return {"view": view_json(space.open_view(user, view, push=False))}


def push_view(space: Workspace, given: Arguments) -> Answer:
    """`views.push`."""
    view = _checked_view(given)
    user = _pulled(space, given)
    if len(space.modals.get(user, [])) >= MAX_VIEWS:
        raise Refusal("push_limit_reached")
    return {"view": view_json(space.open_view(user, view, push=True))}


def update_view(space: Workspace, given: Arguments) -> Answer:
    """`views.update`, by `view_id` or `external_id`."""
    view = _checked_view(given)
    named = str(given.get("view_id") or ""), str(given.get("external_id") or "")
    modal = space.find_view(*named)
    if modal is None:
        # Its person may close a modal while the app still works: an app has to live with that.
        raise Refusal("not_found", harmless=named[0] in space.opened)
    _check_hash(given, modal)
    space.change_view(modal, view)
    return {"view": view_json(modal)}


def publish_view(space: Workspace, given: Arguments) -> Answer:
    """`views.publish`: a person's home tab."""
    if not space.has_home:
        raise Refusal("not_enabled")
    view = _checked_view(given, "home")
    user = str(given.get("user_id", ""))
    if not space.name_of(user):
        raise Refusal("user_not_found")
    if user in space.homes:
        _check_hash(given, space.homes[user])
    elif given.get("hash"):
        raise Refusal("hash_conflict")
    return {"view": view_json(space.publish(user, view))}


def view_json(modal: View) -> dict[str, Any]:
    """A view as Slack hands it in: with its state."""
    return {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "close": None,
        "submit": None,
        "clear_on_close": False,
        "notify_on_close": False,
        **modal.view,
        "id": modal.id,
        "hash": modal.hash,
        "team_id": TEAM,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
        "root_view_id": modal.root,
        "previous_view_id": modal.previous,
        "state": state(modal.view, modal.values, modal.suggested),
    }


def _pulled(space: Workspace, given: Arguments) -> str:
    user, wrong = space.take_trigger(str(given.get("trigger_id", "")))
    if wrong:
        raise Refusal(wrong)
    return user


def _check_hash(given: Arguments, modal: View) -> None:
    if given.get("hash") and given["hash"] != modal.hash:
        raise Refusal("hash_conflict")


def _checked_view(given: Arguments, surface: Surface = "modal") -> dict[str, Any]:
    view = given.get("view")
    if not isinstance(view, dict):
        raise Refusal("invalid_arguments")
    found = problems(view, surface=surface)
    if found:
        raise Refusal("invalid_arguments", response_metadata={"messages": found})
    return view
