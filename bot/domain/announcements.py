"""Announcements to Slack channels: planned here, recorded with their cause, sent later."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from bot.domain.alert_summary import AlertSummary, root_cause
from bot.domain.policy.destination import DEFAULT_DESTINATION, Destination

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.approvals import ApprovalRequest
    from bot.domain.contacts import ContactChange
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure, FailureCode
    from bot.domain.findings import Finding, FindingKey
    from bot.domain.fixes import Fix
    from bot.domain.rule_catalog import Severity
    from bot.domain.run_progress import RunProgress
    from bot.domain.scans import Scan
    from bot.domain.timetable import Timetable

_T = TypeVar("_T")


class AnnouncementKind(StrEnum):
    """The messages that are posted to a channel without a request.

    `CHANGED`: somebody else changed contacts that are still compliant. `FIXED`: this bot wrote a
    contact, or may have. `ENDING`: exemptions and verifications end within a week. `OTHER_BOTS`:
    another bot is connected with the same Slack app. `STARTED`: the first message of a new bot.
    `APPROVAL`: a second person has to agree to a change.
    `RUN`: a run changes many contacts, and how it goes.
    """

    NON_COMPLIANT = "non_compliant"
    UNCHECKED = "unchecked"
    CHANGED = "changed"
    FIXED = "fixed"
    ENDING = "ending"
    CHECKS_FAILING = "checks_failing"
    CHECKS_WORKING = "checks_working"
    OTHER_BOTS = "other_bots"
    STARTED = "started"
    APPROVAL = "approval"
    RUN = "run"


ALERTS: Final = frozenset({AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED})
"""Those that show findings."""


class SendState(StrEnum):
    """How far an announcement got.

    `SENDING` is written before the request to Slack: where it is found after a crash or a lost
    answer, the message may be in the channel. `WITHDRAWN`: resolved before it was ever sent.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message to the channel.

    `id` is in the message's metadata. `revision` grows when a finding that it shows changes;
    `shown_revision` is the one in the channel. `first_tried_at` is the first attempt to send it:
    the channel is searched for it from then on. A `CHECKS_FAILING` one has a `failure`, and its
    `organization` where there are several. `scan_id` is the scan that gave rise to it, None where
    none did. `channel` is as the policy names it, empty for the
    channel of the settings; `mention` has the user and user group ids to mention. A `STARTED` one
    has the `timetable` of checks.
    """

    id: str
    kind: AnnouncementKind
    scan_id: int | None
    created_at: datetime
    state: SendState
    revision: int = 0
    shown_revision: int = 0
    channel_id: str = ""
    ts: str = ""
    first_tried_at: datetime | None = None
    maybe_repeat: bool = False
    failure: Failure | None = None
    organization: str = ""
    channel: str = ""
    mention: tuple[str, ...] = ()
    timetable: Timetable | None = None


@dataclass(frozen=True, slots=True)
class CheckedAccounts:
    """The accounts that checks cover, by how they are now; each counts in at most one of the last.

    `non_compliant` are those with open findings; `without_security` are those of them that have no
    security contact. `unchecked` are those that couldn't be checked.
    """

    total: int
    non_compliant: int = 0
    without_security: int = 0
    unchecked: int = 0


@dataclass(frozen=True, slots=True)
class AutoFixPause:
    """Where the bot stopped fixing by itself: the contacts left, and the policy's hourly limit."""

    left: int
    limit: int


