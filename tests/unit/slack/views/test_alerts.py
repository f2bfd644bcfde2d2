"""Alerts, an account a row; private rows of findings; notices: texts, buttons, Slack's limits."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import alert_summary
from bot.domain.announcements import (
    AnnouncementContent,
    AnnouncementKind,
    AutoFixPause,
    CheckedAccounts,
)
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.exemptions import LONGEST_REASON, ExemptionKind
from bot.domain.failures import Failure, FailureCode, failure
from bot.domain.finding_lists import FindingList, ListKind
from bot.domain.findings import (
    OUTCOMES as OUTCOMES_OF,
)
from bot.domain.findings import (
    Difference,
    Finding,
    Outcome,
    ResolutionKind,
    severity_of,
)
from bot.domain.readings import Present
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.slack.views import (
    alerts,
    announcements,
    finding_rows,
    headlines,
    row_actions,
    unchecked_alerts,
)
from bot.slack.views.fix_all import FIX_ALL, REMOVE_ALL
from bot.slack.views.message import Message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import (
    assert_as_typed,
    assert_sound,
    assert_sound_view,
    texts,
)

NON_COMPLIANT, UNCHECKED = AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED
EMAIL = Difference(
    "email", ("aws@corp.internal", "b@corp.internal", "@x.internal"), "ana@mail.test"
)
WEAK = data.finding(2, "Data lake", Outcome.WEAK, owner="U0ALICE001")
WRONG = data.finding(3, "Payments", Outcome.WRONG, differences=(EMAIL,))
MAIL = data.finding(4, "Old", Outcome.WEAK, rule=Rule.FREE_MAIL, differences=(EMAIL,))


def shown(content: AnnouncementContent, **links: Any) -> Message:  # noqa: ANN401 - any member
    """The message of a content, which Slack would accept."""
    message = announcements.announcement_message(content, finding_rows.RowLinks(**links))
    assert_sound(message)
    return message


def plain(message: Message) -> str:
    """All of its plain text."""
    return "\n".join(texts(message.blocks, "plain_text"))


def marked(message: Message) -> str:
    """All of its mrkdwn."""
    return "\n".join(texts(message.blocks, "mrkdwn"))


def buttons(message: Message) -> list[dict[str, Any]]:
    """Every button of a message."""
    accessories = [block["accessory"] for block in message.blocks if "accessory" in block]
    elements = [each for block in message.blocks for each in block.get("elements", ())]
    return [each for each in (*accessories, *elements) if each["type"] == "button"]


def heading(message: Message) -> str:
    """Its heading."""
    return str(message.blocks[0]["text"]["text"])


def rows(message: Message) -> list[str]:
    """The rows with a button, as mrkdwn."""
    return [block["text"]["text"] for block in message.blocks if "accessory" in block]


def test_an_alert_is_a_row_an_account() -> None:
    """The heading has count and problem, then why and who asks for it; rows add nothing to that."""
    message = shown(data.content(6, names=("Alpha", "Beta")))
    assert heading(message) == "6 accounts have no security contact"
    assert message.blocks[1]["text"]["text"] == (
        "AWS sends abuse notices to this contact, and expects an answer within 24 hours."
    )
    facts = message.blocks[2]["elements"][0]["text"]
    assert facts.startswith("Very high risk · <https://docs.aws.amazon.com/")
    assert "|CIS 1.2>" in facts
    assert "account-controls.html#account-1|Security Hub Account.1>" in facts
    assert rows(message)[0] == f"*Alpha*  `{data.account_id(0)}`"
    assert len(message.blocks) == 11
    assert "Rule" not in marked(message)


def test_the_check_is_in_the_small_print() -> None:
    """How many accounts were checked, and when."""
    results = [data.result(number, Present(data.CONTACT)) for number in range(15)]
    found = data.scan(results=results)
    skipped = replace(found, counts={**found.counts, Outcome.SKIPPED: 4})
    message = marked(shown(replace(data.content(1), scan=skipped)))
    assert "· 19 accounts checked, <!date^" in message
    unchecked = marked(shown(replace(data.content(1, UNCHECKED), scan=skipped)))
    assert "accounts checked" not in unchecked
    assert " · Check of <!date^" in unchecked


def test_long_problems_show_no_half_link() -> None:
    """Slack would show the address of a link that is cut."""
    rules = (Rule.PLACEHOLDER, Rule.FREE_MAIL, Rule.IMPOSSIBLE_PHONE, Rule.SAME_FOR_ALL)
    url = "https://docs.corp.example/altcontact/rules"
    for number in range(1, 13):
        broken = [(kind, rule) for kind in ContactType for rule in rules][:number]
        found = [
            data.finding(1, outcome=Outcome.WEAK, rule=rule, kind=kind) for kind, rule in broken
        ]
        (row,) = rows(shown(data.mixed(*found), rules_url=url))
        assert row.count("<") == row.count("|") == row.count(">")
        assert len(row) < 400


def test_domains_show_as_typed() -> None:
    """An underscore in a domain formats nothing."""
    email = Difference("email", ("corp.example",), "a@_x_.example")
    finding = data.finding(1, outcome=Outcome.WEAK, rule=Rule.FREE_MAIL, differences=(email,))
    assert "`_x_.example`" in marked(shown(data.mixed(finding)))
    contact = replace(data.CONTACT, email="a@_x_.example")
    changed = data.notice(AnnouncementKind.CHANGED, changes=[data.change(1, None, contact)])
    assert "`_x_.example`" in marked(shown(changed))


@pytest.mark.parametrize("total", [0, 1, 20, 129, 10_000])
@pytest.mark.parametrize("kind", [NON_COMPLIANT, UNCHECKED])
def test_alerts_of_any_size(total: int, kind: AnnouncementKind) -> None:
    """Twenty accounts take 26 blocks; at most one button is primary, and all have labels."""
    for names in (("Web production",), data.HOSTILE, ("&" * 50,)):
        for resolved in (0, total // 2, total):
            message = shown(data.content(total, kind, names=names, resolved=resolved))
            assert len(message.blocks) <= 26
            assert sum(each.get("style") == "primary" for each in buttons(message)) <= 1
            assert all(each["accessibility_label"] for each in buttons(message))
            labels = [each["accessibility_label"] for each in buttons(message)]
            assert len(set(labels)) == len(labels)


def test_every_account_of_twenty_has_its_button() -> None:
    """Whose label names the action and the account."""
    message = shown(data.content(20, names=("Alpha", "Beta")))
    assert len(rows(message)) == 20
    assert buttons(message)[1]["accessibility_label"] == (
        f"Fix Beta {data.account_id(1)}, Security contact"
    )
    assert {each["text"]["text"] for each in buttons(message)} == {
        "Fix",
        "Fix all 20…",
        "Show all",
    }


@given(st.text(max_size=300), st.sampled_from(ContactType))
def test_labels_of_buttons_fit_and_name_the_account(name: str, kind: ContactType) -> None:
    """A long name is cut; the id is always whole."""
    finding = replace(data.finding(1, kind=kind), account_name=name)
    (button,) = buttons(shown(data.mixed(finding)))[:1]
    assert len(button["accessibility_label"]) <= 75
    assert data.account_id(1) in button["accessibility_label"]


def test_rows_say_where_an_account_is_and_whose() -> None:
    """The path of its OUs, and its owner: as a mention, or as the tag has it."""
    found = data.finding(1, "Data lake", path="/Production/CI%2FCD", owner="U0ALICE001")
    message = shown(data.mixed(found), owners={"U0ALICE001": "<@U0ALICE001>"})
    assert rows(message) == [
        f"*Data lake*  `{data.account_id(1)}`  /Production/CI%2FCD · <@U0ALICE001>"
    ]
    unknown = data.finding(1, "Data lake", path="/", owner="<!channel> Ops")
    assert rows(shown(data.mixed(unknown)))[0].endswith("`  &lt;!channel&gt; Ops")


@pytest.mark.parametrize("owner", ["ana.lima@corp.internal", "+44 20 7946 0958"])
def test_an_owner_who_is_an_address_is_left_out(owner: str) -> None:
    """A channel sees nobody's address or number, found in Slack or not."""
    for owners in ({}, {owner: owner}):
        message = shown(data.mixed(data.finding(1, "Data lake", owner=owner)), owners=owners)
        assert owner not in json.dumps(message.blocks)


