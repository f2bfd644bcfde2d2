"""Removes contacts that the policy forbids, once a person has confirmed that in Slack's dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError
from bot.domain.fixes import FixRequest
from bot.services.approval_gate import NeedsApproval
from bot.services.fix_result import Fixed, FixOutcome
from bot.slack.actors import actor_of
from bot.slack.payloads import text_at
from bot.slack.views import fix_result, remove
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from bot.services.find_account import AccountFinder
    from bot.services.fix_result import FixResult
    from bot.services.fix_suggestions import FixSuggestions
    from bot.services.ports.slack import Authorizer
    from bot.services.remove import RemoveService
    from bot.slack.listeners.approval_requests import ApprovalRequests
    from bot.slack.listeners.modal_work import ModalWork
    from bot.slack.modals import Modals
    from bot.slack.views.message import Message
    from bot.slack.views.remove import ShownContact


class RemoveListener:
    """Removes contacts, and shows the result in a modal.

    Args:
        modals: the modals on people's screens.
        work: shows removals in modals.
        removals: removes contacts.
        approvals: requests the approval of what needs one.
        finder: knows accounts' names.
        fixers: who may change contacts.
        suggestions: know what an account still needs.
    """

    def __init__(
        self,
        modals: Modals,
        work: ModalWork,
        removals: RemoveService,
        approvals: ApprovalRequests,
        *,
        finder: AccountFinder,
        fixers: Authorizer,
        suggestions: FixSuggestions,
    ) -> None:
        self._modals = modals
        self._work = work
        self._removals = removals
        self._approvals = approvals
        self._finder = finder
        self._fixers = fixers
        self._suggestions = suggestions

    def press(self, body: dict[str, Any]) -> None:
        """**Remove contact**."""
        shown = remove.parse_remove(text_at(body, "actions", 0, "value"))
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        request = FixRequest(
            f"remove:{trigger}",
            shown.account_id,
            shown.type,
            None,
            actor.user_id,
            shown.shown,
            shown.shown_at,
            confirmed_tool=shown.confirmed_tool,
        )
        try:
            self._fixers.require_fixer(actor, shown.account_id)
            name = self._finder.name(shown.account_id)

            def work() -> Message:
                result = self._removals.remove(request, name, actor)
                if isinstance(result, NeedsApproval):
                    return self._approvals.request(result, name, actor)
                return self._message(request, shown, name, result)

            working = remove.removing_message(name, shown.account_id, shown.type)
            self._work.show(body, (name, shown.account_id, shown.type), working, work)
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def _message(
        self, request: FixRequest, shown: ShownContact, name: str, result: FixResult
    ) -> Message:
        if isinstance(result, Fixed):
            still_open = self._suggestions.known_open(shown.account_id)
            return fix_result.result_message(result, still_open=still_open)
        if result.outcome is FixOutcome.MANAGED:
            tool = self._removals.tool(shown.account_id)
            if tool is not None:
                return remove.managed_message(name, shown, tool)
        return fix_result.failed_message(request, name, result)
