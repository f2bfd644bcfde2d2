"""Alerts by severity, a contact a row, and notices: what they say, and within Slack's limits."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import AnnouncementContent, AnnouncementKind
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.exemptions import LONGEST_REASON, ExemptionKind
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Difference, Finding, Outcome, severity_of
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.slack.views import alerts, announcements, finding_rows, row_actions, wording
from bot.slack.views.message import Message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import (
    assert_as_typed,
    assert_sound,
    texts,
)

NON_COMPLIANT, UNCHECKED = AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED
EMAIL = Difference(
    "email", ("aws@corp.internal", "b@corp.internal", "@x.internal"), "ana@mail.test"
)
WEAK = data.finding(2, "Data lake", Outcome.WEAK, owner="U0ALICE001")
WRONG = data.finding(3, "Payments", Outcome.WRONG, differences=(EMAIL,))


def shown(content: AnnouncementContent, **links: Any) -> Message:  # noqa: ANN401 - any member
    """The message of a content, which Slack would take."""
    message = announcements.announcement_message(content, finding_rows.RowLinks(**links))
    assert_sound(message)
    return message


def plain(message: Message) -> str:
    """All that stands in plain text."""
    return "\n".join(texts(message.blocks, "plain_text"))


def marked(message: Message) -> str:
    """All that stands in mrkdwn."""
    return "\n".join(texts(message.blocks, "mrkdwn"))


def test_missing_contacts_alone_read_as_such() -> None:
    """Where all that falls short is missing, the alert says so, with its risk and no headings."""
    message = shown(data.content(6, names=("Alpha", "Beta")))
    assert message.blocks[0]["text"]["text"] == "6 contacts missing"
    assert "Missing in *6* of 0 accounts checked" in marked(message)
    assert "*Risk: very high.* Without a security contact" in marked(message)
    assert "*Very high*" not in marked(message)
    assert "Security contact is missing" in plain(message)


def test_several_severities_have_headings_worst_first() -> None:
    """The headline counts contacts and names the worst; rows stand below their severity."""
    medium = data.finding(4, "Old", Outcome.WEAK, rule=Rule.FREE_MAIL)
    message = shown(data.mixed(medium, WEAK, data.finding(1)))
    assert message.blocks[0]["text"]["text"] == "3 contacts fall short, worst: very high"
    headings = [line for line in marked(message).split("\n") if "circle:" in line]
    assert headings == [
        ":red_circle: *Very high*",
        ":large_orange_circle: *High*",
        ":large_yellow_circle: *Medium*",
    ]
    assert message.text.startswith("3 contacts fall short, worst: very high.")
    assert "Old" in message.text


def test_the_security_contact_stands_first() -> None:
    """Of one account and severity the rows stand as the types do in AWS, whatever their order."""
    kinds = (ContactType.OPERATIONS, ContactType.BILLING, ContactType.SECURITY)
    found = [data.finding(1, kind=kind) for kind in kinds]
    told = plain(shown(data.mixed(WEAK, *found)))
    places = [told.index(f"{kind.label} contact is missing") for kind in reversed(kinds)]
    assert places == sorted(places)


def test_findings_of_one_contact_are_one_row() -> None:
    """Each reason, each field, each rule, and one Fix."""
    other = replace(WRONG, key=replace(WRONG.key, outcome=Outcome.WEAK, rule=Rule.FREE_MAIL))
    message = shown(data.mixed(WRONG, replace(other, reason="It is of a free-mail provider.")))
    assert "1 contact falls short, worst: high" in plain(message)
    assert "the policy expects. It is of a free-mail provider." in plain(message)
    assert json.dumps(message.blocks).count('"Fix"') == 1
    assert "Rules: different, free_mail" in marked(message)


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        (
            ["The BILLING contact's email address is at x.", "The BILLING contact is y."],
            "Billing contact's email address is at x. It is y.",
        ),
        (
            ["The BILLING contact is y.", "The BILLING contact's phone number is z."],
            "Billing contact is y. Its phone number is z.",
        ),
        (
            ["No BILLING contact is set.", "A BILLING contact is y."],
            "Billing contact is missing. It is y.",
        ),
        (["Other words.", "Other words."], "Billing contact: Other words."),
    ],
)
def test_reasons_name_the_contact_once(reasons: list[str], told: str) -> None:
    """A contact is named at the beginning of its reasons, and nowhere after it."""
    assert wording.sentences(ContactType.BILLING, reasons, "Billing contact") == told


def test_a_forbidden_contact_is_nothing_to_fix() -> None:
    """Its button says what its form does; what it holds stands on one line."""
    held = tuple(Difference(each, (), each.upper()) for each in ("name", "title", "email", "phone"))
    found = data.finding(1, outcome=Outcome.WRONG, rule=Rule.FORBIDDEN, differences=held)
    message = shown(data.mixed(found))
    assert "Name: NAME · Title: TITLE · Email: EMAIL · Phone: PHONE" in plain(message)
    assert "How to delete" in plain(message)
    assert '"Fix"' not in json.dumps(message.blocks)


@pytest.mark.parametrize(
    ("difference", "told"),
    [
        (EMAIL, "Email: expected aws@corp.internal (or 2 others), is ana@mail.test"),
        (Difference("name", ("A", "B")), "Name: expected A (or 1 other)"),
        (Difference("phone", (), "+0"), "Phone: +0"),
        (Difference("title"), "Title: not as it should be"),
    ],
)
def test_fields_that_differ(difference: Difference, told: str) -> None:
    """Expected against actual, as far as each is known."""
    assert wording.different(difference) == told
    finding = replace(WRONG, differences=(difference,))
    assert told in plain(shown(data.mixed(finding)))


def test_rules_link_to_their_pages_and_owners_are_mentioned() -> None:
    """A rule is a link where its page is published; an owner a mention where one was found."""
    message = shown(
        data.mixed(WEAK),
        rules_url="https://docs.corp.internal/rules/",
        owners={"U0ALICE001": "<@U0ALICE001>"},
    )
    assert "<https://docs.corp.internal/rules/placeholder.md|placeholder>" in marked(message)
    assert "Owner: <@U0ALICE001>" in marked(message)
    unknown = shown(data.mixed(replace(WEAK, owner="<!channel> Ops")))
    assert "Owner: &lt;!channel&gt; Ops" in marked(unknown)


def test_who_is_to_be_told_stands_at_the_top() -> None:
    """Users and groups that the policy names are mentioned in the first paragraph."""
    for kind in (NON_COMPLIANT, UNCHECKED):
        content = data.mixed(WEAK, kind=kind, mention=("U0ALICE001", "S0SECOPS01"))
        first = shown(content).blocks[1]["text"]["text"]
        assert first.startswith("<@U0ALICE001>, <!subteam^S0SECOPS01>\n")


def test_a_row_that_is_set_aside_says_until_when_by_whom_and_why() -> None:
    """It has no button; the alert counts it; a verification says who looked, and when."""
    aside = data.finding(1, aside=data.exemption())
    verified = data.finding(
        5,
        "Gov",
        Outcome.UNSUPPORTED,
        aside=data.exemption(5, kind=ExemptionKind.VERIFICATION, reason="Saw <the list>."),
    )
    message = shown(data.mixed(WEAK, aside))
    assert "Set aside until <!date^" in marked(message)
    assert "by <@U0BOB00002>: Closed at the end of the month." in marked(message)
    assert "1 of 2 findings set aside." in marked(message)
    assert json.dumps(message.blocks).count('"Fix"') == 1
    over = shown(data.mixed(aside))
    assert "Show account" in json.dumps(over.blocks)
    assert "Nothing open: contacts of 1 account" in plain(over)
    assert "Fix" not in json.dumps(over.blocks)
    by_hand = shown(data.mixed(verified, kind=UNCHECKED))
    assert "Verified by hand by <@U0BOB00002>" in marked(by_hand)
    assert "Saw &lt;the list&gt;." in marked(by_hand)
    assert "Nothing open" in plain(by_hand)


def test_a_row_says_what_is_over_beside_what_stands() -> None:
    """One finding resolved and one set aside, of a contact of which another stands."""
    key = WEAK.key
    fixed = replace(WEAK, id=8, key=replace(key, rule=Rule.FREE_MAIL), resolved_at=data.NOW)
    aside = replace(WEAK, id=9, key=replace(key, rule=Rule.ROOT_EMAIL), exemption=data.exemption())
    message = shown(data.mixed(WEAK, fixed, aside))
    assert "1 contact falls short" in plain(message)
    assert "Rule: placeholder" in marked(message)
    assert "Resolved, <!date" in marked(message)
    assert "Set aside until" in marked(message)
    assert "1 of 3 findings resolved since.\n1 of 3 findings set aside." in marked(message)


def test_what_opened_again_does_not_read_as_resolved() -> None:
    """The old row of an exemption that ended says that, and not that anybody mended it."""
    ended = data.exemption(ended=data.NOW)
    old = replace(data.finding(1, aside=ended, resolved=True), resolution="The exemption ended.")
    blocks = json.dumps(finding_rows.finding_rows([old]))
    assert ":white_circle: The exemption ended." in blocks
    assert "Resolved" not in blocks


def test_all_resolved_of_several_kinds() -> None:
    """An alert that is over says so in words that fit what it was about."""
    over = [replace(each, resolved_at=data.NOW) for each in (WEAK, WRONG)]
    assert (
        "Resolved: contacts of 2 accounts. All of what fell short" in shown(data.mixed(*over)).text
    )


def test_missing_contacts_of_several_types_and_other_severities() -> None:
    """The risk is the policy's, and a security contact is spoken of only if one is missing."""
    billing = replace(
        data.finding(1, kind=ContactType.BILLING), severity=Severity.LOW, reason="No BILLING."
    )
    message = shown(data.mixed(billing, replace(billing, key=replace(billing.key, account_id="2"))))
    assert "2 contacts missing" in plain(message)
    assert "*Risk: low.*" in marked(message)
    assert "Without a security contact" not in marked(message)
    both = shown(data.mixed(billing, data.finding(1)))
    assert "Missing in" not in marked(both)
    assert "Found <!date" in marked(both)
    assert "Without a security contact" in marked(both)