def test_mixed_problems_are_in_the_rows() -> None:
    """The heading counts contacts and accounts; each row has its problems, the domain included."""
    both = [data.finding(1, "Alpha"), data.finding(1, "Alpha", kind=ContactType.BILLING)]
    message = shown(data.mixed(*both, MAIL), rules_url="https://docs.corp.internal/rules/")
    assert heading(message) == "3 contacts in 2 accounts need attention"
    assert marked(message).startswith("AWS sends abuse notices to the security contact, and")
    first, second = rows(message)
    assert first.endswith("\nNo security contact · No billing contact")
    assert second.endswith(
        "\nSecurity contact <https://docs.corp.internal/rules/free_mail.md|uses a free email "
        "provider> (mail.test)"
    )


def test_one_contact_with_several_problems_is_one_row() -> None:
    """With one button, which is for the worst."""
    key = replace(MAIL.key, rule=Rule.MEMBER_MAILBOX)
    message = shown(data.mixed(MAIL, replace(MAIL, key=key), data.finding(9)))
    (row,) = [row for row in rows(message) if "Old" in row]
    assert row.endswith(
        "Security contact uses a free email provider (mail.test) and goes to one person's mailbox"
    )


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in alert_summary.UNREAD])
def test_every_rule_has_a_heading(rule: Rule) -> None:
    """In the present, then in the past; the number agrees with the verb."""
    made = [
        replace(data.finding(n, "A", Outcome.WEAK, rule=rule), severity=Severity.LOW)
        for n in (1, 2, 3)
    ]
    over = [replace(each, resolved_at=data.NOW) for each in made]
    one, several = heading(shown(data.mixed(made[0]))), heading(shown(data.mixed(*made)))
    assert one.startswith("1 ")
    assert several.startswith("3 ")
    assert one[2:] != several[2:]
    assert heading(shown(data.mixed(made[0], *over[1:]))).endswith(", 1 left")
    assert heading(shown(data.mixed(*over))).endswith(", all fixed")
    assert heading(shown(data.mixed(over[0]))).endswith(", fixed")


