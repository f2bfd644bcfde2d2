"""The Home tab and its list of accounts, within Slack's limits and without contact details."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.blocks import problems
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.checkpoints import CheckpointStatus
from bot.domain.contacts import ContactType
from bot.domain.errors import StoreError, TooManyChecks
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.finding_lists import FindingList, ListKind
from bot.domain.findings import Difference, Outcome
from bot.domain.overview import OpenAccount, Overview, RunningScan, Uncheckable
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanState
from bot.domain.slack_health import OtherBots, Refusal, WaitingAlerts
from bot.domain.snapshots import SnapshotStatus
from bot.services.ports.home import HomeContent
from bot.slack.views.fix_all import FIX_ALL, REMOVE_ALL
from bot.slack.views.home import home_view, problem_home
from bot.slack.views.home_summary import CHECK
from bot.slack.views.show_all import SHOW, parse_list
from tests.unit.slack.views.assertions import (
    assert_links_nothing_by_itself,
    texts,
)
from tests.unit.slack.views.sample_data import (
    CONTACT,
    HOSTILE,
    LIMIT,
    NOW,
    account_id,
    finding,
    limited_scan,
    scan,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

View = dict[str, Any]
NEXT = NOW + timedelta(days=1)
WHO = "<!subteam^S0SECOPS01>"


def shown(
    overview: Overview,
    *,
    read_only: bool = False,
    next_check: datetime | None = NEXT,
    notice: TooManyChecks | None = None,
    checkpoints: CheckpointStatus | None = None,
    snapshots: SnapshotStatus | None = None,
) -> View:
    """A Home that Slack would take."""
    content = HomeContent(overview, next_check, notice, checkpoints, snapshots=snapshots)
    view = home_view(content, fixers=WHO, read_only=read_only)
    assert problems(view, surface="home") == []
    assert_links_nothing_by_itself(view)
    buttons = list(pressable(view))
    assert sum(button.get("style") == "primary" for button in buttons) <= 1
    assert all(button["accessibility_label"] for button in buttons)
    return view


def pressable(node: object) -> Iterator[View]:
    """Every button below a node."""
    if isinstance(node, dict):
        if node.get("type") == "button":
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from pressable(each)


def text(view: View) -> str:
    """All that is to be read."""
    return "\n".join(texts(view, "plain_text", "mrkdwn"))


def needing(
    number: int, name: str = "Web production", outcome: Outcome = Outcome.MISSING
) -> OpenAccount:
    """An account whose security contact is missing, or has another outcome."""
    found = finding(number, name, outcome=outcome)
    return OpenAccount(found.key.account_id, name, (found,))


def many(total: int) -> Overview:
    """An overview of so many accounts that need attention."""
    worst = tuple(needing(number, f"Account {number}") for number in range(min(total, 10)))
    counts = {Outcome.MISSING: total, Outcome.COMPLIANT: 131}
    return Overview(counts, worst, last_scan=scan())


def ending(number: int, kind: ExemptionKind = ExemptionKind.EXEMPTION) -> Exemption:
    """An exemption that ends soon, for a reason that names somebody."""
    request = ExemptionRequest(
        kind,
        account_id(number),
        ContactType.SECURITY,
        Rule.MISSING,
        "Ana Lima (ana@corp.internal) closes it.",
        "U0ALICE001",
        NOW + timedelta(days=3),
    )
    return Exemption(number, request, NOW, f"Old shop {number}")


@pytest.mark.parametrize("total", [0, 1, 10, 11, 129, 10_000])
def test_any_number_of_accounts(total: int) -> None:
    """It lists ten at most, and the rest is one press away."""
    view = shown(many(total))
    fixes = [each for each in pressable(view) if each["action_id"].startswith("altcontact_fix:")]
    assert len(fixes) == min(total, 10)
    more = [parse_list(each["value"]) for each in pressable(view) if each["action_id"] == SHOW]
    assert more == [FindingList(ListKind.OPEN)] * (total > 10)
    assert len(view["blocks"]) <= 40


def test_the_share_and_the_counts() -> None:
    """How many accounts are compliant comes first, then how many are not, and why."""
    counts = {
        Outcome.COMPLIANT: 131,
        Outcome.MISSING: 10,
        Outcome.WEAK: 2,
        Outcome.UNKNOWN: 3,
        Outcome.EXEMPT: 4,
        Outcome.SKIPPED: 5,
    }
    said = text(shown(Overview(counts, last_scan=scan())))
    assert "87% compliant (131 of 150 accounts)" in said
    assert "*12 non-compliant* · 3 couldn't be checked · 4 exempt · 5 skipped" in said
    assert ":white_check_mark:" not in said
    whole = text(shown(Overview({Outcome.COMPLIANT: 3}, last_scan=scan())))
    assert "100% compliant (3 of 3 accounts)" in whole
    assert ":white_check_mark:" in whole
    one = text(shown(Overview({Outcome.COMPLIANT: 1, Outcome.MISSING: 999})))
    assert "Under 1% compliant (1 of 1,000 accounts)" in one


def test_before_the_first_check() -> None:
    """It says what the bot is for, when it will check, and offers to check now."""
    view = shown(Overview({}))
    assert "*No check yet.* The first runs <!date" in text(view)
    assert [each["action_id"] for each in pressable(view)] == [CHECK]
    running = RunningScan(scan(ScanState.RUNNING), 68, 150)
    said = text(shown(Overview({}, running=running)))
    assert "*The first check is running.* 68 of 150 accounts checked." in said
    listing = text(shown(Overview({}, running=replace(running, total=None))))
    assert "*The first check is running.* 68 checked, still listing accounts…" in listing
    assert "None is scheduled." in text(shown(Overview({}), next_check=None))


def test_checks_that_run_or_fail() -> None:
    """A running check is shown with how far it is; one that failed with why and the next step."""
    running = RunningScan(scan(ScanState.RUNNING), 0, None)
    said = text(shown(replace(many(1), running=running)))
    assert "Checking now: It has just started." in said
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    said = text(shown(replace(many(1), last_scan=scan(ScanState.FAILED, why))))
    assert "*The last check failed.*" in said
    assert why.remedy in said
    nothing = text(shown(Overview({}, last_scan=scan(ScanState.FAILED, why))))
    assert "*No account has been checked yet.*" in nothing
    assert "working" not in said + nothing


def test_not_all_is_well_without_the_whole_organization() -> None:
    """Neither if only one account is checked, nor while the last check failed."""
    all_compliant = {Outcome.COMPLIANT: 1}
    limited = text(shown(Overview(all_compliant, last_scan=limited_scan())))
    assert "Only 1 account checked: 100% compliant" in limited
    assert LIMIT.message.replace("<its>", "&lt;its&gt;") in limited
    assert f"To fix this: {LIMIT.remedy}" in limited
    why = failure(FailureCode.WRONG_CALLER)
    failed = text(shown(Overview(all_compliant, last_scan=scan(ScanState.FAILED, why))))
    assert "100% compliant when last checked (1 of 1 account)" in failed
    for said in (limited, failed):
        assert ":white_check_mark:" not in said
        assert "Every account has" not in said
        assert "working" not in said


def test_health() -> None:
    """All that keeps the bot from working is there; without any it says that all works."""
    assert "Checks and alerts are working." in text(shown(many(0)))
    refusal = Refusal("The channel is <archived>.", "Unarchive it.", "is_archived", permanent=True)
    overview = replace(
        many(2),
        waiting=WaitingAlerts(2, NOW, refusal),
        others=OtherBots(1, NOW, lasting=True),
        uncheckable=[
            Uncheckable(failure(code), 9 - number, account_id(1), "Payments")
            for number, code in enumerate(list(FailureCode)[:9])
        ],
    )
    said = text(shown(overview))
    assert "2 alerts are waiting to be posted" in said
    assert "The channel is &lt;archived&gt;." in said
    assert "Another bot uses the same Slack app" in said
    assert "*9 accounts couldn't be checked.*" in said
    assert "…and 6 more causes." in said
    assert "working" not in said
    one = replace(many(0), uncheckable=overview.uncheckable[-1:])
    assert "*Payments*  `100000000001` couldn't be checked." in text(shown(one))


def test_exemptions_that_end_soon() -> None:
    """Each with its day and who granted it, but not with its reason, which may name people."""
    kinds = (ExemptionKind.EXEMPTION, ExemptionKind.VERIFICATION)
    found = [ending(number, kind) for number, kind in enumerate(kinds)]
    view = shown(replace(many(0), ending=found, ending_total=12))
    said = text(view)
    assert "*12 exemptions end within a week*" in said
    assert "exempt until <!date" in said
    assert "verified manually until" in said
    assert "corp.internal" not in str(view)
    assert {"Extend…", "Verify again…", "Show all exemptions"} <= set(said.splitlines())
    one = text(shown(replace(many(0), ending=found[1:], ending_total=1)))
    assert "*1 verification ends within a week*" in one


def test_what_is_wrong_is_said_once() -> None:
    """In the heading if it is the same for all, else in each row, with the severity."""
    same = text(shown(many(3)))
    assert same.count("no security contact") == 1
    assert "*3 accounts have no security contact*" in same
    assert "*1 account has no security contact*" in text(shown(many(1)))
    weak_alone = replace(many(1), worst=(needing(8, outcome=Outcome.WEAK),))
    assert "*1 account needs attention* · Security contact: It is" in text(shown(weak_alone))
    weak = needing(8, outcome=Outcome.WEAK)
    differ = replace(many(1), worst=(needing(1), weak), counts={Outcome.MISSING: 2})
    said = text(shown(differ))
    assert "No security contact. · Very high risk" in said
    assert "It is a placeholder. · High risk" in said
    both = replace(
        finding(1), key=replace(finding(1).key, type=ContactType.BILLING), reason="Nothing is set."
    )
    account = OpenAccount(account_id(1), "Shop", (finding(1), both))
    two = text(shown(replace(many(1), worst=(account,))))
    assert "*1 account has no security or billing contact*" in two


def test_no_contact_details() -> None:
    """Nobody sees a contact on Home, whoever may see contact details elsewhere."""
    found = replace(
        finding(1, outcome=Outcome.WRONG),
        differences=(Difference("email", (CONTACT.email,), CONTACT.email),),
        owner="ana@corp.internal",
    )
    view = shown(replace(many(1), worst=(OpenAccount(account_id(1), "Shop", (found,)),)))
    assert "corp.internal" not in str(view)


def test_a_contact_that_must_not_exist_is_offered_to_be_removed() -> None:
    """Rather than to be fixed."""
    found = finding(1, outcome=Outcome.WRONG)
    forbidden = replace(found, key=replace(found.key, rule=Rule.FORBIDDEN))
    view = shown(replace(many(1), worst=(OpenAccount(account_id(1), "Shop", (forbidden,)),)))
    assert "Remove…" in text(view)


def test_read_only() -> None:
    """Nothing that changes contacts is offered, and it says how to turn that on."""
    overview = replace(many(3), ending=[ending(1)], ending_total=1)
    view = shown(overview, read_only=True)
    ids = {each["action_id"].partition(":")[0] for each in pressable(view)}
    assert ids == {CHECK, "altcontact_home_exemptions"}
    assert "ALTCONTACT_FIXERS" in text(view)
    assert WHO in text(shown(overview))


def test_a_notice_comes_first() -> None:
    """Why what was asked for on Home wasn't done."""
    notice = TooManyChecks("You started 10 checks.", "Wait 3 minutes.")
    view = shown(many(1), notice=notice)
    assert view["blocks"][0]["text"]["text"].startswith(":warning: You started 10 checks.")
    problem = problem_home(StoreError("The <database> is locked.", "Try again."))
    assert problems(problem, surface="home") == []
    assert "The &lt;database&gt; is locked." in text(problem)


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=60), min_size=1, max_size=10))
def test_any_name(names: list[str]) -> None:
    """Names show as typed, whatever is in them, and mention nobody."""
    worst = tuple(needing(number, name) for number, name in enumerate(names))
    causes = [Uncheckable(failure(FailureCode.DENIED), 1, account_id(1), names[0])]
    exempt = [replace(ending(1), account_name=names[-1])]
    overview = replace(many(1), worst=worst, uncheckable=causes, ending=exempt, ending_total=1)
    assert "<!channel>" not in text(shown(overview)).replace("Fix: ", "")


