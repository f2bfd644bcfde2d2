"""Every view within Slack's limits at any size, and everything from outside shown as typed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements import AnnouncementKind
from bot.causes import failure
from bot.contacts import Account, AlternateContact, ContactType
from bot.errors import AltcontactError, NotAllowed, NotifierError
from bot.evaluation import evaluate
from bot.findings import AccountResult, Cause, Held, Outcome, Reading, Unreadable
from bot.fixes import FixState
from bot.policy import Policy
from bot.scans import ScanState, Trigger, TriggerKind
from bot.slack.views import accounts, announcements, checks, finding_rows, forms, notes, pages, rows
from bot.slack.views import help as help_views
from bot.validation import EMAIL, FIELDS, LENGTHS, PHONE
from tests.unit import slack_data as data
from tests.unit.slack_sound import assert_as_typed, assert_sound, assert_sound_view, texts

SIZES = [0, 1, 10, 20, 21, 49, 1_000, 10_000]
NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))


@pytest.mark.parametrize("total", SIZES)
@pytest.mark.parametrize("kind", [AnnouncementKind.FALLS_SHORT, AnnouncementKind.UNCHECKED])
def test_an_alert_of_any_size_is_taken(total: int, kind: AnnouncementKind) -> None:
    """An alert fits whatever the number of findings and the length of names."""
    for names in (("Web production",), data.HOSTILE, ("&" * 50,)):
        for resolved in (0, total // 2, total):
            content = data.content(total, kind, names=names, resolved=resolved, maybe_repeat=True)
            assert_sound(announcements.announcement_message(content))


@pytest.mark.parametrize("total", [21, 49, 1_000, 10_000])
def test_what_does_not_fit_is_behind_show_all(total: int) -> None:
    """No finding is left out in silence: the button names how many there are."""
    message = announcements.announcement_message(data.content(total))
    shown = json.dumps(message.blocks)
    assert shown.count(rows.FIX) == announcements.ROWS
    assert f"Show all ({total:,})" in shown
    assert f"and {total - announcements.ROWS:,} more" in shown


def test_an_alert_says_what_why_and_where() -> None:
    """How many of how many, since when, the risk, and a row an account with its button."""
    message = announcements.announcement_message(data.content(2, names=("Alpha", "Beta")))
    shown = json.dumps(message.blocks)
    assert "very high" in shown
    assert "<!date^" in shown
    assert "Alpha" in shown
    assert data.account_id(1) in shown
    assert shown.count('"Fix"') == 2
    assert "Alpha" in message.text


def test_a_resolved_row_says_by_whom_and_when() -> None:
    """A row that was fixed has no button, and names the fixer; one mended elsewhere says so."""
    content = data.content(2, resolved=2)
    fixed = [data.finding(0, resolved=True, by="U0ALICE001"), data.finding(1, resolved=True)]
    blocks = finding_rows.finding_rows(fixed)
    shown = json.dumps(blocks)
    assert "<@U0ALICE001>" in shown
    assert "outside of this bot" in shown
    assert rows.FIX not in shown
    message = announcements.announcement_message(content)
    assert "Resolved" in message.text


@pytest.mark.parametrize("name", data.HOSTILE)
def test_hostile_names_show_as_typed(name: str) -> None:
    """A name is plain text everywhere, and escaped in the fallback."""
    for kind in (AnnouncementKind.FALLS_SHORT, AnnouncementKind.UNCHECKED):
        message = announcements.announcement_message(data.content(1, kind, names=(name,)))
        assert_as_typed(message.blocks, name)
        assert_sound(message)
    page = pages.page_view(data.content(1, names=(name,)), 0)
    assert_as_typed(page["blocks"], name)
    result = checks.result_message(data.report(1, 1, 0, name), "U0ALICE001")
    assert_as_typed(result.blocks, name)


def test_unchecked_accounts_come_with_the_mend_and_no_button() -> None:
    """What could not be checked has its cause and the mend, and nothing to fix."""
    content = data.content(3, AnnouncementKind.UNCHECKED)
    shown = json.dumps(announcements.announcement_message(content).blocks)
    why = failure(Cause.DENIED_BY_SCP)
    assert why.words in shown
    assert "exempt the bot" in shown
    assert rows.FIX not in shown


def test_checks_failing_and_working_again() -> None:
    """The channel hears why checks do not work, with the mend, and that they work again."""
    why = failure(Cause.CREDENTIALS_EXPIRED)
    failing = announcements.announcement_message(
        data.content(0, AnnouncementKind.CHECKS_FAILING, why=why)
    )
    assert why.words in failing.text
    assert why.mend in json.dumps(failing.blocks)
    working = announcements.announcement_message(data.content(0, AnnouncementKind.CHECKS_WORKING))
    assert "work again" in working.text
    unknown = announcements.announcement_message(data.content(0, AnnouncementKind.CHECKS_FAILING))
    for message in (failing, working, unknown):
        assert_sound(message)


def test_a_repeat_says_so() -> None:
    """An announcement that could not be looked for says that it may be a repeat."""
    message = announcements.announcement_message(data.content(1, maybe_repeat=True))
    assert "may be a repeat" in json.dumps(message.blocks)


@pytest.mark.parametrize("total", SIZES)
def test_pages_leave_none_out(total: int) -> None:
    """Each finding is on exactly one page, every page fits, and turning leads to its neighbours."""
    count = pages.page_count(total)
    seen = 0
    for page in {0, 1, count // 2, count - 2, count - 1} & set(range(count)):
        content = data.content(total, limit=pages.ROWS, offset=page * pages.ROWS)
        view = pages.page_view(content, page)
        assert_sound_view(view)
        shown = json.dumps(view)
        assert shown.count(rows.FIX) == len(content.findings)
        assert ("Next" in shown) == (page < count - 1)
        assert ("Previous" in shown) == (page > 0)
    for page in range(count):
        content = data.content(total, limit=pages.ROWS, offset=page * pages.ROWS)
        seen += len(content.findings)
    assert seen == total


def test_a_page_past_the_end_is_the_last() -> None:
    """A page that findings have left since shows the last one."""
    view = pages.page_view(data.content(30, limit=20, offset=20), 9)
    assert "Page 2 of 2" in json.dumps(view)


def test_turning_is_parsed() -> None:
    """A turn button's payload names the announcement and the page."""
    view = pages.page_view(data.content(100), 1)
    body = {"view": view, "actions": [{"value": "2"}]}
    assert pages.parse_turn(body) == ("a" * 32, 2)