def test_a_single_rule_is_named_where_it_is_a_key_of_the_policy() -> None:
    """Linked to its page; each row has the domain that is the problem."""
    other = data.finding(5, "Beta", Outcome.WEAK, rule=Rule.FREE_MAIL)
    message = shown(data.mixed(MAIL, other), rules_url="https://docs.corp.internal/rules")
    assert heading(message) == "2 security contacts use a free email provider"
    assert "Rule <https://docs.corp.internal/rules/free_mail.md|free_mail> · " in marked(message)
    assert rows(message)[0] == f"*Old*  `{data.account_id(4)}`  mail.test"


def test_no_value_of_a_contact_is_in_a_channel() -> None:
    """Of a contact that differs, the fields and the email's domain; of a forbidden one, nothing."""
    values = ("Ana Lima", "Head of Nothing", "ana@mail.test", "+44 20 7946 0958")
    expected = ("Security Team", "Duty", "aws@corp.internal", "+44 20 7946 0000")
    fields = ("name", "title", "email", "phone")
    every = tuple(
        Difference(field, (good,), bad)
        for field, good, bad in zip(fields, expected, values, strict=True)
    )
    found = [
        data.finding(number, f"A{number}", outcome, rule=rule, differences=every)
        for number, (outcome, rule) in enumerate(
            [(OUTCOMES_OF.get(rule, Outcome.WEAK), rule) for rule in Rule]
        )
        if outcome.is_non_compliant
    ]
    for made in (data.mixed(*found), *(data.mixed(each) for each in found)):
        message = shown(made)
        told = json.dumps([message.text, message.blocks], ensure_ascii=False)
        assert [value for value in (*values, *expected) if value in told] == []
    differs = shown(data.mixed(next(f for f in found if f.key.rule is Rule.DIFFERENT)))
    assert rows(differs)[0].endswith("`  name, title, email at mail.test, phone")


