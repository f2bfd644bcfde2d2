"""Shows the history of an account: by command, from its card, and page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.actors import actor_of
from bot.slack.payloads import is_in_modal, text_at
from bot.slack.views import history

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.services.ports.audit import AuditRepository
    from bot.services.ports.store import AccountRepository
    from bot.slack.modals import Modals
    from bot.slack.readers import ContactAccess, SlackReaders

    Body = dict[str, Any]


class HistoryListeners:
    """Shows what the audit log says about an account.

    Args:
        modals: the modals on people's screens.
        accounts: know the account's name.
        audit: the audit log.
        readers: know who sees contact details.
    """

    def __init__(
        self,
        modals: Modals,
        *,
        accounts: AccountRepository,
        audit: AuditRepository,
        readers: SlackReaders,
    ) -> None:
        self._modals = modals
        self._accounts = accounts
        self._audit = audit
        self._readers = readers

    def show(self, body: Body) -> None:
        """**History** on an account's card.

        Raises:
            NotifierError: Slack didn't open the modal.
        """
        account_id = text_at(body, "actions", 0, "value")
        trigger = text_at(body, "trigger_id")
        self.open(actor_of(body), trigger, account_id, push=is_in_modal(body))

    def open(self, actor: Actor, trigger_id: str, account_id: str, *, push: bool = False) -> None:
        """Open an account's history.

        Raises:
            NotAllowed: the person isn't in this workspace.
            NotifierError: Slack didn't open the modal.
        """
        view = self._page(account_id, 0, self._readers.access(actor))
        self._modals.open(trigger_id, view, push=push)

    def turn_page(self, body: Body) -> None:
        """A button for another page."""
        account_id, page = history.parse_turn(body)
        view = self._page(account_id, page, self._readers.access(actor_of(body)))
        self._modals.reload(body, view)

    def _page(self, account_id: str, page: int, access: ContactAccess) -> dict[str, Any]:
        """A page as the log is now; the last one if the number is too high."""
        records, total = self._audit.page(account_id, history.ROWS, page * history.ROWS)
        last = history.page_count(total) - 1
        if page > last:
            page = last
            records, total = self._audit.page(account_id, history.ROWS, page * history.ROWS)
        account = self._accounts.get(account_id)
        return history.history_view(
            account_id,
            account.name if account is not None else "",
            records,
            total,
            page,
            show_contacts=access.granted,
            note=access.note,
        )
