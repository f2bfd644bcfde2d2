"""The Bolt app: every listener is bound here, and nowhere else."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt import App

from bot.errors import AltcontactError, NotifierError
from bot.slack.alert_listeners import AlertListeners
from bot.slack.api import Reply
from bot.slack.cards import Cards
from bot.slack.command_listeners import CommandListeners
from bot.slack.commands import COMMAND
from bot.slack.desk import report_defect
from bot.slack.exemption_listeners import ExemptionListeners
from bot.slack.form_listeners import FormListeners
from bot.slack.form_opener import FormOpener
from bot.slack.modals import Modals
from bot.slack.views import (
    accounts,
    alerts,
    exemption_list,
    exemptions,
    form_results,
    forms,
    pages,
    rows,
)
from bot.slack.views.notes import problem_message

if TYPE_CHECKING:
    from bot.slack.desk import Desk
    from bot.slack.parts import Parts

_log = structlog.get_logger(__name__)

LISTENER_THREADS: Final = 32
"""Bolt's own default of 5 leaves the sixth command without an ack while five are slow."""


@dataclass(frozen=True, slots=True)
class BoltApp:
    """The app, and the threads that its listeners run on."""

    app: App
    threads: ThreadPoolExecutor

    def stop(self) -> None:
        """Let the listeners under way finish."""
        self.threads.shutdown(wait=True, cancel_futures=True)


def build(parts: Parts) -> BoltApp:
    """The Bolt app with every listener bound."""
    threads = ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="bolt")
    # Bolt sees SLACK_BOT_TOKEN too, and warns at every start that the client's token goes first.
    logging.getLogger("slack_bolt.App").addFilter(
        lambda record: "unused" not in record.getMessage()
    )
    app = App(
        client=parts.client,
        listener_executor=threads,
        # A token that Slack does not take is reported by what uses it; the schedule goes on.
        token_verification_enabled=False,
    )
    modals = Modals(parts.client, parts.desk)
    opener = FormOpener(parts, modals)
    form = FormListeners(parts, modals, opener)
    card = Cards(parts, modals)
    exemption = ExemptionListeners(parts, modals, card)
    command = CommandListeners(parts, opener, card, exemption)
    alert = AlertListeners(parts)

    app.command(COMMAND)(command.run)

    app.action(_numbered(rows.FIX))(opener.from_button)
    app.action(form_results.TRY_AGAIN)(opener.again)
    app.action(forms.CHOOSE_TYPE)(opener.choose_type)
    app.view(forms.CALLBACK)(form.submit)

    app.action(alerts.SHOW_ALL)(alert.show_all)
    app.action(_numbered(pages.TURN))(alert.turn_page)
    app.action(accounts.CHECK)(card.check_again)
    app.action(accounts.CHOOSE)(card.choose)

    for prefix in (rows.MENU, rows.SET_ASIDE, rows.VERIFY, rows.SHOW):
        app.action(_numbered(prefix))(exemption.choose)
    app.action(_numbered(exemption_list.END))(exemption.end)
    app.action(_numbered(exemption_list.TURN))(exemption.turn_page)
    app.view(exemptions.SET_ASIDE)(exemption.submit_set_aside)
    app.view(exemptions.VERIFY)(exemption.submit_verify)

    app.error(_Apologies(parts.desk).answer)
    return BoltApp(app, threads)


def _numbered(action_id: str) -> re.Pattern[str]:
    """Any of the buttons whose action ids begin alike: each must be its message's only one."""
    return re.compile(f"^{re.escape(action_id)}:")


class _Apologies:
    """Tells the person whose request failed; a defect gets a reference that is in the log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, error: Exception, body: dict[str, Any]) -> None:
        """Answer beside what was typed or pressed; in a direct message where that cannot be."""
        if isinstance(error, AltcontactError):
            _log.warning("request failed", problem=str(error), kind=type(error).__name__)
            message = problem_message(error)
        else:
            message = report_defect(error)
        url = body.get("response_url")
        if isinstance(url, str) and url:
            try:
                Reply(url, replace=False)(message)
            except NotifierError as failed:
                _log.info("response_url not taken", problem=str(failed))
            else:
                return
        user_id = body.get("user_id") or body["user"]["id"]
        self._desk.write_to(user_id, message)