@given(NAMES, st.sampled_from([0, 1, 15, 16, 300]), st.sampled_from([0, 1, 40]))
def test_results_of_any_size_are_taken(name: str, missing: int, unknown: int) -> None:
    """The result of a check fits whatever it found."""
    assert_sound(checks.result_message(data.report(missing, unknown, 3, name), "U0ALICE001"))


@pytest.mark.parametrize(
    ("state", "cause", "told"),
    [
        (ScanState.COMPLETE, None, "nothing falls short"),
        (ScanState.INCOMPLETE, Cause.CREDENTIALS_EXPIRED, "Incomplete"),
        (ScanState.FAILED, Cause.UNREACHABLE, "failed"),
    ],
)
def test_a_result_says_how_the_check_ended(
    state: ScanState, cause: Cause | None, told: str
) -> None:
    """Complete, incomplete and failed checks read differently; the last two give the mend."""
    report = data.report(0, 0, 2)
    why = failure(cause) if cause else None
    ended = data.scan(state, why, list(report.results))
    message = checks.result_message(type(report)(ended, report.results), "U0ALICE001")
    assert told in message.text
    assert why is None or why.mend in json.dumps(message.blocks, ensure_ascii=False)
    assert_sound(message)


def test_running_checks() -> None:
    """Started, joined and under way each name who asked or who started it."""
    assert "<@U0ALICE001>" in checks.started_message("U0ALICE001").text
    for trigger, who in (
        (Trigger(TriggerKind.SLACK, "U0BOB00002"), "<@U0BOB00002>"),
        (Trigger(TriggerKind.SCHEDULE), "the schedule"),
        (Trigger(TriggerKind.CLI), "the command line"),
    ):
        assert checks.started_by(trigger) == who
    joined = checks.joined_message(data.scan(), "U0CAROL003")
    assert "running already" in joined.text
    assert "5 of 1,000 accounts" in checks.progress_message("U1", 5, 1000).text
    assert_sound(joined)


def account_result(reading: Reading, name: str = "Web", state: str = "ACTIVE") -> AccountResult:
    """An account with its three contacts read alike."""
    account = Account("444444444444", name, state)
    policy = Policy.requiring(tuple(ContactType))
    return evaluate(account, dict.fromkeys(ContactType, reading), policy.resolve(account))