@dataclass(frozen=True, slots=True)
class AnnouncementContent:
    """Everything that is needed to render an announcement.

    `findings` has at most as many as requested, open ones first where not all fit, then the worst
    severity first and in the order of account names; `total` and `open` count all, and
    `severities` the open ones by severity. `contacts` counts the contacts of open ones, `missing`
    the open ones of the rule `MISSING`, `exempt` the exempt ones. In a message, `findings` are the
    open ones of the first accounts, and `summary` has what became of all. A `CHANGED` one has
    `changes`, an `ENDING` one `exemptions`; `total` counts those then. A `FIXED` one has its `fix`,
    and the fix that undid it, an `APPROVAL` one its `request`, a `RUN` one its `progress`. Of an
    `OTHER_BOTS` one `total` counts the other connections, 0 once they are gone. A `CHECKS_WORKING`
    one has `checked`; a `CHECKS_FAILING` one has `recovered_at` once it is over. An alert has an
    `auto_fix_pause` if the bot stopped fixing by itself at the policy's limit.
    """

    announcement: Announcement
    scan: Scan | None
    findings: Sequence[Finding] = ()
    total: int = 0
    open: int = 0
    exempt: int = 0
    contacts: int = 0
    missing: int = 0
    severities: Mapping[Severity, int] = field(default_factory=dict)
    changes: Sequence[ContactChange] = ()
    exemptions: Sequence[Exemption] = ()
    fix: Fix | None = None
    undone_by: Fix | None = None
    request: ApprovalRequest | None = None
    progress: RunProgress | None = None
    summary: AlertSummary = field(default_factory=AlertSummary)
    checked: CheckedAccounts | None = None
    recovered_at: datetime | None = None
    auto_fix_pause: AutoFixPause | None = None

    @property
    def found_by(self) -> Scan:
        """The scan that an announcement of this kind comes from.

        Raises:
            ValueError: it is of a kind that needs no scan.
        """
        return self._given(self.scan, "scan")

    @property
    def changed_by(self) -> Fix:
        """The fix that a `FIXED` announcement is about.

        Raises:
            ValueError: it is of another kind.
        """
        return self._given(self.fix, "fix")

    @property
    def requested_by(self) -> ApprovalRequest:
        """The request that an `APPROVAL` announcement is about.

        Raises:
            ValueError: it is of another kind.
        """
        return self._given(self.request, "request")

    @property
    def run_progress(self) -> RunProgress:
        """The run that a `RUN` announcement is about.

        Raises:
            ValueError: it is of another kind.
        """
        return self._given(self.progress, "run")

    @property
    def planned_by(self) -> Timetable:
        """The timetable that a `STARTED` announcement is about.

        Raises:
            ValueError: it is of another kind.
        """
        return self._given(self.announcement.timetable, "timetable")

    def _given(self, cause: _T | None, name: str) -> _T:
        if cause is None:
            raise ValueError(
                f"An announcement of kind {self.announcement.kind} has no {name} here."
            )
        return cause


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding to be announced: where, and for what couldn't be checked why.

    `organization` is the name of the account's `[[aws]]` section.
    """

    destination: Destination = DEFAULT_DESTINATION
    failure: Failure | None = None
    organization: str = ""

    @property
    def cause(self) -> tuple[str, str]:
        """What couldn't be checked for one and the same reason has the same."""
        return ("", "") if self.failure is None else (self.organization, root_cause(self.failure))


@dataclass(frozen=True, slots=True)
class NewAnnouncement:
    """An announcement to be recorded, with the findings that it shows.

    `cause` is the root cause of an `UNCHECKED` one, as `NewFinding.cause`.
    """

    kind: AnnouncementKind
    findings: tuple[FindingKey, ...] = ()
    failure: Failure | None = None
    organization: str = ""
    destination: Destination = DEFAULT_DESTINATION
    cause: tuple[str, str] = ("", "")


MOST_MENTIONED: Final = 20
"""Users and groups that one message mentions at most."""


def plan(
    scan: Scan,
    opened: Mapping[FindingKey, NewFinding],
    failing_before: Mapping[str, FailureCode],
) -> tuple[NewAnnouncement, ...]:
    """The announcements that a scan that ended gives rise to.

    Args:
        scan: the scan, ended.
        opened: the findings that it opened.
        failing_before: {organization: the announced cause of failing checks}, as long as it lasts.

    Returns:
        At most one announcement of each kind, channel, organization and root cause; none that
        repeats a failure that lasts.
    """
    news = list(plan_alerts(opened))
    for organization, failing in scan.failing.items():
        if failing.cause != failing_before.get(organization):
            kind = AnnouncementKind.CHECKS_FAILING
            news.append(NewAnnouncement(kind, failure=failing, organization=organization))
    news += [
        NewAnnouncement(AnnouncementKind.CHECKS_WORKING, organization=organization)
        for organization in failing_before
        if organization in scan.complete_in
    ]
    return tuple(news)


def plan_alerts(opened: Mapping[FindingKey, NewFinding]) -> tuple[NewAnnouncement, ...]:
    """The alerts of new findings: one a channel, and for what couldn't be checked one a cause."""
    non_compliant: dict[FindingKey, Destination] = {}
    causes: dict[tuple[str, str], dict[FindingKey, Destination]] = {}
    for key, new in opened.items():
        if key.outcome.is_non_compliant:
            non_compliant[key] = new.destination
        elif key.outcome.unchecked:
            causes.setdefault(new.cause, {})[key] = new.destination
    return (
        *grouped(AnnouncementKind.NON_COMPLIANT, non_compliant),
        *(
            replace(news, cause=cause)
            for cause, unchecked in causes.items()
            for news in grouped(AnnouncementKind.UNCHECKED, unchecked)
        ),
    )


def continues(new_accounts: int, known_accounts: int) -> bool:
    """Whether accounts with a root cause that was announced before join that alert.

    An alert that is edited notifies nobody, so a cause that more than doubles is announced again.
    """
    return new_accounts <= known_accounts


def grouped(
    kind: AnnouncementKind, findings: Mapping[FindingKey, Destination]
) -> tuple[NewAnnouncement, ...]:
    """An announcement for each channel that these findings are announced in."""
    by_channel: dict[str, list[FindingKey]] = {}
    mentioned: dict[str, dict[str, None]] = {}
    for key, destination in findings.items():
        channel, mention = destination.channel, destination.mention
        by_channel.setdefault(channel, []).append(key)
        mentioned.setdefault(channel, {}).update(dict.fromkeys(mention))
    return tuple(
        NewAnnouncement(
            kind,
            tuple(keys),
            destination=Destination(channel, tuple(mentioned[channel])[:MOST_MENTIONED]),
        )
        for channel, keys in by_channel.items()
    )
