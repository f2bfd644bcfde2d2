"""The result of a check: every outcome in words, by severity, and within Slack's limits."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.finding_lists import FindingPage
from bot.domain.findings import (
    AccountResult,
    Difference,
    Finding,
    FindingKey,
    TypeResult,
    Verdict,
)
from bot.domain.rule_catalog import ALWAYS_ON, SEVERITIES, Rule, Severity
from bot.domain.scans import Changes, Scan, ScanPart, ScanReport, ScanState, count
from bot.domain.scope import CallerRole, Scope, ScopeKind
from bot.slack.views import row_actions, scan_result, scan_result_rows
from bot.slack.views.message import Message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts

SECURITY, BILLING = ContactType.SECURITY, ContactType.BILLING
MISSING = Verdict.violated(Rule.MISSING, "No SECURITY contact is set.", Severity.VERY_HIGH)
DIFFERENT = Verdict.violated(
    Rule.DIFFERENT,
    "It is not what the policy expects.",
    Severity.HIGH,
    (Difference("email", ("aws@corp.internal",), "ana@mail.test"),),
)
FREE = Verdict.violated(Rule.FREE_MAIL, "Its address is of a free-mail provider.", Severity.MEDIUM)


def account(
    number: int, *items: TypeResult, name: str = "Web", excluded: str = ""
) -> AccountResult:
    """An account with these results."""
    return AccountResult(Account(data.account_id(number), name), items, excluded=excluded)


def told(
    *results: AccountResult, scan: Scan | None = None, changes: Changes | None = None
) -> Message:
    """The message of a check of these accounts, which Slack would take."""
    counted = replace(scan or data.scan(), counts=count(results))
    report = ScanReport(counted, results, changes or Changes())
    message = scan_result.result_message(report, page_of(results))
    assert_sound(message)
    return message


def page_of(results: Sequence[AccountResult]) -> FindingPage:
    """What the store would find of these accounts, worst first, as far as a result shows it."""
    contacts: list[tuple[int, list[Finding]]] = []
    for result in results:
        for item in result.results:
            found = [
                replace(
                    data.finding(1, result.account.name, verdict.outcome, rule=verdict.rule),
                    key=FindingKey(result.account.id, item.type, verdict.outcome, verdict.rule),
                    reason=verdict.reason,
                    severity=verdict.severity,
                    differences=verdict.differences,
                )
                for verdict in item.verdicts
                if verdict.exemption is None and verdict.outcome.is_non_compliant
            ]
            if found:
                rank = item.severity.rank if item.severity is not None else 9
                contacts.append((rank, found))
    contacts.sort(key=lambda contact: contact[0])
    shown = [each for _, found in contacts[: scan_result_rows.ROWS] for each in found]
    return FindingPage(tuple(shown), len(contacts), len(contacts), len(contacts))


def plain(message: Message) -> str:
    """All plain text."""
    return "\n".join(texts(message.blocks, "plain_text"))


def marked(message: Message) -> str:
    """All mrkdwn."""
    return "\n".join(texts(message.blocks, "mrkdwn"))


def test_contacts_that_fall_short_stand_by_severity() -> None:
    """Each contact with its reasons, fields and rules, and a Fix of its own, worst first."""
    message = told(
        account(
            1,
            TypeResult.from_verdicts(SECURITY, [DIFFERENT, FREE], data.CONTACT),
            TypeResult.from_verdicts(BILLING, [MISSING]),
        ),
        account(2, TypeResult.from_verdicts(SECURITY, [FREE], data.CONTACT), name="Lake"),
    )
    assert "2 of 2 accounts need attention" in plain(message)
    headings = [line for line in marked(message).split("\n") if "circle:" in line]
    assert [each.rpartition(" ")[0] for each in headings] == [
        ":red_circle: *Very",
        ":large_orange_circle:",
        ":large_yellow_circle:",
    ]
    shown = "\n".join(texts(message.blocks, "plain_text", "mrkdwn"))
    assert "Security contact: It is not what the policy expects. Its address" in shown
    assert "Email: expected aws@corp.internal, is ana@mail.test" in shown
    assert "free_mail" in shown
    assert "Billing contact is missing" in shown
    rows = [json.dumps(block) for block in message.blocks if "block_id" in block]
    worst_first = (
        f"{data.account_id(1)}:BILLING",
        f"{data.account_id(1)}:SECURITY",
        f"{data.account_id(2)}:SECURITY",
    )
    places = [next(n for n, row in enumerate(rows) if each in row) for each in worst_first]
    assert places == sorted(places)
    assert all("altcontact_result:1:" in row for row in rows)


def test_missing_contacts_alone_need_no_headings() -> None:
    """If all contacts are missing, there are no severity headings."""
    message = told(account(1, TypeResult.from_verdicts(SECURITY, [MISSING])))
    assert "Security contact is missing" in plain(message) + marked(message)
    assert "circle:" not in marked(message)


def test_what_is_set_aside_or_excluded_is_counted() -> None:
    """Accounts that are exempt or excluded have counts of their own; exempt findings too."""
    aside = replace(MISSING, exemption=data.exemption())
    message = told(
        account(1, TypeResult.from_verdicts(SECURITY, [aside])),
        account(
            2,
            TypeResult.from_verdicts(
                SECURITY, [DIFFERENT, replace(FREE, exemption=data.exemption())]
            ),
        ),
        account(3, excluded="Closed every Friday."),
        AccountResult(Account(data.account_id(4), "Old", "SUSPENDED")),
    )
    assert "*1* exempt · *1* excluded by the policy · *1* skipped, not active" in marked(message)
    assert "2 exempt" in marked(message)
    assert "`free_mail`" not in marked(message)
    only = told(account(3, excluded="Closed every Friday."))
    assert "skipped, not active" not in marked(only)


def test_rules_that_could_not_be_decided_are_told_beside_what_falls_short() -> None:
    """An unknown rule is named with its cause, remedy and accounts."""
    why = failure(FailureCode.SLACK_UNREACHABLE)
    message = told(
        account(
            1,
            TypeResult.from_verdicts(
                SECURITY, [FREE, Verdict.unknown(Rule.PERSON_LEFT, why)], data.CONTACT
            ),
        )
    )
    assert f"Rule person_left couldn't be evaluated in 1 account:* {why.message}" in marked(message)
    assert why.remedy in marked(message)


def test_each_organization_has_its_trouble() -> None:
    """Each organization that failed is reported, with its remedy; and who called where."""
    expired = failure(FailureCode.CREDENTIALS_EXPIRED)
    scope = Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, "111111111111")
    broken_parts = [ScanPart(f"org{number} <x>", failure=expired) for number in range(4)]
    scan = data.scan(ScanState.INCOMPLETE, expired)
    message = told(scan=replace(scan, parts=(ScanPart("emea", scope), *broken_parts)))
    assert "*org0 &lt;x&gt;:* " + expired.message in marked(message)
    assert "…and 1 more organizations." in marked(message)
    assert "emea called from" in marked(message)


def test_one_account_in_place_of_an_organization_is_not_all() -> None:
    """The headline doesn't say that all is well; below it are the reason and the next step."""
    report = ScanReport(data.limited_scan(), [])
    message = scan_result.result_message(report)
    assert_sound(message)
    assert message.text.startswith("Only 1 account checked: it needs no attention. ")
    assert "is checked, since the bot can't list &lt;its&gt; organization." in marked(message)
    assert f"To fix this: {data.LIMIT.remedy}" in marked(message)