def test_severities_have_headings_where_there_is_room() -> None:
    """Worst first; not where all are of one severity, nor where the rows need the blocks."""
    made = [
        replace(data.finding(n, "A", Outcome.WEAK), severity=list(Severity)[n // 5])
        for n in range(20)
    ]
    headings = [
        line for line in marked(shown(data.mixed(*made[:10]))).split("\n") if "circle:" in line
    ]
    assert headings == [":red_circle: *Very high*", ":large_orange_circle: *High*"]
    for content in (data.mixed(*made), data.mixed(*made[:5])):
        message = shown(content)
        assert "circle:" not in marked(message)
        assert len(message.blocks) <= 26
    assert "Very high risk" in marked(shown(data.mixed(*made)))


def test_what_is_fixed_is_one_line() -> None:
    """With who fixed it or that it was in AWS; the heading says how many there were, and are."""
    content = data.mixed(
        data.finding(1, "Web production"),
        data.finding(2, "Data lake", resolved=True),
        data.finding(3, "Training", resolved=True, by="U0ALICE001"),
        data.finding(4, "<Audit>", resolved=True),
    )
    message = shown(content)
    assert heading(message) == "4 accounts had no security contact, 1 left"
    assert (
        ":white_check_mark: 3 fixed: Training (<@U0ALICE001>), Data lake, &lt;Audit&gt; (in AWS)"
    ) in marked(message)
    assert len(rows(message)) == 1
    assert "3 fixed: Training" in message.text


def test_an_alert_that_is_over() -> None:
    """Nothing is left to press but what shows the accounts."""
    message = shown(data.content(4, resolved=4))
    assert heading(message) == "4 accounts had no security contact, all fixed"
    assert [each["text"]["text"] for each in buttons(message)] == ["Show all"]
    assert "24 hours" not in marked(message)


def test_what_is_exempt_is_one_line() -> None:
    """It has no button, and it is still counted as without a contact."""
    exempt = data.finding(2, "R&D", aside=data.exemption())
    message = shown(data.mixed(data.finding(1), exempt))
    assert heading(message) == "2 accounts have no security contact"
    assert "1 exempt: R&amp;D (until <!date^" in marked(message)
    assert len(rows(message)) == 1
    assert heading(shown(data.mixed(exempt))) == "1 account has no security contact, exempt"
    half = data.mixed(exempt, data.finding(3, resolved=True))
    assert heading(shown(half)) == "2 accounts had no security contact, 1 exempt"


@pytest.mark.parametrize("kind", [NON_COMPLIANT, UNCHECKED])
@pytest.mark.parametrize(
    ("how", "said"),
    [
        (ResolutionKind.DEPARTED, "1 no longer checked: Old (left the organization)"),
        (ResolutionKind.INACTIVE, "1 no longer checked: Old (not active)"),
        (ResolutionKind.EXCLUDED, "1 no longer checked: Old (excluded by the policy)"),
        (ResolutionKind.NOT_REQUIRED, "1 no longer required: Old"),
    ],
)
def test_only_compliant_accounts_have_a_check_mark(
    kind: AnnouncementKind, how: ResolutionKind, said: str
) -> None:
    """Not one that is gone, closed, excluded, or whose contact isn't required any longer."""
    outcome = Outcome.MISSING if kind is NON_COMPLIANT else Outcome.UNKNOWN
    message = shown(data.mixed(data.finding(1, "Old", outcome, resolved=True, how=how), kind=kind))
    assert said in marked(message)
    assert "check_mark" not in json.dumps(message.blocks)
    assert heading(message).endswith("none left") or "restored" in heading(message)


@pytest.mark.parametrize("kind", [NON_COMPLIANT, UNCHECKED])
def test_an_account_with_another_problem_has_no_check_mark(kind: AnnouncementKind) -> None:
    """Its finding was replaced by one that another alert is about."""
    outcome = Outcome.MISSING if kind is NON_COMPLIANT else Outcome.UNKNOWN
    gone = data.finding(1, "Audit", outcome, resolved=True)
    other = data.finding(1, "Audit", Outcome.WEAK, rule=Rule.FREE_MAIL)
    message = shown(data.mixed(gone, kind=kind, elsewhere=[other]))
    assert "1 still needs attention" in marked(message)
    assert "check_mark" not in json.dumps(message.blocks)


def test_only_the_first_names_of_many_are_in_a_line() -> None:
    """The number is of all."""
    message = shown(data.content(300, resolved=299, names=data.HOSTILE))
    line = next(line for line in marked(message).split("\n") if "fixed:" in line)
    assert line.startswith(":white_check_mark: 299 fixed: ")
    assert re.search(r", and 2\d\d more$", line)


def test_who_is_mentioned() -> None:
    """Users and groups that the policy names, at the top, as long as something is open."""
    for kind, outcome in ((NON_COMPLIANT, Outcome.MISSING), (UNCHECKED, Outcome.UNKNOWN)):
        found = data.finding(1, outcome=outcome)
        content = data.mixed(found, kind=kind, mention=("U0ALICE001", "S0SECOPS01"))
        first = shown(content).blocks[1]["text"]["text"]
        assert first.startswith("<@U0ALICE001>, <!subteam^S0SECOPS01>\n")
        over = replace(found, resolved_at=data.NOW)
        assert "subteam" not in marked(shown(data.mixed(over, kind=kind, mention=("S0SECOPS01",))))


def test_a_forbidden_contact_is_offered_to_be_removed() -> None:
    """Its button opens what AWS has now, where it can be removed."""
    forbidden = data.finding(
        1, "Audit", Outcome.WRONG, rule=Rule.FORBIDDEN, kind=ContactType.BILLING
    )
    message = shown(data.mixed(forbidden))
    assert heading(message) == "1 billing contact isn't allowed"
    assert buttons(message)[0]["text"]["text"] == "Remove…"
    assert "24 hours" not in marked(message)


OFF = failure(FailureCode.TRUSTED_ACCESS_OFF)


def unread(number: int, name: str, why: Failure = OFF, **fields: Any) -> Finding:  # noqa: ANN401 - any field
    """A contact that couldn't be checked."""
    made = data.finding(number, name, Outcome.UNKNOWN, **fields)
    return replace(made, failure=why, reason=why.message)


NINE = [unread(number, f"Account {number}") for number in range(9)]


def test_one_root_cause_is_said_once() -> None:
    """With the command that fixes it, and two buttons, however many accounts it hits."""
    message = shown(data.mixed(*NINE, kind=UNCHECKED))
    assert heading(message) == "9 accounts can't be checked: trusted access is off"
    assert marked(message).count(OFF.message) == 1
    assert (
        "To fix this: In the management account, run: `aws organizations "
        "enable-aws-service-access --service-principal account.amazonaws.com`"
    ) in marked(message)
    assert "Account 0, Account 1, Account 2, and 6 more · " in marked(message)
    assert [each["text"]["text"] for each in buttons(message)] == ["Show accounts", "Check again"]
    assert [each["action_id"] for each in buttons(message)] == [
        alerts.SHOW_ALL,
        unchecked_alerts.CHECK_AGAIN,
    ]
    assert len(message.blocks) == 4
    for said in (OFF.message, "enable-aws-service-access", "Account 0"):
        assert said in message.text


def test_an_alert_from_before_may_have_several_causes() -> None:
    """Each with its number of accounts and its remedy."""
    other = data.finding(10, outcome=Outcome.UNKNOWN)
    message = shown(data.mixed(*NINE, other, kind=UNCHECKED))
    assert heading(message) == "10 accounts can't be checked"
    assert "*9 accounts:* Trusted access" in marked(message)
    assert "*1 account:* A service control policy" in marked(message)


def test_some_accounts_can_be_checked_again() -> None:
    """The heading says how many are left; the others are by what they turned out to be."""
    over = replace(NINE[0], resolved_at=data.NOW, resolution_kind=ResolutionKind.CHECKED)
    message = shown(data.mixed(over, *NINE[1:], kind=UNCHECKED))
    assert heading(message) == "9 accounts couldn't be checked, 8 left: trusted access is off"
    assert ":white_check_mark: 1 compliant: Account 0" in marked(message)


def test_recovery_says_how_the_accounts_are() -> None:
    """Readable isn't compliant: those that still have no contact are counted and named."""
    over = [
        replace(each, resolved_at=data.NOW, resolution_kind=ResolutionKind.CHECKED) for each in NINE
    ]
    missing = [data.finding(number) for number in range(6)]
    message = shown(data.mixed(*over, kind=UNCHECKED, elsewhere=missing))
    assert heading(message) == (
        "Checks restored: 9 accounts readable, 6 of them still have no security contact"
    )
    assert ":white_check_mark: 3 compliant: Account 6, Account 7, Account 8" in marked(message)
    assert "\n6 still need attention: Account 0" in marked(message)
    assert [each["text"]["text"] for each in buttons(message)] == ["Show accounts"]
    all_of_them = shown(data.mixed(*over[:6], kind=UNCHECKED, elsewhere=missing))
    assert heading(all_of_them).endswith("6 accounts readable, still without a security contact")
    assert "check_mark" not in json.dumps(all_of_them.blocks)
    well = shown(data.mixed(*over, kind=UNCHECKED))
    assert heading(well) == "Checks restored: 9 accounts readable"


def test_accounts_that_still_cannot_be_read_are_not_called_readable() -> None:
    """Another contact of theirs can't be read, or nothing was read since none is required."""
    over = replace(NINE[0], resolved_at=data.NOW, resolution_kind=ResolutionKind.CHECKED)
    billing = data.finding(0, outcome=Outcome.UNKNOWN, kind=ContactType.BILLING)
    other = replace(billing, key=replace(billing.key, account_id=over.key.account_id))
    message = shown(data.mixed(over, kind=UNCHECKED, elsewhere=[other]))
    assert heading(message) == "1 account still can't be checked"
    not_required = replace(over, resolution_kind=ResolutionKind.NOT_REQUIRED)
    assert heading(shown(data.mixed(not_required, kind=UNCHECKED))).endswith(", none left")


def test_unchecked_accounts_that_are_exempt() -> None:
    """None is left to check, and none is called readable."""
    exempt = [replace(each, exemption=data.exemption()) for each in NINE]
    message = shown(data.mixed(*exempt, kind=UNCHECKED))
    assert heading(message) == "9 accounts couldn't be checked, exempt"
    some = shown(data.mixed(*exempt[:3], *NINE[3:], kind=UNCHECKED))
    assert heading(some).startswith("6 accounts can't be checked: ")


def test_where_there_is_no_api_checking_again_is_of_no_use() -> None:
    """The accounts are verified manually, from the list behind the button."""
    no_api = unread(1, "Gov", failure(FailureCode.NO_API))
    message = shown(data.mixed(no_api, kind=UNCHECKED))
    assert heading(message) == "1 account can't be checked: this partition has no API for it"
    assert [each["text"]["text"] for each in buttons(message)] == ["Show accounts"]


def test_rules_that_could_not_be_evaluated_are_named() -> None:
    """The contact was read, so the account is only not fully checked."""
    why = failure(FailureCode.SLACK_UNREACHABLE)
    message = shown(data.mixed(unread(1, "Web", why, rule=Rule.MEMBER_MAILBOX), kind=UNCHECKED))
    assert heading(message) == "1 account can't be fully checked: Slack is unreachable"
    assert "Not evaluated: member_mailbox." in marked(message)


@pytest.mark.parametrize("code", FailureCode)
def test_every_cause_has_a_headline(code: FailureCode) -> None:
    """It fits into the heading of an alert, and of failing checks of an organization."""
    why = failure(code)
    message = shown(data.mixed(unread(1, "Web", why), kind=UNCHECKED))
    assert len(heading(message)) < 150
    failing = data.notice(AnnouncementKind.CHECKS_FAILING, failure=why, organization="x" * 300)
    assert heading(shown(failing)).endswith(headlines.cause_headline(code))


# The rows of findings that one person sees


def private(*found: Finding, **links: Any) -> str:  # noqa: ANN401 - any member
    """All that rows of findings say, as mrkdwn."""
    blocks = finding_rows.finding_rows(found, finding_rows.RowLinks(**links))
    return "\n".join(texts(blocks, "mrkdwn", "plain_text"))


def chosen(*found: Finding) -> list[list[str]]:
    """What the menus of rows offer."""
    blocks = finding_rows.finding_rows(found)
    menus = [block["accessory"] for block in blocks if "accessory" in block]
    return [
        [row_actions.parse_menu(option["value"])[0] for option in menu["options"]] for menu in menus
    ]


def test_private_rows_have_details_and_a_menu() -> None:
    """Reasons, fields, the rule, where it is and whose; in a menu what can be done."""
    found = replace(WRONG, path="/Production", owner="U0ALICE001")
    said = private(found, WEAK, owners={"U0ALICE001": "<@U0ALICE001>"})
    assert f"*Payments*  `{data.account_id(3)}`  /Production · <@U0ALICE001>" in said
    assert "Email: expected aws@corp.internal (or 2 others), is ana@mail.test" in said
    assert "Rule: placeholder" in said
    assert "Rule: different" not in said
    assert chosen(WRONG) == [[row_actions.FIX, row_actions.EXEMPT, row_actions.SHOW]]


def test_private_rows_of_one_contact_are_one() -> None:
    """Each reason once, in a row at the place of the worst."""
    other = replace(WRONG, key=replace(WRONG.key, outcome=Outcome.WEAK, rule=Rule.FREE_MAIL))
    blocks = finding_rows.finding_rows([WRONG, replace(other, reason="It is free mail.")])
    assert len(blocks) == 1


def test_private_rows_say_what_was_done() -> None:
    """Without a check mark, since another finding of the account may be open."""
    fixed = data.finding(1, resolved=True, by="U0ALICE001")
    elsewhere = data.finding(2, resolved=True)
    exempt = data.finding(3, aside=data.exemption())
    verified = data.finding(
        5,
        "Gov",
        Outcome.UNSUPPORTED,
        aside=data.exemption(5, kind=ExemptionKind.VERIFICATION, reason="Saw <the list>."),
    )
    said = private(fixed, elsewhere, exempt, verified)
    assert "Resolved by <@U0ALICE001>, <!date^" in said
    assert "outside of this bot" in said
    assert "Exempt until <!date^" in said
    assert "by <@U0BOB00002>: Closed at the end of the month." in said
    assert "Verified manually by <@U0BOB00002>" in said
    assert "Saw &lt;the list&gt;." in said
    assert "check_mark" not in said
    assert chosen(fixed, elsewhere) == []
    assert chosen(exempt) == [[row_actions.SHOW]]


def test_private_rows_of_what_opened_again() -> None:
    """The old row of an exemption that ended says that, and not that it was fixed."""
    old = data.finding(1, aside=data.exemption(ended=data.NOW), resolved=True)
    reopened = replace(
        old, resolution="The exemption ended.", resolution_kind=ResolutionKind.REOPENED
    )
    said = private(reopened)
    assert ":white_circle: The exemption ended." in said
    assert "Resolved" not in said


def test_private_rows_of_what_could_not_be_checked() -> None:
    """The reason, and the verification for what has no API."""
    no_api = data.finding(1, outcome=Outcome.UNSUPPORTED)
    unclear = unread(2, "Web", failure(FailureCode.SLACK_UNREACHABLE), rule=Rule.MEMBER_MAILBOX)
    assert "member_mailbox couldn't be evaluated: Couldn't reach Slack" in private(unclear)
    assert chosen(no_api) == [[row_actions.VERIFY, row_actions.EXEMPT, row_actions.SHOW]]
    assert chosen(unclear) == [[row_actions.EXEMPT, row_actions.SHOW]]


def test_menus_are_parsed() -> None:
    """A menu's option or a button says what was pressed: what, whose, which contact."""
    menu = row_actions.row_menu(
        7, "444444444444", ContactType.BILLING, row_actions.EXEMPT, row_actions.SHOW
    )
    assert menu["action_id"] == f"{row_actions.MENU}:7"
    body = {"actions": [{"selected_option": menu["options"][1]}]}
    assert row_actions.parse_menu(row_actions.pressed(body)) == (
        row_actions.SHOW,
        "444444444444",
        ContactType.BILLING,
    )
    button = row_actions.row_button(row_actions.VERIFY, 2, "444444444444", ContactType.SECURITY)
    assert button["action_id"] == f"{row_actions.VERIFY}:2"
    assert (
        row_actions.parse_menu(row_actions.pressed({"actions": [button]}))[0] == row_actions.VERIFY
    )


def test_a_menu_opens_the_form() -> None:
    """**Fix** in a menu names the contact as the button does."""
    menu = row_actions.row_menu(0, "444444444444", ContactType.BILLING, row_actions.FIX)
    value = row_actions.pressed({"actions": [{"selected_option": menu["options"][0]}]})
    assert row_actions.parse_fix(value) == ("444444444444", ContactType.BILLING)


OTHER = replace(data.CONTACT, email="x@other.internal", phone="+44 20 7946 0000")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            data.CONTACT,
            OTHER,
            "has a new email, phone (email moved from corp.internal to other.internal)",
        ),
        (data.CONTACT, replace(data.CONTACT, title="Duty"), "has a new title"),
        (None, OTHER, "was set (email at other.internal)"),
        (OTHER, None, "was deleted (email at other.internal)"),
    ],
)
def test_changes_by_others_show_fields_and_domains(
    before: AlternateContact | None, after: AlternateContact | None, said: str
) -> None:
    """Of a contact that somebody else changed no value is in the channel."""
    change = data.change(1, before, after)
    message = shown(data.notice(AnnouncementKind.CHANGED, changes=[change]))
    assert heading(message) == "1 contact changed outside of this bot"
    assert rows(message)[0].endswith(f"\nSecurity contact {said}")
    assert "Web production" in message.text
    everything = json.dumps([message.text, message.blocks])
    for contact in (data.CONTACT, OTHER):
        for value in (contact.name, contact.title, contact.email, contact.phone):
            assert value not in everything