def test_counts_are_of_all_where_not_all_are_shown() -> None:
    """The headline counts contacts that are not among the rows, too."""
    content = replace(
        data.mixed(*(data.finding(n, outcome=Outcome.WEAK) for n in range(20))),
        total=90,
        open=80,
        exempt=0,
        contacts=70,
        missing=10,
        severities={Severity.VERY_HIGH: 10, Severity.HIGH: 70, Severity.LOW: 0},
    )
    message = shown(content)
    assert "70 contacts fall short, worst: very high" in plain(message)
    assert "…and 70 more." in marked(message)
    assert "Show all (90)" in plain(message)
    assert "10 of 90 findings resolved since." in marked(message)


def test_unsupported_contacts_offer_the_verification() -> None:
    """What has no API is verified by hand from its menu; what could not be read is not."""
    by_hand = data.finding(1, outcome=Outcome.UNSUPPORTED)
    blocks = shown(data.mixed(by_hand, data.finding(2, outcome=Outcome.UNKNOWN), kind=UNCHECKED))
    menus = [block["accessory"] for block in blocks.blocks if "accessory" in block]
    chosen = [
        [row_actions.parse_menu(option["value"])[0] for option in menu["options"]] for menu in menus
    ]
    assert chosen == [
        [row_actions.VERIFY, row_actions.EXEMPT, row_actions.SHOW],
        [row_actions.EXEMPT, row_actions.SHOW],
    ]