def test_snapshots_that_cannot_be_saved_are_a_problem() -> None:
    """Since when, why, and the next step; while they are saved, nothing is said of them."""
    saved = SnapshotStatus("s3://corp-backup/one", NOW)
    failing = replace(saved, failing_since=NOW, problem=f"{HOSTILE} failed.", remedy="Fix that.")
    overview = Overview({Outcome.COMPLIANT: 3}, last_scan=scan())
    said = text(shown(overview, snapshots=failing))
    assert "Snapshots of my database have been failing since" in said
    assert "If my disk is lost now, so is what people have decided since. I keep trying." in said
    assert "To fix this: Fix that." in said
    assert "are working" not in said
    said = text(shown(overview, snapshots=saved))
    assert "napshot" not in said
    assert "are working" in said


def test_checkpoints_that_cannot_be_written_are_a_problem() -> None:
    """Since when, why, and the next step; while they are written, nothing is said of them."""
    denied = failure(FailureCode.DENIED, message=f"{HOSTILE} denied it.")
    waiting = CheckpointStatus(None, None, True, NOW, denied, 5)  # noqa: FBT003 - in order
    overview = Overview({Outcome.COMPLIANT: 3}, last_scan=scan())
    said = text(shown(overview, checkpoints=waiting))
    assert "Checkpoints of the audit log have been failing since" in said
    assert "To fix this: " in said
    assert "are working" not in said
    written = replace(waiting, waiting_since=None, failure=None)
    said = text(shown(overview, checkpoints=written))
    assert "checkpoint" not in said
    assert "are working" in said


def test_several_accounts_can_be_fixed_together() -> None:
    """Not where nobody may; contacts that the policy forbids are removed together."""

    def offers(
        action_id: str = FIX_ALL,
        rule: Rule = Rule.MISSING,
        number: int = 2,
        *,
        read_only: bool = False,
    ) -> bool:
        worst = tuple(
            OpenAccount(account_id(each), "Web", (finding(each, rule=rule),))
            for each in range(number)
        )
        view = shown(Overview({Outcome.MISSING: number}, worst), read_only=read_only)
        return any(each["action_id"] == action_id for each in pressable(view))

    assert offers()
    assert not offers(number=1)
    assert not offers(read_only=True)
    assert not offers(rule=Rule.FORBIDDEN)
    assert offers(REMOVE_ALL, Rule.FORBIDDEN)