def test_exemptions_that_end_can_be_extended_or_the_contact_fixed() -> None:
    """Each with its day, who granted it and why; what ended meanwhile has no buttons."""
    content = data.notice(
        AnnouncementKind.ENDING,
        exemptions=[
            data.exemption(1),
            data.exemption(2, kind=ExemptionKind.VERIFICATION, rule=Rule.UNSUPPORTED),
            data.exemption(3, ended=data.NOW, by="U0ALICE001"),
            data.exemption(4, ended=data.NOW),
        ],
    )
    message = shown(content)
    assert heading(message) == "4 exemptions and verifications end within a week"
    assert "No security contact · Exempt until *<!date^" in marked(message)
    assert "by <@U0BOB00002>\nClosed at the end" in marked(message)
    assert "Security contact can't be checked · Verified until" in marked(message)
    assert "· Verified until" in marked(message)
    assert "Ended by <@U0ALICE001>" in marked(message)
    assert "check_mark" not in json.dumps(message.blocks)
    actions = [
        [element["action_id"] for element in block["elements"]]
        for block in message.blocks
        if block["type"] == "actions"
    ]
    assert actions == [["altcontact_fix:0", "altcontact_set_aside:0"], ["altcontact_verify:1"]]
    assert all(data.account_id(1) in each["accessibility_label"] for each in buttons(message)[:2])
    forbidden = data.exemption(1, rule=Rule.FORBIDDEN)
    shown_forbidden = shown(data.notice(AnnouncementKind.ENDING, exemptions=[forbidden]))
    assert next(each["text"]["text"] for each in buttons(shown_forbidden)) == "Remove…"
    alone = shown(data.notice(AnnouncementKind.ENDING, exemptions=[data.exemption(1)]))
    assert heading(alone) == "1 exemption ends within a week"


