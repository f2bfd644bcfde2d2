"""Results of checks in private messages: made, and shown again when something in them changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.domain.disclosure import hide_findings, hide_result
from bot.domain.errors import StoreError
from bot.domain.finding_lists import FindingFilter
from bot.slack.actors import actor_of
from bot.slack.views import scan_result_rows
from bot.slack.views.scan_result import result_message

if TYPE_CHECKING:
    from bot.domain.scans import ScanReport
    from bot.services.ports.findings import FindingRepository
    from bot.services.ports.store import ScanRepository
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.row_links import RowLinkResolver
    from bot.slack.views.message import Message


class ScanResults:
    """Makes the message with a check's result, from what the database has now.

    Args:
        messages: replace the message in which something was pressed.
        scans: the checks.
        findings: what they found.
        row_links: make the links of rows.
        readers: know who sees contact details.
    """

    def __init__(
        self,
        messages: DirectMessages,
        scans: ScanRepository,
        findings: FindingRepository,
        row_links: RowLinkResolver,
        readers: SlackReaders,
    ) -> None:
        self._messages = messages
        self._scans = scans
        self._findings = findings
        self._row_links = row_links
        self._readers = readers

    def message(self, report: ScanReport, access: ContactAccess) -> Message:
        """The result of a check, with its contacts as they are now.

        Raises:
            StoreError: the database can't be read.
        """
        page = self._findings.page(
            scan_result_rows.check_list(report.scan.id),
            FindingFilter(),
            scan_result_rows.ROWS,
            non_compliant=True,
            open_first=False,
        )
        links = self._row_links.for_findings(page.findings, ask=False)
        if not access.granted:
            report = replace(report, results=tuple(map(hide_result, report.results)))
            page = replace(page, findings=hide_findings(page.findings))
            links = links.hidden()
        return result_message(report, page, links, note=access.note)

    def refresh(self, body: dict[str, Any], scan_id: int) -> None:
        """Replace the result in which something was pressed by the result as it is now.

        Raises:
            StoreError: the check is unknown, or the database can't be read.
        """
        message = self.message(self._report(scan_id), self._readers.access(actor_of(body)))
        self._messages.reply_to(body)(message)

    def _report(self, scan_id: int) -> ScanReport:
        scan = self._scans.get(scan_id)
        if scan is None:
            raise StoreError("This check is no longer on record.", "Type /altcontact check.")
        return self._scans.report(scan_id)