def test_rules_that_could_not_be_decided_are_named() -> None:
    """An undecided rule is told by its name; its cause and mend stand above the rows, once."""
    why = failure(FailureCode.SLACK_UNREACHABLE)
    undecided = replace(
        data.finding(1, outcome=Outcome.UNKNOWN, rule=Rule.MEMBER_MAILBOX),
        failure=why,
        reason=why.message,
    )
    message = shown(data.mixed(undecided, kind=UNCHECKED))
    assert "Security contact: member_mailbox could not be decided." in plain(message)
    assert why.message not in plain(message)
    assert "1 contact could not be checked in full" in plain(message)
    assert why.remedy in "\n".join(texts(message.blocks, "mrkdwn"))


def test_menus_are_parsed() -> None:
    """What a menu or button says is what was pressed: what, whose, which contact."""
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


OTHER = replace(data.CONTACT, email="x@other.internal", phone="+44 20 7946 0000")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (data.CONTACT, OTHER, f"Security contact\nEmail: {data.CONTACT.email} → {OTHER.email}"),
        (None, OTHER, f"Security contact was set\nName: nothing → {OTHER.name}"),
        (OTHER, None, f"Security contact was deleted\nName: {OTHER.name} → nothing"),
    ],
)
def test_changes_by_others_show_before_and_after(
    before: AlternateContact | None, after: AlternateContact | None, told: str
) -> None:
    """A contact that somebody else changed shows each field as it was and as it is."""
    change = data.change(1, before, after)
    message = shown(data.notice(AnnouncementKind.CHANGED, changes=[change]))
    assert "1 contact changed outside of this bot" in plain(message)
    assert told in plain(message)
    assert "Web production" in message.text


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
    assert "4 exemptions and verifications to end within a week" in plain(message)
    assert "Set aside by <@U0BOB00002> until *<!date^" in marked(message)
    assert "Verified by hand by" in marked(message)
    assert "Ended by <@U0ALICE001>" in marked(message)
    buttons = [
        [element["action_id"] for element in block["elements"]]
        for block in message.blocks
        if block["type"] == "actions"
    ]
    assert buttons == [["altcontact_fix:0", "altcontact_set_aside:0"], ["altcontact_verify:1"]]
    alone = shown(data.notice(AnnouncementKind.ENDING, exemptions=[data.exemption(1)]))
    assert "1 exemption to end within a week" in plain(alone)


