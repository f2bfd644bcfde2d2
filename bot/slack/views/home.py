"""The app's Home: how many accounts are compliant, what needs attention, and how checks go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.exemptions import ExemptionKind
from bot.domain.finding_lists import FindingList, ListKind
from bot.domain.scans import ScanState
from bot.slack.views.blocks import (
    accounts,
    actions,
    button,
    context,
    date,
    day,
    divider,
    escape,
    header,
    mrkdwn,
    paragraph,
    section,
)
from bot.slack.views.fix_all import fix_all_button
from bot.slack.views.home_requests import request_rows
from bot.slack.views.home_summary import summary
from bot.slack.views.open_accounts import account_rows, attention_heading, common_problem
from bot.slack.views.problem import problem_message
from bot.slack.views.row_actions import EXEMPT, VERIFY, account_name, title
from bot.slack.views.scan_limits import limits
from bot.slack.views.show_all import SHOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.checkpoints import CheckpointStatus
    from bot.domain.errors import AltcontactError
    from bot.domain.exemptions import Exemption
    from bot.domain.overview import Overview, Uncheckable
    from bot.domain.scans import Scan
    from bot.domain.slack_health import WaitingAlerts
    from bot.domain.snapshots import SnapshotStatus
    from bot.services.ports.home import HomeContent
    from bot.slack.views.blocks import Block

EXEMPTIONS: Final = "altcontact_home_exemptions"
"""The action id of the button that lists every exemption."""

_READ_ONLY: Final = (
    "Changing contacts is turned off. To turn it on, name users or user groups in "
    "`ALTCONTACT_FIXERS` and restart the bot."
)
_OTHERS: Final = (
    ":warning: *Another bot uses the same Slack app*, so buttons and commands reach only one of "
    "the two.\nTo fix this: stop the other bot, or create a separate Slack app for it."
)
_CAUSES: Final = 3
"""Causes shown of accounts that couldn't be checked."""


def home_view(content: HomeContent, *, fixers: str, read_only: bool) -> dict[str, Any]:
    """A person's Home. It has no contact details; only the requests differ from person to person.

    Args:
        content: what it shows.
        fixers: who can change contacts, as mrkdwn.
        read_only: whether nobody can.
    """
    overview = content.overview
    blocks: list[Block] = []
    if content.notice is not None:
        blocks += [_warning(content.notice), divider()]
    blocks += summary(overview, content.next_check)
    problems = [
        *_problems(overview),
        *_checkpoints(content.checkpoints),
        *_snapshots(content.snapshots),
    ]
    blocks += problems
    blocks += request_rows(content.waiting, content.requests)
    blocks += _attention(overview, read_only=read_only)
    blocks += _ending(overview, read_only=read_only)
    who = _READ_ONLY if read_only else f"Who can change contacts: {fixers}"
    blocks += [divider(), context(who)]
    if overview.last_scan is not None and not problems:
        blocks.append(context("Checks and alerts are working."))
    return _home(blocks)


def problem_home(error: AltcontactError) -> dict[str, Any]:
    """A Home that couldn't be read, or that this person can't see: why, and the next step."""
    return _home([header("altcontact"), _warning(error)])


def _home(blocks: list[Block]) -> dict[str, Any]:
    return {"type": "home", "blocks": blocks}


def _warning(error: AltcontactError) -> Block:
    text = "\n".join(block["text"]["text"] for block in problem_message(error).blocks)
    return paragraph(f":warning: {text}")


def _problems(overview: Overview) -> Iterator[Block]:
    """What keeps checks or alerts from working, and what accounts couldn't be checked for."""
    if overview.last_scan is not None and overview.last_scan.failing:
        yield paragraph(_failing(overview.last_scan))
    if overview.last_scan is not None:
        yield from limits(overview.last_scan)
    if overview.waiting is not None:
        yield paragraph(_waiting(overview.waiting))
    if overview.others is not None and overview.others.lasting:
        yield paragraph(_OTHERS)
    for cause in overview.uncheckable[:_CAUSES]:
        yield paragraph(_uncheckable(cause))
    more = len(overview.uncheckable) - _CAUSES
    if more > 0:
        causes = "cause" if more == 1 else "causes"
        yield context(f"…and {more} more {causes}. `/altcontact check` shows them all.")


