"""Results of checks in private messages: made, and shown again when something in them changed."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cachetools import TTLCache

from bot.domain.disclosure import hide_findings, hide_result
from bot.domain.errors import AltcontactError, StoreError
from bot.domain.finding_lists import FindingFilter
from bot.slack.actors import actor_of
from bot.slack.client import Reply
from bot.slack.listeners.scan_progress import RESPONSE_URL_LIFE
from bot.slack.payloads import response_url
from bot.slack.views import scan_result_rows
from bot.slack.views.scan_result import result_message

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.domain.scans import ScanReport
    from bot.services.ports.clock import Clock
    from bot.services.ports.findings import FindingRepository
    from bot.services.ports.scans import ScanRepository
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.readers import ContactAccess, SlackReaders
    from bot.slack.row_links import RowLinkResolver
    from bot.slack.views.message import Message


_MAX_WATCHED: Final = 500


@dataclass(frozen=True, slots=True)
class _Watched:
    """A result that a person has just used, how to replace it, and what it shows."""

    scan_id: int
    actor: Actor
    reply: Reply
    shown: Message


class ScanResults:
    """Makes the message with a check's result, from what the database has now.

    A press in a result gives a new `response_url`. Until it expires, the result is replaced when
    something in it changes, such as by the fix that the press led to.

    Args:
        tasks: replaces results in the background.
        clock: the time.
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
        *,
        tasks: BackgroundTasks,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._watched: TTLCache[str, _Watched] = TTLCache(
            _MAX_WATCHED, RESPONSE_URL_LIFE, clock.monotonic
        )
        self._lock = threading.Lock()
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

    def watch(self, body: dict[str, Any], scan_id: int) -> None:
        """Keep the result in which something was pressed up to date from now on.

        Raises:
            StoreError: the check is unknown, or the database can't be read.
        """
        url, actor = response_url(body), actor_of(body)
        if url:
            shown = self.message(self._report(scan_id), self._readers.access(actor))
            with self._lock:
                self._watched[actor.user_id] = _Watched(scan_id, actor, Reply(url), shown)

    def changed(self) -> None:
        """Replace the results that show something that was just recorded. Raises nothing."""
        with self._lock:
            watched = list(self._watched.values())
        for each in watched:
            with suppress(AltcontactError):  # the bot is stopping, or short of threads
                self._tasks.run_unattended(partial(self._update, each))

    def _update(self, watched: _Watched) -> None:
        """Replace one result, unless it shows all there is.

        Raises:
            NotifierError: Slack didn't accept it; the `response_url` may be used up.
            StoreError: the database can't be read.
        """
        access = self._readers.access(watched.actor)
        message = self.message(self._report(watched.scan_id), access)
        user_id = watched.actor.user_id
        with self._lock:
            is_current = self._watched.get(user_id) is watched
            if not is_current or message == watched.shown:
                return
            self._watched[user_id] = replace(watched, shown=message)
        try:
            watched.reply(message)
        except AltcontactError:
            with self._lock:
                self._watched.pop(user_id, None)
            raise

    def _report(self, scan_id: int) -> ScanReport:
        scan = self._scans.get(scan_id)
        if scan is None:
            raise StoreError("This check is no longer on record.", "Type /altcontact check.")
        return self._scans.report(scan_id)