@given(NAMES, st.text(max_size=64), st.booleans())
def test_account_views_are_taken(name: str, text: str, read_only: bool) -> None:
    """An account's contacts fit and show as typed, whatever is in them."""
    contact = AlternateContact(text, text[:50], text, text[:25])
    message = accounts.account_message(
        account_result(Held(contact), name), Policy.requiring(), read_only=read_only
    )
    assert_sound(message)
    assert any(text in shown for shown in texts(message.blocks, "plain_text"))
    assert (rows.FIX in json.dumps(message.blocks)) is not read_only


def test_account_that_cannot_be_read_or_is_not_active() -> None:
    """Causes come with their mend; an account that is not active says so, and has no buttons."""
    why = failure(Cause.PERMISSION_MISSING)
    unreadable = accounts.account_message(
        account_result(Unreadable(why)), Policy.requiring(), read_only=False
    )
    assert "IAM policy" in json.dumps(unreadable.blocks)
    assert rows.FIX not in json.dumps(unreadable.blocks)
    closed = accounts.account_message(
        account_result(Held(data.CONTACT), state="SUSPENDED"), Policy.requiring(), read_only=False
    )
    assert "SUSPENDED" in closed.text
    assert_sound(closed)


@pytest.mark.parametrize("count", [2, 100, 101])
def test_choices_are_within_a_menu(count: int) -> None:
    """Several matches are offered, as many as a menu takes, and the rest is told."""
    found = [Account(data.account_id(number), "&" * 50) for number in range(count)]
    message = accounts.choice_message(found, "<!channel>")
    assert_sound(message)
    assert ("type more" in message.text) == (count > 100)


def test_no_match_gives_near_names() -> None:
    """A name that matches nothing is said back with those spelled much like it."""
    message = accounts.no_match_message("<!channel>", ["Web production"])
    assert "Did you mean: Web production?" in json.dumps(message.blocks)
    assert_sound(message)
    assert "Did you mean" not in accounts.no_match_message("x", []).text


def test_help_says_how_things_stand() -> None:
    """Help names every command, the last check and the next, and who may fix."""
    problem = NotifierError("The channel is archived.", "Unarchive it.")
    message = help_views.help_message(
        last_scan=data.scan(results=list(data.report(2, 1, 3).results)),
        next_check=data.NOW,
        fixers="<@U0ALICE001>",
        read_only=False,
        problem=problem,
    )
    shown = json.dumps(message.blocks)
    for told in ("check", "fix", "help", "2 of 6 accounts", "archived", "<@U0ALICE001>"):
        assert told in shown
    assert_sound(message)


@pytest.mark.parametrize(
    ("state", "told"), [(ScanState.FAILED, "failed"), (ScanState.INCOMPLETE, "is incomplete")]
)
def test_help_tells_of_trouble(state: ScanState, told: str) -> None:
    """A last check that did not work is said so; a read-only bot says how to turn fixing on."""
    why = failure(Cause.UNREACHABLE)
    message = help_views.help_message(
        last_scan=data.scan(state, why), next_check=None, fixers="", read_only=True, problem=None
    )
    assert told in message.text
    assert "ALTCONTACT_FIXERS" in json.dumps(message.blocks)
    assert_sound(message)


def test_help_before_any_check() -> None:
    """Before the first check ended, help says so."""
    message = help_views.help_message(
        last_scan=None, next_check=data.NOW, fixers="everyone", read_only=False, problem=None
    )
    assert "No check has ended yet" in message.text


def test_typos_and_missing_words() -> None:
    """A typo gets the nearest command; `fix` alone asks which account."""
    message = help_views.typo_message("<!channel>", "/altcontact check")
    assert "/altcontact check" in message.text
    assert_sound(message)
    assert_sound(help_views.which_account_message())


def form(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the builder's arguments
    """A form view."""
    arguments: dict[str, Any] = {
        "account_name": "Web production",
        "account_id": "444444444444",
        "kind": ContactType.SECURITY,
        "shown": "none",
        "shown_at": data.NOW,
        "values": data.CONTACT,
        "region": None,
    }
    return forms.form_view(**{**arguments, **changed})


@given(NAMES, st.text(max_size=300), st.sampled_from(list(ContactType)))
def test_forms_are_taken(name: str, text: str, kind: ContactType) -> None:
    """The form fits whatever AWS holds, whatever was refused."""
    contact = AlternateContact(text, text, text, text)
    view = form(
        account_name=name,
        kind=kind,
        values=contact,
        held=contact,
        notice=AltcontactError("Refused.", "Try again."),
        errors=dict.fromkeys(FIELDS, "AWS does not take this."),
    )
    assert_sound_view(view)


def test_the_form_is_labelled_filled_and_hinted() -> None:
    """Name, Title, Email, Phone; what AWS holds; a distribution list rather than one person."""
    view = form()
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["label"]["text"] for block in inputs] == ["Name", "Title", "Email", "Phone"]
    assert inputs[0]["element"]["initial_value"] == data.CONTACT.name
    assert all(block["element"]["max_length"] >= LENGTHS[block["block_id"]] for block in inputs)
    assert "distribution list" in json.dumps(view)
    assert "As dialled in GB" in json.dumps(form(region="GB"))
    assert "initial_value" not in json.dumps(form(values=None))
    assert view["title"]["text"] == "Security contact"