def test_checks_of_one_of_several_organizations() -> None:
    """Where there are several organizations, the channel hears of which one."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    failing = data.notice(AnnouncementKind.CHECKS_FAILING, failure=why, organization="emea <1>")
    assert "Checks do not work in emea <1>" in plain(shown(failing))
    assert shown(failing).text.startswith("Checks do not work in emea &lt;1&gt;")
    working = data.notice(AnnouncementKind.CHECKS_WORKING, organization="emea")
    assert "Checks work again in emea" in plain(shown(working))


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
    """Whatever falls short, and however much is to be said of it, Slack takes the alert."""
    content = data.mixed(*found, kind=kind, mention=("U0ALICE001",) * 20, maybe_repeat=True)
    links = finding_rows.RowLinks("https://docs.corp.internal/altcontact/docs/rules")
    message = announcements.announcement_message(content, links, "Meant for another channel.")
    assert_sound(message)


@pytest.mark.parametrize("state", ["open", "set aside", "resolved"])
def test_the_fullest_alert_fits(state: str) -> None:
    """Twenty contacts of every severity, each with all there is to say, and nothing is lost."""
    made = [
        replace(
            data.finding(
                number,
                "&" * 50,
                Outcome.WEAK,
                differences=(Difference("email", ("&" * 254,) * 9, "&" * 254),) * 4,
                aside=data.exemption(reason="&" * 500) if state == "set aside" else None,
                resolved=state == "resolved",
            ),
            reason="A reason of some length, as they are. " * 8,
            severity=list(Severity)[number % 4],
        )
        for number in range(20)
    ]
    message = shown(data.mixed(*made, maybe_repeat=True))
    assert ("Show all (20)" in plain(message)) is (state != "resolved")
    assert len(message.blocks) > 10


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


def test_findings_recorded_without_a_severity_have_the_usual_one() -> None:
    """What an older version recorded is as bad as its rule."""
    old = replace(data.finding(1), severity=None)
    assert severity_of(old) is SEVERITIES[Rule.MISSING]
    assert "very high" in shown(data.mixed(old)).text
    odd = replace(WEAK, severity=None, key=replace(WEAK.key, rule=Rule.UNREADABLE))
    assert "Of no severity" in marked(shown(data.mixed(odd, data.finding(1))))
    assert "1 contact falls short" in plain(shown(data.mixed(odd)))


def test_what_was_done_is_told_in_whole_lines() -> None:
    """More than fits of what was done about one contact is counted."""
    done = [
        replace(
            data.finding(1, resolved=True, by="U0ALICE001"),
            resolution=f"{number} " + "x" * 280,
            resolved_at=data.NOW + timedelta(minutes=number),
        )
        for number in range(9)
    ]
    blocks = finding_rows.finding_rows(done)
    assert "…and 8 more." in json.dumps(blocks, ensure_ascii=False)


def test_show_all_is_the_button_of_alerts() -> None:
    """The button's value is the announcement."""
    message = shown(data.content(21))
    assert message.blocks[-1]["elements"][0]["action_id"] == alerts.SHOW_ALL
