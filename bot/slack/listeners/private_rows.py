"""Rows that one person sees, in a result or a list: a stale one is refreshed instead of acting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import ContactType
from bot.slack.payloads import find_text, reads_payload, request_name, user_id
from bot.slack.views import row_actions, scan_result_rows, show_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.audit_trail import AuditTrail
    from bot.services.ports.findings import FindingRepository
    from bot.slack.listeners.scan_results import ScanResults
    from bot.slack.listeners.show_all import ShowAllListeners

    Body = dict[str, Any]
    Act = Callable[[Body], None]


class PrivateRows:
    """Passes on what is pressed in rows, unless the contact was fixed since the row was shown.

    Nobody updates a private message when a contact is fixed, so its row may still offer **Fix**.

    Args:
        findings: know whether a contact still has findings.
        lists: show lists of findings.
        results: show results of checks.
        trail: puts stale rows on record.
    """

    def __init__(
        self,
        findings: FindingRepository,
        lists: ShowAllListeners,
        results: ScanResults,
        trail: AuditTrail,
    ) -> None:
        self._findings = findings
        self._lists = lists
        self._results = results
        self._trail = trail

    def or_refresh(self, act: Act) -> Act:
        """A listener that does `act`, or shows the result or list as it is now."""

        def press(body: Body) -> None:
            scan_id = scan_result_rows.result_of(body)
            is_list = find_text(body, "view", "callback_id") == show_all.TURN
            if (scan_id is None and not is_list) or self._needs_attention(body):
                act(body)
                if scan_id is not None:
                    self._results.watch(body, scan_id)
                return
            self._trail.payload_refused(user_id(body), "stale", request_name(body))
            if scan_id is not None:
                self._results.refresh(body, scan_id)
            else:
                self._lists.refresh(body)

        return press

    def _needs_attention(self, body: Body) -> bool:
        """Whether the contact still has findings, which **Show account** doesn't need.

        Raises:
            PayloadError: the row names no contact.
        """
        value = row_actions.pressed(body)
        if value.startswith(f"{row_actions.SHOW}:"):
            return True
        account_id, contact_type = _contact(value)
        found = self._findings.unresolved(account_id)
        return any(finding.key.type is contact_type for finding in found)


@reads_payload
def _contact(value: str) -> tuple[str, ContactType]:
    """The contact in the value of a button, or of a menu's option, which begins with the choice."""
    account_id, contact_type = value.split(":")[-2:]
    return account_id, ContactType(contact_type)