EXPIRED = failure(FailureCode.CREDENTIALS_EXPIRED)
FAILING, WORKING = AnnouncementKind.CHECKS_FAILING, AnnouncementKind.CHECKS_WORKING


def test_failing_checks_say_why_and_that_more_will_come() -> None:
    """The cause is in the heading; once they recover, the message says so in place."""
    message = shown(data.notice(FAILING, failure=EXPIRED))
    assert heading(message) == "Checks are failing: the AWS credentials have expired"
    assert f"To fix this: {EXPIRED.remedy}" in marked(message)
    assert "I'll post here when they recover." in marked(message)
    assert EXPIRED.message in message.text
    over = shown(replace(data.notice(FAILING, failure=EXPIRED), recovered_at=data.NOW))
    assert heading(over) == "Checks were failing: the AWS credentials have expired"
    assert "recovered <!date^" in marked(over)
    assert "fix this" not in marked(over)
    assert heading(shown(data.notice(FAILING))) == "Checks are failing"


@pytest.mark.parametrize(
    ("checked", "said", "facts"),
    [
        (CheckedAccounts(15), "15 accounts readable", ""),
        (
            CheckedAccounts(15, non_compliant=8, without_security=6, unchecked=2),
            "13 accounts readable, 6 of them still have no security contact",
            "8 non-compliant · 2 couldn't be checked · ",
        ),
        (
            CheckedAccounts(2, non_compliant=1, without_security=1),
            "2 accounts readable, 1 of them still has no security contact",
            "1 non-compliant · ",
        ),
        (CheckedAccounts(2, non_compliant=1), "2 accounts readable", "1 non-compliant · "),
    ],
)
def test_restored_checks_say_how_the_accounts_are(
    checked: CheckedAccounts, said: str, facts: str
) -> None:
    """Without a check mark: readable isn't compliant."""
    message = shown(replace(data.notice(WORKING), checked=checked))
    assert heading(message) == f"Checks restored: {said}"
    assert marked(message).startswith(f"{facts}Checked <!date^")
    assert said in message.text
    assert "check_mark" not in json.dumps(message.blocks)