def test_a_result_shows_what_became_of_its_contacts() -> None:
    """Shown again, it says what was resolved since, and offers no Fix for that."""
    fixed = data.finding(1, resolved=True, by="U0ALICE001")
    page = FindingPage((data.finding(0), fixed), 2, 2, 1)
    message = scan_result.result_message(data.report(2, 0, 1), page)
    assert_sound(message)
    assert "2 of 3 accounts needed attention" in plain(message)
    assert "Since then: 1 resolved, 1 left." in marked(message)
    offered = [json.dumps(block["accessory"]) for block in message.blocks if "accessory" in block]
    assert not any(fixed.key.account_id in each for each in offered if row_actions.FIX in each)


@pytest.mark.parametrize(
    ("block_id", "scan_id"),
    [
        ("altcontact_result:7:0", 7),
        ("altcontact_result:7", None),
        ("altcontact_result:x:0", None),
        ("altcontact_result:" + "9" * 16 + ":0", None),
        ("b1", None),
        ("", None),
    ],
)
def test_rows_of_a_result_name_their_check(block_id: str, scan_id: int | None) -> None:
    """By the id of their block, which Slack sends along."""
    body = {"actions": [{"block_id": block_id}]}
    assert scan_result_rows.result_of(body) == scan_id


@pytest.mark.parametrize(
    ("state", "cause", "told_"),
    [
        (ScanState.COMPLETE, None, "No account needs attention"),
        (ScanState.INCOMPLETE, FailureCode.CREDENTIALS_EXPIRED, "Incomplete: no account needs"),
        (ScanState.FAILED, FailureCode.UNREACHABLE, "The check failed"),
    ],
)
def test_a_result_says_how_the_check_ended(
    state: ScanState, cause: FailureCode | None, told_: str
) -> None:
    """Complete, incomplete and failed checks differ; the last two say how to fix that."""
    why = failure(cause) if cause else None
    fine = account(1, TypeResult.from_verdicts(SECURITY, [], data.CONTACT))
    message = told(fine, scan=data.scan(state, why))
    assert told_ in plain(message)
    assert why is None or why.remedy in json.dumps(message.blocks, ensure_ascii=False)


