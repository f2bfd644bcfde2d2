"""Undoes fixes: from the result of a fix, from its message in the channel, and by command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import AltcontactError, FixError
from bot.domain.undo import NotUndone
from bot.services.approval_gate import NeedsApproval
from bot.services.undo import UndoAttempt, UndoQuestion
from bot.slack.actors import actor_of
from bot.slack.payloads import number_at, text_at
from bot.slack.views import undo, undo_obstacles
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.fixes import Fix
    from bot.services.fix_suggestions import FixSuggestions
    from bot.services.ports.fixes import FixRepository
    from bot.services.ports.slack import Authorizer
    from bot.services.undo import UndoResult, UndoService
    from bot.slack.direct_messages import PrivateReply
    from bot.slack.listeners.approval_requests import ApprovalRequests
    from bot.slack.listeners.modal_work import ModalWork
    from bot.slack.modals import Modals
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.views.message import Message

    Body = dict[str, Any]

_FIX_NUMBER: Final = re.compile(r"(?:fix\s*)?#?\s*([0-9]{1,15})", re.IGNORECASE)
"""`12`, `#12`, `fix 12` or `fix #12`; a number that fits a column of the database."""

_LAST: Final = 5
"""How many fixes are listed to choose from."""


class UndoListeners:
    """Undoes fixes, and shows the result in a modal, which only the person sees.

    Args:
        modals: the modals on people's screens.
        work: shows undos in modals.
        undos: undoes fixes.
        approvals: requests the approval of what needs one.
        fixers: who may change contacts.
        readers: who sees contact details.
        records: the fixes that were made.
        suggestions: know what an account still needs.
    """

    def __init__(
        self,
        modals: Modals,
        work: ModalWork,
        undos: UndoService,
        approvals: ApprovalRequests,
        *,
        fixers: Authorizer,
        readers: SlackReaders,
        records: FixRepository,
        suggestions: FixSuggestions,
    ) -> None:
        self._modals = modals
        self._work = work
        self._undos = undos
        self._approvals = approvals
        self._fixers = fixers
        self._readers = readers
        self._records = records
        self._suggestions = suggestions

    def press(self, body: Body) -> None:
        """**Undo** or **Redo**: in a result, or in a message in the channel."""
        self._refusing(body, number_at(body, "actions", 0, "value"))

    def press_anyway(self, body: Body) -> None:
        """**Undo anyway**, below what AWS has now."""
        fix_id, shown, tool = undo.parse_anyway(text_at(body, "actions", 0, "value"))
        self._refusing(body, fix_id, shown, tool)

    def run(self, argument: str, body: Body, reply: PrivateReply) -> None:
        """`/altcontact undo <fix>`.

        Raises:
            NotAllowed: the person isn't a fixer of the account, or Slack couldn't say.
            NotifierError: Slack didn't open the modal; nothing was changed.
            StoreError: the record can't be read.
        """
        self._readers.access(actor_of(body))
        found = _FIX_NUMBER.fullmatch(argument.strip())
        if found is None:
            reply(undo_obstacles.which_fix_message(argument, self._records.last_made(_LAST)))
            return
        fix = self._records.get(int(found[1]))
        if fix is None:
            reply(undo_obstacles.unknown_fix_message(int(found[1])))
            return
        self._fixers.require_fixer(actor_of(body), fix.request.account_id)
        self._start(body, fix)

    def _refusing(self, body: Body, fix_id: int, shown: str = "", tool: str = "") -> None:
        """Undo a fix, or say next to what was pressed why not."""
        try:
            self._readers.access(actor_of(body))
            fix = self._records.get(fix_id)
            if fix is None:
                message = undo_obstacles.unknown_fix_message(fix_id)
                self._modals.refuse(body, message, FixError(message.text))
                return
            self._fixers.require_fixer(actor_of(body), fix.request.account_id)
            self._start(body, fix, shown, tool)
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error), error)

    def _start(self, body: Body, fix: Fix, shown: str = "", tool: str = "") -> None:
        """Show at once that the undo is in progress, and the result when it is there."""
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        request = fix.request

        def work() -> Message:
            access = self._readers.access(actor)
            key = f"undo:{fix.id}:{trigger}"
            result = self._undos.undo(fix, actor, key, shown, tool)
            if isinstance(result, UndoAttempt) and isinstance(result.result, NeedsApproval):
                return self._approvals.request(result.result, fix.account_name, actor)
            return _message(result, access, self._suggestions.known_open(request.account_id))

        contact = fix.account_name, request.account_id, request.type
        self._work.show(body, contact, undo.undoing_message(fix), work)


def _message(
    result: UndoResult, access: ContactAccess, still_open: tuple[ContactType, ...] | None
) -> Message:
    if isinstance(result, UndoQuestion):
        return undo.question_message(result, access)
    if isinstance(result, NotUndone):
        return undo_obstacles.not_undone_message(result)
    return undo.attempt_message(result, access, still_open)
