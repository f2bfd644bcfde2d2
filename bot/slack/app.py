"""The Bolt app: every listener is bound here, and nowhere else."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt import App

from bot.domain.errors import AltcontactError, NotifierError
from bot.slack.background import report_defect
from bot.slack.client import Reply
from bot.slack.command_parser import COMMAND
from bot.slack.listeners.account_card import Cards
from bot.slack.listeners.alerts import AlertListeners
from bot.slack.listeners.commands import CommandListeners
from bot.slack.listeners.exemptions import ExemptionListeners
from bot.slack.listeners.fix import FormListeners
from bot.slack.listeners.fix_opener import FormOpener
from bot.slack.views import (
    account_card,
    alerts,
    exemption_forms,
    exemption_list,
    fix_form,
    fix_result,
    row_actions,
    show_all,
)
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.modals import Modals
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


def build(parts: Parts, modals: Modals) -> BoltApp:
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
    opener = FormOpener(parts, modals)
    form = FormListeners(parts, modals)
    card = Cards(parts, modals)
    exemption = ExemptionListeners(parts, modals, card)
    command = CommandListeners(parts, opener, card, exemption)
    alert = AlertListeners(parts)

    app.command(COMMAND)(command.run)

    app.action(_numbered(row_actions.FIX))(opener.from_button)
    app.action(fix_result.TRY_AGAIN)(opener.again)
    app.action(fix_form.CHOOSE_TYPE)(opener.choose_type)
    app.view(fix_form.CALLBACK)(form.submit)

    app.action(alerts.SHOW_ALL)(alert.show_all)
    app.action(_numbered(show_all.TURN))(alert.turn_page)
    app.action(account_card.CHECK)(card.check_again)
    app.action(account_card.CHOOSE)(card.choose)

    for prefix in (row_actions.MENU, row_actions.SET_ASIDE, row_actions.VERIFY, row_actions.SHOW):
        app.action(_numbered(prefix))(exemption.choose)
    app.action(_numbered(exemption_list.END))(exemption.end)
    app.action(_numbered(exemption_list.TURN))(exemption.turn_page)
    app.view(exemption_forms.SET_ASIDE)(exemption.submit_set_aside)
    app.view(exemption_forms.VERIFY)(exemption.submit_verify)

    app.error(_Apologies(parts.messages).answer)
    return BoltApp(app, threads)


def _numbered(action_id: str) -> re.Pattern[str]:
    """Any of the buttons whose action ids begin alike: each must be its message's only one."""
    return re.compile(f"^{re.escape(action_id)}:")


class _Apologies:
    """Tells the person whose request failed; a defect gets a reference that is in the log."""

    def __init__(self, messages: DirectMessages) -> None:
        self._messages = messages

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
        self._messages.send(user_id, message)
