"""A valid payload for every listener of the app, as Slack would deliver it, and its variations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.workspace import ALERTS, APP, TEAM

from bot.domain.actors import Actor
from bot.domain.contacts import ContactType, fingerprint
from bot.domain.finding_lists import FindingList, FindingPage, ListKind
from bot.domain.run_progress import RunProgress
from bot.domain.run_summary import summarize
from bot.domain.runs import Run, RunCounts, RunItem, RunKind, RunState
from bot.slack.views import (
    account_card,
    account_choice,
    alerts,
    approval_forms,
    approval_message,
    approval_review,
    doctor,
    exemption_forms,
    exemption_list,
    fix_all,
    fix_form,
    fix_form_managed,
    fix_form_suggestion,
    fix_modal,
    fix_result,
    history,
    home,
    home_summary,
    remove,
    row_actions,
    run_message,
    run_preview,
    run_results,
    run_select,
    show_all,
    show_all_filters,
    unchecked_alerts,
    undo,
    undo_button,
)
from bot.slack.views import help as help_views
from bot.slack.views.run_preview import PreviewPosition
from bot.slack.views.run_results import ResultsPosition
from bot.slack.views.run_select import ContactSource, SelectForm
from bot.slack.views.run_select_options import Chosen
from bot.slack.views.show_all import ListPosition
from tests.unit.fakes import CONTACT, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from slack_bolt import App

    Payload = dict[str, Any]

COMMANDS: Final = (
    "",
    "help",
    "chekc",
    "check",
    "check web",
    "fix",
    "fix {account}",
    "fix all",
    "fix {account}, web*",
    "fix ou:/Nowhere/**",
    "fix {account} billing",
    "fix nobody",
    "undo",
    "undo #{fix}",
    "undo 99",
    "exempt {account}",
    "exemptions",
    "history",
    "history {account}",
    "history nobody",
    "doctor",
    "reload",
)
"""What people type, with the id of an account where one belongs."""


@dataclass(frozen=True)
class Known:
    """What payloads speak of: ids of things that are there."""

    account: str = "000000000001"
    announcement: str = "a1"
    finding: int = 1
    exemption: int = 1
    fix: int = 1
    run: int = 1
    approval: int = 1


def valid(known: Known, user: str, trigger: Payload) -> dict[str, tuple[str, Payload]]:
    """A payload for every listener: {a name: (the envelope's type, the payload)}.

    Args:
        known: what they speak of.
        user: who does it.
        trigger: a fresh `trigger_id` and `response_url`.
    """
    found: dict[str, tuple[str, Payload]] = {}
    for line in COMMANDS:
        text = line.format(account=known.account, fix=known.fix)
        found[f"/{line or 'nothing'}"] = "slash_commands", _command(text, user, trigger)
    for name, payload in _presses(known, user, trigger):
        found[name] = "interactive", payload
    for name in (
        account_choice.CHOOSE,
        show_all_filters.UNIT,
        run_select.ACCOUNTS,
        "altcontact_of_an_older_version",
    ):
        asked = suggestion(name, "web", user)
        asked |= {"view": _shown(_findings_view(known))} if name == show_all_filters.UNIT else {}
        found[f"options of {name}"] = "interactive", asked
    for view in _forms(known):
        found[view["callback_id"]] = "interactive", _submission(view, user, trigger)
    for event in _events(user, trigger):
        found[event["event"]["type"]] = "events_api", event
    return found


def _command(text: str, user: str, trigger: Payload) -> Payload:
    return {
        "team_id": TEAM,
        "team_domain": "sandbox",
        "channel_id": ALERTS,
        "channel_name": "security-alerts",
        "user_id": user,
        "user_name": "somebody",
        "command": "/altcontact",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        **trigger,
    }


def _presses(known: Known, user: str, trigger: Payload) -> Iterator[tuple[str, Payload]]:
    contact = f"{known.account}:SECURITY"
    buttons = {
        f"{row_actions.FIX}:1": contact,
        f"{row_actions.EXEMPT}:1": f"{row_actions.EXEMPT}:{contact}",
        f"{row_actions.VERIFY}:1": f"{row_actions.VERIFY}:{contact}",
        f"{row_actions.SHOW}:1": f"{row_actions.SHOW}:{contact}",
        fix_result.TRY_AGAIN: str(known.fix),
        fix_result.NEXT: f"{known.fix}:{contact}",
        alerts.SHOW_ALL: known.announcement,
        unchecked_alerts.CHECK_AGAIN: known.announcement,
        account_card.CHECK: known.account,
        history.SHOW: known.account,
        doctor.SHOW_ALL: "report",
        help_views.RUN: "reload",
        undo_button.UNDO: str(known.fix),
        undo.UNDO_ANYWAY: f"{known.fix}:none:",
        f"{remove.REMOVE}:0": f"{contact}:{CONTACT.fingerprint}::{START.isoformat()}",
        f"{exemption_list.END}:1": str(known.exemption),
        run_message.STOP: str(known.run),
        run_message.CONTINUE: str(known.run),
        run_message.RETRY: str(known.run),
        run_message.RESULTS: str(known.run),
        run_message.UNDO: str(known.run),
        run_message.AGAIN: str(known.run),
        fix_all.FIX_ALL: f"alert:{known.announcement}",
        fix_all.REMOVE_ALL: f"alert:{known.announcement}",
        f"{approval_message.REVIEW}:0": str(known.approval),
        f"{approval_review.TURN}:1": f"{known.approval}:1",
        approval_forms.REJECT: str(known.approval),
        approval_forms.WITHDRAW: str(known.approval),
        approval_forms.BYPASS: str(known.run),
        "altcontact_of_an_older_version": "1",
    }
    for action_id, value in buttons.items():
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
        yield action_id, _press(action, user, trigger)
    menus = {
        account_choice.CHOOSE: known.account,
        f"{row_actions.MENU}:1": f"{row_actions.EXEMPT}:{contact}",
    }
    for action_id, value in menus.items():
        option = {"value": value}
        yield (
            action_id,
            _press(
                {"type": "overflow", "action_id": action_id, "selected_option": option},
                user,
                trigger,
            ),
        )
    page = exemption_list.list_view([], 45, 1)
    turn: Payload = {"type": "button", "action_id": f"{exemption_list.TURN}:next", "value": "2"}
    yield exemption_list.TURN, _press(turn, user, trigger, page)
    end: Payload = {"type": "button", "action_id": f"{exemption_list.END}:2"}
    end["value"] = str(known.exemption)
    yield f"{exemption_list.END} in the list", _press(end, user, trigger, page)
    logged = history.history_view(known.account, "", [], 45, 1, show_contacts=True)
    turn = {"type": "button", "action_id": f"{history.TURN}:older", "value": "2"}
    yield history.TURN, _press(turn, user, trigger, logged)
    findings = _findings_view(known)
    turn = {"type": "button", "action_id": f"{show_all.TURN}:next", "value": "1"}
    yield f"{show_all.TURN}:next", _press(turn, user, trigger, findings)
    chosen: Payload = {"type": "static_select", "action_id": f"{show_all_filters.FILTER}:type"}
    chosen["selected_option"] = {"value": "BILLING"}
    yield show_all_filters.FILTER, _press(chosen, user, trigger, findings)
    in_result: Payload = {"type": "button", "action_id": f"{row_actions.FIX}:2", "value": contact}
    in_result["block_id"] = "altcontact_result:1:0"
    yield f"{row_actions.FIX} in a result", _press(in_result, user, trigger)
    chosen = {
        "type": "static_select",
        "action_id": fix_modal.CHOOSE_TYPE,
        "selected_option": {"value": "BILLING"},
    }
    yield fix_modal.CHOOSE_TYPE, _press(chosen, user, trigger, _fix_form(known))
    use: Payload = {
        "type": "button",
        "action_id": fix_form_suggestion.USE,
        "value": CONTACT.fingerprint,
    }
    yield fix_form_suggestion.USE, _press(use, user, trigger, _fix_form(known))
    source: Payload = {"type": "radio_buttons", "action_id": run_select.SOURCE}
    source["selected_option"] = {"value": "one"}
    yield run_select.SOURCE, _press(source, user, trigger, _select_form(known))
    preview = _preview(known)
    turn = {"type": "button", "action_id": f"{run_preview.TURN}:accounts", "value": "accounts:0"}
    yield f"{run_preview.TURN}:accounts", _press(turn, user, trigger, preview)
    file = {"type": "button", "action_id": run_preview.DOWNLOAD, "value": str(known.run)}
    yield run_preview.DOWNLOAD, _press(file, user, trigger, preview)
    results = results_page(known)
    turn = {"type": "button", "action_id": f"{run_results.TURN}:next", "value": "all:1"}
    yield f"{run_results.TURN}:next", _press(turn, user, trigger, results)
    file = {"type": "button", "action_id": run_results.DOWNLOAD, "value": str(known.run)}
    yield run_results.DOWNLOAD, _press(file, user, trigger, results)
    on_home: Payload = {"callback_id": "", "type": "home", "blocks": []}
    for action_id, value in (
        (home_summary.CHECK, "check"),
        (show_all.SHOW, "open:"),
        (home.EXEMPTIONS, "0"),
        (f"{row_actions.FIX}:2", contact),
        (f"{row_actions.EXEMPT}:2", f"{row_actions.EXEMPT}:{contact}"),
        (f"{row_actions.SHOW}:2", f"{row_actions.SHOW}:{contact}"),
        (fix_all.FIX_ALL, "open:"),
        (f"{approval_message.REVIEW}:1", str(known.approval)),
    ):
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
        yield f"{action_id} on Home", _press(action, user, trigger, on_home)


def suggestion(action_id: str, typed: str, user: str) -> Payload:
    """What Slack asks while somebody types in a menu of a private message."""
    return {
        **_interaction("block_suggestion", user),
        "action_id": action_id,
        "block_id": "b1",
        "value": typed,
        "channel": {"id": ALERTS, "name": "security-alerts"},
        "container": {"type": "message", "channel_id": ALERTS, "is_ephemeral": True},
    }


def _press(action: Payload, user: str, trigger: Payload, view: Payload | None = None) -> Payload:
    payload = {
        **_interaction("block_actions", user),
        "trigger_id": trigger["trigger_id"],
        "actions": [action],
    }
    if view is not None:
        return {**payload, "view": _shown(view), "container": {"type": "view", "view_id": "V1"}}
    return {
        **payload,
        "response_url": trigger["response_url"],
        "channel": {"id": ALERTS, "name": "security-alerts"},
        "message": {"ts": "1790000000.000001", "text": "6 accounts have no security contact"},
        "container": {"type": "message", "channel_id": ALERTS, "is_ephemeral": False},
    }


def _events(user: str, trigger: Payload) -> Iterator[Payload]:
    direct = f"D{user[1:]}"
    message = {"channel_type": "im", "text": "Hello?", "ts": "1790000000.000002", "team": TEAM}
    for kind, members in (("app_home_opened", {"tab": "home"}), ("message", message)):
        event = {"type": kind, "user": user, "channel": direct, "event_ts": "1.2", **members}
        yield {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": APP,
            "event_id": f"Ev{kind}{trigger['trigger_id']}",
            "event_time": 1_790_000_000,
            "event": event,
        }


def _select_form(known: Known) -> Payload:
    """The window in which a run is put together, filled in with one contact for all."""
    chosen = Chosen(known.account, f"Web · {known.account}")
    form = SelectForm((chosen,), (ContactType.SECURITY,), ContactSource.ONE)
    view = run_select.select_view(form, region=None)
    fields = ("name", "title", "email", "phone")
    values: Payload = {field: {field: {"value": getattr(CONTACT, field)}} for field in fields}
    boxes = [{"value": "SECURITY"}]
    values |= {
        run_select.ACCOUNTS: {run_select.ACCOUNTS: {"selected_options": [chosen.option]}},
        run_select.TYPES: {run_select.TYPES: {"selected_options": boxes}},
        run_select.SOURCE: {run_select.SOURCE: {"selected_option": {"value": "one"}}},
    }
    return {**view, "state": {"values": values}}


def _preview(known: Known) -> Payload:
    """The preview of a run."""
    run = Run(
        known.run, "key", RunKind.FIX, RunState.PREVIEWED, Actor("U1"), START, RunCounts(planned=1)
    )
    item = RunItem(1, known.run, known.account, "Web", ContactType.SECURITY, CONTACT)
    position = PreviewPosition(known.run)
    return run_preview.preview_view(run, summarize([item]), position, with_details=True)


def results_page(known: Known) -> Payload:
    """The window with the results of a run."""
    counts = RunCounts(verified=30)
    run = Run(known.run, "key", RunKind.FIX, RunState.ENDED, Actor("U1"), START, counts)
    return run_results.results_view(RunProgress(run), [], ResultsPosition(known.run))


def _findings_view(known: Known) -> Payload:
    listed = FindingList(ListKind.ALERT, known.announcement)
    return show_all.list_view(ListPosition(listed), FindingPage())


def _forms(known: Known) -> Iterator[Payload]:
    yield _fix_form(known)
    yield _select_form(known)
    yield _preview(known)
    search = {"search:0": {f"{show_all_filters.FILTER}:search": {"value": "lake"}}}
    yield {**_findings_view(known), "state": {"values": search}}
    until = (START + timedelta(days=30)).date().isoformat()
    reason = {"reason": {"reason": {"type": "plain_text_input", "value": "Closed this month."}}}
    for callback, boxes in (
        (exemption_forms.EXEMPT, {"findings": f"{known.finding}:0"}),
        (exemption_forms.VERIFY, {"types": "SECURITY:0"}),
    ):
        values: Payload = {
            f"{name}:0": {name: {"selected_options": [{"value": value}]}}
            for name, value in boxes.items()
        }
        values |= {"until": {"until": {"selected_date": until}}, **reason}
        yield {
            "type": "modal",
            "callback_id": callback,
            "private_metadata": f'{{"account": "{known.account}", "revision": 0, "type": ""}}',
            "state": {"values": values},
        }
    for callback in (
        approval_review.APPROVE,
        approval_forms.REJECT_FORM,
        approval_forms.BYPASS_FORM,
    ):
        yield {
            "type": "modal",
            "callback_id": callback,
            "private_metadata": f'{{"approval": {known.approval}, "run": {known.run}}}',
            "state": {"values": reason},
        }
    yield {"type": "modal", "callback_id": "altcontact_form_of_an_older_version", "state": {}}


def _fix_form(known: Known) -> Payload:
    view = fix_form.form_view(
        account_name="Web",
        account_id=known.account,
        contact_type=ContactType.SECURITY,
        shown=fingerprint(None),
        shown_at=START,
        values=None,
        region=None,
    )
    fields = ("name", "title", "email", "phone")
    values = {field: {field: {"value": getattr(CONTACT, field)}} for field in fields}
    ticked = {"selected_options": [{"value": "terraform"}]}
    confirmed = {fix_form_managed.MANAGED: {fix_form_managed.CONFIRM: ticked}}
    return {**view, "state": {"values": {**values, **confirmed}}}


def _submission(view: Payload, user: str, trigger: Payload) -> Payload:
    return {
        **_interaction("view_submission", user),
        "trigger_id": trigger["trigger_id"],
        "view": _shown(view),
        "response_urls": [],
    }


def _interaction(kind: str, user: str) -> Payload:
    return {
        "type": kind,
        "team": {"id": TEAM, "domain": "sandbox"},
        "user": {"id": user, "username": "somebody", "name": "somebody", "team_id": TEAM},
        "api_app_id": APP,
        "is_enterprise_install": False,
        "enterprise": None,
    }


def _shown(view: Payload) -> Payload:
    return {"state": {"values": {}}, **view, "id": "V1", "hash": "h1", "team_id": TEAM}


class Bound:
    """What an app's listeners are bound to: spies on Bolt while the app is put together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, app: type[App]) -> None:
        self.constraints: list[tuple[str, str | re.Pattern[str]]] = []
        for kind in ("command", "action", "view", "options", "shortcut", "event", "view_closed"):
            monkeypatch.setattr(app, kind, self._spied(kind, getattr(app, kind)))

    def _spied(self, kind: str, bind: Callable[..., Any]) -> Callable[..., Any]:
        def spy(app: App, constraint: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - Bolt's
            self.constraints.append((kind, constraint))
            return bind(app, constraint, *more, **named)

        return spy

    def without(self, payloads: Iterator[Payload]) -> list[tuple[str, str | re.Pattern[str]]]:
        """The listeners that none of these payloads is for."""
        reached = {self._first(payload) for payload in payloads}
        return [constraint for constraint in self.constraints if constraint not in reached]

    def _first(self, payload: Payload) -> tuple[str, str | re.Pattern[str]]:
        if "command" in payload:
            kind, name = "command", payload["command"]
        elif payload["type"] == "event_callback":
            kind, name = "event", payload["event"]["type"]
        elif payload["type"] == "block_actions":
            kind, name = "action", payload["actions"][0]["action_id"]
        elif payload["type"] == "block_suggestion":
            kind, name = "options", payload["action_id"]
        else:
            kind, name = "view", payload["view"]["callback_id"]
        return next(
            (kind, constraint)
            for bound, constraint in self.constraints
            if bound == kind
            and re.search(constraint, name)
            and (not isinstance(constraint, str) or constraint == name)
        )