def _failing(scan: Scan) -> str:
    state = "failed" if scan.state is ScanState.FAILED else "was incomplete"
    said = [f":warning: *The last check {state}.*"]
    for organization, failure in scan.failing.items():
        where = f"{escape(organization)}: " if organization else ""
        remedy = f"\nTo fix this: {escape(failure.remedy)}" if failure.remedy else ""
        said.append(f"{where}{escape(failure.message)}{remedy}")
    return "\n".join(said)


def _waiting(waiting: WaitingAlerts) -> str:
    are = "alert is" if waiting.number == 1 else "alerts are"
    since = f"{waiting.number:,} {are} waiting to be posted since {date(waiting.since)}."
    refusal = waiting.refusal
    remedy = f"\nTo fix this: {escape(refusal.remedy)}" if refusal.remedy else ""
    return f":warning: *{since}* {escape(refusal.message)}{remedy}"


def _checkpoints(status: CheckpointStatus | None) -> Iterator[Block]:
    """Why the audit log's checkpoints aren't written, if they aren't."""
    if status is None or status.failure is None or status.waiting_since is None:
        return
    since = f"Checkpoints of the audit log have been failing since {date(status.waiting_since)}."
    remedy = f"\nTo fix this: {escape(status.failure.remedy)}" if status.failure.remedy else ""
    yield paragraph(f":warning: *{since}* {escape(status.failure.message)}{remedy}")


def _snapshots(status: SnapshotStatus | None) -> Iterator[Block]:
    """Why snapshots of the database aren't saved, if they aren't."""
    if status is None or status.failing_since is None:
        return
    since = f"Snapshots of my database have been failing since {date(status.failing_since)}."
    risk = "If my disk is lost now, so is what people have decided since."
    remedy = f"\nTo fix this: {escape(status.remedy)}" if status.remedy else ""
    yield paragraph(f":warning: *{since}* {escape(status.problem)} {risk} I keep trying.{remedy}")


def _uncheckable(cause: Uncheckable) -> str:
    failure = cause.failure
    remedy = f"\nTo fix this: {escape(failure.remedy)}" if failure.remedy else ""
    if cause.accounts == 1:
        which = f":warning: {account_name(cause.name, cause.id)} couldn't be checked."
    else:
        which = f":warning: *{accounts(cause.accounts)} couldn't be checked.*"
    return f"{which} {escape(failure.message)}{remedy}"


def _attention(overview: Overview, *, read_only: bool) -> Iterator[Block]:
    number = overview.non_compliant
    if not overview.worst:
        return
    is_all = number <= len(overview.worst)
    common = common_problem(overview.worst) if is_all else ""
    yield divider()
    yield paragraph(attention_heading(number, common))
    yield from account_rows(overview.worst, read_only=read_only, known=common)
    everything = FindingList(ListKind.OPEN)
    buttons: list[Block] = []
    rules = {finding.key.rule for each in overview.worst for finding in each.findings}
    if not read_only:
        buttons += fix_all_button(everything, number, rules if is_all else ())
    if not is_all:
        label = "Show all accounts that need attention"
        buttons.append(button(f"Show all {number:,}", SHOW, str(everything), label=label))
    if buttons:
        yield actions(*buttons)


def _ending(overview: Overview, *, read_only: bool) -> Iterator[Block]:
    if not overview.ending:
        return
    kinds = {exemption.request.kind for exemption in overview.ending}
    noun = str(next(iter(kinds)).value) if len(kinds) == 1 else "exemption"
    number = overview.ending_total
    ends = f"{noun} ends" if number == 1 else f"{noun}s end"
    yield divider()
    yield paragraph(f"*{number:,} {ends} within a week*")
    for position, exemption in enumerate(overview.ending):
        yield _ending_row(position, exemption, read_only=read_only)
    label = "Show all exemptions"
    yield actions(button("Show all exemptions", EXEMPTIONS, "0", label=label))


def _ending_row(number: int, exemption: Exemption, *, read_only: bool) -> Block:
    request = exemption.request
    is_verified = request.kind is ExemptionKind.VERIFICATION
    named = account_name(exemption.account_name, request.account_id)
    done = "Verified manually" if is_verified else "Exempt"
    text = f"{request.type.label} contact: {done.lower()} until {day(request.until)} "
    text += f"(<@{request.user_id}>)"
    choice, verb = (VERIFY, "Verify again…") if is_verified else (EXEMPT, "Extend…")
    renew = button(
        verb,
        f"{choice}:{number}",
        f"{choice}:{request.account_id}:{request.type.value}",
        label=f"{verb} {title(exemption.account_name, request.account_id)}",
    )
    return section(mrkdwn(f"{named}\n{text}"), accessory=None if read_only else renew)