def test_checks_of_one_of_several_organizations() -> None:
    """Where there are several organizations, the heading names the one."""
    failing = data.notice(FAILING, failure=EXPIRED, organization="emea <1>")
    assert heading(shown(failing)).startswith("Checks in emea <1> are failing: ")
    assert shown(failing).text.startswith("Checks in emea &lt;1&gt; are failing")
    working = data.notice(WORKING, organization="emea")
    assert heading(shown(working)).startswith("Checks in emea restored: ")


OUTCOMES = [each for each in Outcome if each.is_non_compliant or each.unchecked]


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """A finding of any rule, state and size."""
    rule = draw(st.sampled_from(list(Rule)))
    outcome = draw(
        st.sampled_from([each for each in Outcome if each.is_non_compliant or each.unchecked])
    )
    text = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=600), st.just("&" * 500))
    differences = draw(
        st.lists(st.builds(Difference, st.sampled_from(["email", "name"]), st.tuples(text), text))
    )
    made = data.finding(
        draw(st.integers(0, 40)),
        draw(st.one_of(st.sampled_from(data.HOSTILE), st.just("W" * 300))),
        outcome,
        rule=rule,
        resolved=draw(st.booleans()),
        differences=tuple(differences),
        aside=draw(
            st.none()
            | st.builds(
                data.exemption,
                kind=st.sampled_from(ExemptionKind),
                reason=st.just("&" * LONGEST_REASON),
            )
        ),
        owner=draw(text),
        kind=draw(st.sampled_from(ContactType)),
    )
    return replace(made, reason=draw(text) or "-", severity=draw(st.sampled_from(Severity)))


@given(st.lists(findings(), max_size=20), st.sampled_from([NON_COMPLIANT, UNCHECKED]))
def test_alerts_of_anything_are_taken(found: list[Finding], kind: AnnouncementKind) -> None:
    """Whatever is non-compliant, and however much there is to say, Slack accepts the alert."""
    content = data.mixed(*found, kind=kind, mention=("U0ALICE001",) * 20, maybe_repeat=True)
    links = finding_rows.RowLinks("https://docs.corp.internal/altcontact/docs/rules")
    message = announcements.announcement_message(content, links, "Meant for another channel.")
    assert_sound(message)