def test_the_form_carries_nothing_personal() -> None:
    """What travels hidden in the form names the account and a fingerprint, and no contact."""
    hidden = form(shown=data.CONTACT.fingerprint)["private_metadata"]
    for part in (data.CONTACT.name, data.CONTACT.email, data.CONTACT.phone):
        assert part not in hidden


def test_what_aws_refused_stands_under_its_field() -> None:
    """An error that comes after the ack is the block below its input."""
    blocks = form(errors={EMAIL: "AWS refused this."})["blocks"]
    place = next(i for i, block in enumerate(blocks) if block.get("block_id") == EMAIL)
    assert "AWS refused this." in json.dumps(blocks[place + 1])
    after = next(i for i, block in enumerate(blocks) if block.get("block_id") == PHONE)
    assert after == place + 2


def test_a_submitted_form_is_parsed() -> None:
    """What was built is what is read: account, type, what was shown, what was typed."""
    view = form(shown="abc")
    view["state"] = {"values": {field: {field: {"type": "x", "value": field}} for field in FIELDS}}
    parsed = forms.parse_form(view)
    assert parsed.account_id == "444444444444"
    assert parsed.type is ContactType.SECURITY
    assert (parsed.shown, parsed.shown_at) == ("abc", data.NOW)
    assert parsed.values == {field: field for field in FIELDS}


@pytest.mark.parametrize("name", data.HOSTILE)
def test_results_of_fixes(name: str) -> None:
    """Confirmed, already there and applied read differently, in the window and as a message."""
    told = {}
    for state, already in (
        (FixState.CONFIRMED, False),
        (FixState.CONFIRMED, True),
        (FixState.APPLIED, False),
    ):
        fix = data.fix(state, already_there=already, name=name)
        assert_sound_view(forms.result_view(fix))
        message = forms.result_message(fix)
        assert_sound(message)
        assert_as_typed(message.blocks, name)
        told[state, already] = message.text
    assert len(set(told.values())) == 3
    assert "does not show it yet" in told[FixState.APPLIED, False]


def test_a_failed_fix_can_be_tried_again() -> None:
    """Why, the next step, and a button that leads back to what was typed, if it was recorded."""
    fix = data.fix(FixState.FAILED)
    error = AltcontactError("AWS denied access.", "Check the policy.")
    message = forms.failed_message(fix.request, "Web", error, fix)
    assert forms.TRY_AGAIN in json.dumps(message.blocks)
    assert "Check the policy." in message.text
    assert_sound(message)
    assert forms.TRY_AGAIN not in json.dumps(
        forms.failed_message(fix.request, "Web", error, None).blocks
    )


def test_views_without_a_form() -> None:
    """Loading, working and refusals are views that Slack takes."""
    kind = ContactType.OPERATIONS
    assert_sound_view(forms.loading_view("Web", "444444444444", kind))
    assert_sound_view(forms.working_view("Web", "444444444444", kind))
    refusal = notes.problem_message(NotAllowed("You may not.", "Ask:", ("U1",), ("S1",)))
    assert "<@U1>, <!subteam^S1>" in json.dumps(refusal.blocks)
    assert_sound(refusal)
    assert_sound_view(forms.message_view(refusal, kind))


def test_defects_have_a_reference() -> None:
    """A defect of the bot gives a reference, and nothing else."""
    message = notes.defect_message("ab12")
    assert "ab12" in message.text
    assert_sound(message)


def test_fix_buttons_are_parsed() -> None:
    """A button's value names the account and the type."""
    button = rows.fix_button(3, "444444444444", ContactType.BILLING)
    assert rows.parse_fix(button["value"]) == ("444444444444", ContactType.BILLING)
    assert button["action_id"] == f"{rows.FIX}:3"


def test_unsupported_and_odd_findings_have_rows() -> None:
    """A finding that nobody can fix here shows its reason."""
    finding = data.finding(1, outcome=Outcome.UNSUPPORTED)
    assert finding.reason in json.dumps(finding_rows.finding_rows([finding]))
