"""The result of a check: every outcome in words, by severity, and within Slack's limits."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import (
    AccountResult,
    Difference,
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
    message = scan_result.result_message(report, "U0ALICE001")
    assert_sound(message)
    return message


def plain(message: Message) -> str:
    """All that stands in plain text."""
    return "\n".join(texts(message.blocks, "plain_text"))


def marked(message: Message) -> str:
    """All that stands in mrkdwn."""
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
    assert "2 of 2 accounts fall short" in plain(message)
    headings = [line for line in marked(message).split("\n") if "circle:" in line]
    assert [each.rpartition(" ")[0] for each in headings] == [
        ":red_circle: *Very",
        ":large_orange_circle:",
        ":large_yellow_circle:",
    ]
    assert "Security contact: It is not what the policy expects. Its address" in plain(message)
    assert "Email: expected aws@corp.internal, is ana@mail.test" in plain(message)
    assert "Rules: different, free_mail" in marked(message)
    assert "Billing contact is missing" in plain(message)
    assert [
        row_actions.parse_fix(block["accessory"]["value"])
        for block in message.blocks
        if "accessory" in block
    ] == [
        (data.account_id(1), BILLING),
        (data.account_id(1), SECURITY),
        (data.account_id(2), SECURITY),
    ]


def test_missing_contacts_alone_need_no_headings() -> None:
    """Where all that falls short is missing, no severity is told apart."""
    message = told(account(1, TypeResult.from_verdicts(SECURITY, [MISSING])))
    assert "Security contact is missing" in plain(message)
    assert "circle:" not in marked(message)


def test_what_is_set_aside_or_excluded_is_counted() -> None:
    """Accounts that are exempt or excluded have counts of their own; findings set aside too."""
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
    assert "2 set aside" in marked(message)
    assert "`free_mail`" not in marked(message)
    only = told(account(3, excluded="Closed every Friday."))
    assert "skipped, not active" not in marked(only)


def test_rules_that_could_not_be_decided_are_told_beside_what_falls_short() -> None:
    """An undecided rule is named with its cause, mend and accounts."""
    why = failure(FailureCode.SLACK_UNREACHABLE)
    message = told(
        account(
            1,
            TypeResult.from_verdicts(
                SECURITY, [FREE, Verdict.unknown(Rule.PERSON_LEFT, why)], data.CONTACT
            ),
        )
    )
    assert f"Rule person_left could not be decided: {why.message}" in marked(message)
    assert why.remedy in marked(message)


def test_each_organization_has_its_trouble() -> None:
    """Of several organizations each that failed is told, with the mend; and who called where."""
    expired = failure(FailureCode.CREDENTIALS_EXPIRED)
    scope = Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, "111111111111")
    broken_parts = [ScanPart(f"org{number} <x>", failure=expired) for number in range(4)]
    scan = data.scan(ScanState.INCOMPLETE, expired)
    message = told(scan=replace(scan, parts=(ScanPart("emea", scope), *broken_parts)))
    assert "*org0 &lt;x&gt;:* " + expired.message in marked(message)
    assert "…and 1 more organizations." in marked(message)
    assert "emea called from" in marked(message)


def test_news_is_counted() -> None:
    """The small print says how many findings are new in the channel."""
    result = account(1, TypeResult.from_verdicts(SECURITY, [MISSING]))
    key = data.finding(1).key
    assert "1 new, posted" in marked(told(result, changes=Changes(opened=(key,))))


@pytest.mark.parametrize("number", [15, 16, 400])
def test_what_is_not_shown_is_counted(number: int) -> None:
    """Contacts past those shown are told of."""
    message = told(
        *(account(n, TypeResult.from_verdicts(SECURITY, [MISSING])) for n in range(number))
    )
    assert json.dumps(message.blocks).count('"Fix"') == scan_result_rows.ROWS
    rest = number - scan_result_rows.ROWS
    assert (f"…and {rest:,} more. The alert" in marked(message)) is (rest > 0)


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