def test_news_is_counted() -> None:
    """The small print says how many findings are new in the channel."""
    result = account(1, TypeResult.from_verdicts(SECURITY, [MISSING]))
    key = data.finding(1).key
    assert "1 new, posted" in marked(told(result, changes=Changes(opened=(key,))))


@pytest.mark.parametrize("number", [15, 16, 400])
def test_what_is_not_shown_is_counted(number: int) -> None:
    """Contacts past those shown are reported."""
    message = told(
        *(account(n, TypeResult.from_verdicts(SECURITY, [MISSING])) for n in range(number))
    )
    assert json.dumps(message.blocks).count('"Fix"') == scan_result_rows.ROWS
    rest = number - scan_result_rows.ROWS
    assert (f"…and {rest:,} more." in marked(message)) is (rest > 0)
    assert (f"Show all ({number})" in plain(message)) is (rest > 0)


QUALITIES = [rule for rule in SEVERITIES if rule not in ALWAYS_ON]
VERDICTS = st.builds(
    Verdict.violated,
    st.sampled_from(QUALITIES),
    st.just("&" * 300) | st.text(max_size=300),
    st.sampled_from(Severity),
    st.lists(
        st.builds(
            Difference, st.just("email"), st.tuples(st.text(max_size=300)), st.just("&" * 254)
        ),
        max_size=5,
    ).map(tuple),
) | st.builds(
    Verdict.unknown,
    st.sampled_from([*QUALITIES, Rule.UNREADABLE]),
    st.builds(
        failure, st.sampled_from(FailureCode), message=st.just("&" * 900), remedy=st.just(">" * 900)
    ),
)


@given(st.lists(st.lists(VERDICTS, max_size=4), max_size=30), st.sampled_from(data.HOSTILE))
def test_results_of_anything_are_taken(found: list[list[Verdict]], name: str) -> None:
    """Whatever a check found, and however much there is to say, Slack takes its result."""
    results = [
        account(number, TypeResult.from_verdicts(SECURITY, each, data.CONTACT), name=name * 20)
        for number, each in enumerate(found)
    ]
    trouble = failure(FailureCode.CREDENTIALS_EXPIRED, message="&" * 3_000)
    parts = tuple(ScanPart("&" * 64, failure=trouble) for _ in range(9))
    told(*results, scan=replace(data.scan(ScanState.INCOMPLETE, trouble), parts=parts))
