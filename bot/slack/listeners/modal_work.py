"""Does work that a person waits for in a modal: it opens at once, and then shows the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.payloads import is_in_modal, text_at, user_id
from bot.slack.views import fix_modal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.contacts import ContactType
    from bot.slack.background import BackgroundTasks
    from bot.slack.modals import Modals, OpenView
    from bot.slack.views.message import Message


class ModalWork:
    """Shows work on a contact in a modal, which only one person sees.

    Args:
        modals: the modals on people's screens.
        tasks: where the work is done.
    """

    def __init__(self, modals: Modals, tasks: BackgroundTasks) -> None:
        self._modals = modals
        self._tasks = tasks

    def show(
        self,
        body: dict[str, Any],
        contact: tuple[str, str, ContactType],
        working: Message,
        work: Callable[[], Message],
    ) -> None:
        """Show at once that work has begun, then its result; a direct message if that is closed.

        Args:
            body: of what was pressed or typed. In a modal, that one is replaced.
            contact: the account's name and id, and the type of the contact.
            working: what is shown meanwhile.
            work: does the work. What it raises is shown with the account.

        Raises:
            NotifierError: Slack didn't show the modal; the work isn't begun.
        """
        name, account_id, contact_type = contact
        view = fix_modal.message_view(working, contact_type)
        opened: OpenView | None
        if is_in_modal(body):
            opened = self._modals.reload_loading(body, view)
        else:
            trigger = text_at(body, "trigger_id")
            opened = self._modals.open_loading(trigger, user_id(body), view)
        if opened is None:
            return  # another press by the same person was faster
        shown_in = opened

        def fill(message: Message) -> None:
            view = fix_modal.message_view(message, contact_type)
            self._modals.fill(shown_in, view, message, even_if_closed=True)

        self._tasks.run(
            lambda: fill(work()),
            lambda problem: fill(fix_modal.about_account(problem, name, account_id)),
        )