@pytest.mark.parametrize("state", ["open", "exempt", "resolved"])
def test_the_fullest_alert_fits(state: str) -> None:
    """Twenty accounts with everything there is to say of each; what doesn't fit is counted."""
    made = [
        replace(
            data.finding(
                number,
                "&" * 50,
                Outcome.WEAK,
                rule=list(Rule)[number % 14],
                differences=(Difference("email", ("&" * 254,) * 9, "a@" + "&" * 250),) * 4,
                aside=data.exemption(reason="&" * 500) if state == "exempt" else None,
                resolved=state == "resolved",
                owner="&" * 256,
                path="/" + "&" * 600,
            ),
            reason="A reason of some length, as they are. " * 8,
            severity=list(Severity)[number % 4],
        )
        for number in range(20)
    ]
    message = shown(data.mixed(*made, maybe_repeat=True))
    assert ("Show all 20" in plain(message)) is (state == "open")
    title = {"type": "plain_text", "text": "Findings"}
    assert_sound_view({"type": "modal", "title": title, "blocks": finding_rows.finding_rows(made)})


@given(
    st.lists(st.sampled_from(data.HOSTILE), min_size=1, max_size=30),
    st.text(max_size=300) | st.just("&" * 500),
)
def test_notices_of_anything_are_taken(names: list[str], text: str) -> None:
    """Changes and ends of any number and length fit, and show as typed."""
    contact = AlternateContact(text, text[:50], text[:254], text[:25])
    changes = [data.change(n, None, contact, name) for n, name in enumerate(names)]
    ending = [data.exemption(n, reason=text, name=name) for n, name in enumerate(names)]
    for content in (
        data.notice(AnnouncementKind.CHANGED, changes=changes, total=500, maybe_repeat=True),
        data.notice(AnnouncementKind.ENDING, exemptions=ending, mention=("U0ALICE001",)),
    ):
        assert_as_typed(shown(content).blocks, names[0])
    assert "more. `/altcontact check`" in marked(
        shown(data.notice(AnnouncementKind.CHANGED, changes=changes, total=500))
    )


@given(st.lists(st.text(max_size=60) | st.sampled_from(data.HOSTILE), min_size=1, max_size=20))
def test_names_show_as_typed_in_alerts(names: list[str]) -> None:
    """In rows, in lines of what is over, and in the text, whatever an account is called."""
    for resolved in (0, len(names)):
        message = shown(data.content(len(names), names=tuple(names), resolved=resolved))
        assert "<!channel>" not in message.text
        for name in names:
            if name.strip() and not resolved:
                assert_as_typed(message.blocks, name)


def test_findings_recorded_without_a_severity_have_the_usual_one() -> None:
    """What an older version recorded is as bad as its rule."""
    old = replace(data.finding(1), severity=None)
    assert severity_of(old) is SEVERITIES[Rule.MISSING]
    assert "Very high risk" in shown(data.mixed(old)).text
    odd = replace(WEAK, severity=None, key=replace(WEAK.key, rule=Rule.UNREADABLE))
    assert "No severity" in marked(shown(data.mixed(odd, data.finding(1))))
    assert " risk" not in shown(data.mixed(odd)).text


def test_what_was_done_is_said_in_whole_lines() -> None:
    """More than fits of what was done about one contact is counted."""
    done = [
        replace(
            data.finding(1, resolved=True, by="U0ALICE001"),
            resolution=f"{number} " + "x" * 280,
            resolved_at=data.NOW + timedelta(minutes=number),
        )
        for number in range(9)
    ]
    assert "…and 8 more." in private(*done)


def test_show_all_is_the_button_of_alerts() -> None:
    """Its value is the announcement, and it says how many accounts there are beyond the rows."""
    button = shown(data.content(21)).blocks[-1]["elements"][1]
    assert button["action_id"] == alerts.SHOW_ALL
    assert button["value"] == "a" * 32
    assert button["text"]["text"] == "Show all 21"


def test_a_paused_auto_fix_is_in_the_alert_while_something_is_open() -> None:
    """It says why the bot stopped, and what to do; once nothing is open it is no longer of use."""
    pause = AutoFixPause(5, 20)
    paused = marked(shown(replace(data.content(5), auto_fix_pause=pause)))
    assert (
        "*Auto-fix is paused*: it reached its limit of 20 an hour, with 5 contacts left" in paused
    )
    assert "Auto-fix" not in marked(shown(data.content(5)))
    assert "Auto-fix" not in marked(
        shown(replace(data.content(5, resolved=5), auto_fix_pause=pause))
    )


def test_several_accounts_can_be_fixed_together() -> None:
    """The button stands out, and names the alert; one account has its own button alone."""
    several = buttons(shown(data.content(6)))[-2]
    assert several["action_id"] == FIX_ALL
    assert FindingList.parse(several["value"]) == FindingList(ListKind.ALERT, "a" * 32)
    assert several["text"]["text"] == "Fix all 6…"
    assert several["style"] == "primary"
    assert several["accessibility_label"] == "Fix all 6 accounts: opens a form with a preview"
    one = shown(data.content(2, resolved=1))
    assert FIX_ALL not in {each["action_id"] for each in buttons(one)}


def test_contacts_that_must_not_exist_are_not_fixed_together() -> None:
    """They are removed together; with others among them, those are fixed."""
    forbidden = [data.finding(number, rule=Rule.FORBIDDEN) for number in (1, 2)]
    ids = {each["action_id"] for each in buttons(shown(data.mixed(*forbidden)))}
    assert FIX_ALL not in ids
    assert REMOVE_ALL in ids
    with_others = shown(data.mixed(*forbidden, data.finding(3)))
    assert FIX_ALL in {each["action_id"] for each in buttons(with_others)}
