"""Many accounts at once: chosen in a window, previewed, and begun by the person who saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.accounts import AccountPlacement, Unit
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.run_summary import WritePace
from bot.domain.runs import RunState
from bot.services.run_begin import PREVIEW_AGE
from bot.slack.views.fix_all import FIX_ALL
from bot.slack.views.run_message import UNDO
from bot.slack.views.run_preview import DOWNLOAD, TURN
from bot.slack.views.run_select import ACCOUNTS, SOURCE, TYPES
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, FORM, GROUP, LAKE, WEB, SlackBench, bench
from tests.unit.fakes import START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.policy.account_policy import Value
    from bot.domain.runs import Run

    Seen = dict[str, Any]

__all__ = ["bench", "slack", "slack_server"]

PROD = Unit("ou-ab12-11111111", "Prod")


def expect(bench: SlackBench, *names: str) -> None:
    """Let the policy expect a security contact, with these other names allowed as well."""
    values: dict[str, Value] = {f"security.{name}": (text,) for name, text in FORM.items()}
    values["security.name"] = (FORM["name"], *names)
    bench.policy = Policy((*Policy.requiring().tables, PolicyTable("general", values)))


def placed(bench: SlackBench, *ids: str, **tags: str) -> None:
    """Put accounts into the OU Prod, with tags."""
    placement = AccountPlacement((PROD,), START, tags, START)
    bench.store.accounts.keep_placements(dict.fromkeys(ids, placement))


def checked(bench: SlackBench) -> Seen:
    """Check all accounts; gives the alert."""
    return bench.announce()


def preview(bench: SlackBench, *accounts: str, types: Sequence[str] = ("SECURITY",)) -> Seen:
    """Have alice preview each account's expected contact."""
    bench.slack.command("/altcontact fix")
    bench.slack.wait_view("Nothing is changed before you confirm it.")
    offered: list[str] = []
    for typed in accounts:
        groups = bench.slack.suggest(ACCOUNTS, typed)["option_groups"]
        offered.append(groups[0]["options"][0]["value"])
    bench.slack.submit(ALICE, **{ACCOUNTS: offered, TYPES: list(types)})
    return bench.slack.wait_view("run 1")


def only(bench: SlackBench) -> Run:
    """The one run."""
    run = bench.store.runs.get(1)
    assert run is not None
    return run


def test_fix_all_opens_with_the_alert_chosen(bench: SlackBench) -> None:
    """And with the types that its accounts lack, and what the policy expects of them."""
    alert = checked(bench)
    bench.slack.press(FIX_ALL, message=alert)
    shown = bench.slack.wait_view("All accounts of the alert")
    assert shown["values"][SOURCE] == "one"
    bench.slack.close()
    expect(bench)
    bench.slack.press(FIX_ALL, message=alert)
    shown = bench.slack.wait_view("All accounts of the alert")
    announcement = alert["metadata"]["event_payload"]["id"]
    assert shown["values"][ACCOUNTS] == [f"list:alert:{announcement}"]
    assert shown["values"][TYPES] == ["SECURITY"]
    assert shown["values"][SOURCE] == "expected"


def test_a_run_goes_from_the_alert_to_its_message(bench: SlackBench) -> None:
    """Previewed field by field, begun by one press, and shown in the channel."""
    expect(bench)
    bench.gateway.written_a_second = WritePace(0.05)
    alert = checked(bench)
    bench.work_on_runs()
    bench.slack.press(FIX_ALL, message=alert)
    bench.slack.wait_view("All accounts of the alert")
    bench.slack.submit()
    shown = str(bench.slack.wait_view("2 contacts will change, in 2 accounts"))
    assert FORM["email"] in shown
    assert "takes about 40 s" in shown
    assert only(bench).state is RunState.PREVIEWED
    assert bench.gateway.writes == []
    bench.slack.submit()
    bench.slack.wait_view("Started fixing 2 contacts")
    ended = bench.slack.wait_message("2 contacts fixed")
    assert only(bench).state is RunState.ENDED
    assert len(bench.gateway.writes) == 2
    assert f"Started by <@{ALICE}>" in str(ended["blocks"])
    bench.run_files.deliver()
    assert [each["thread_ts"] for each in bench.slack.messages() if each["files"]] == [ended["ts"]]
    assert "2 fixed" in bench.slack.wait_message("2 accounts had no security contact")["text"]


def test_without_permission_nothing_opens(bench: SlackBench) -> None:
    """The person hears whom to ask."""
    alert = checked(bench)
    bench.slack.press(FIX_ALL, message=alert, user=BOB)
    bench.slack.wait_private("You don't have permission to change contacts.", BOB)
    bench.slack.command("/altcontact fix", BOB)
    bench.slack.wait_private(
        lambda seen: "permission" in seen["text"] and "<!subteam" in seen["text"], BOB
    )
    assert bench.slack.view(BOB) is None


def test_accounts_ous_and_tags_are_suggested(bench: SlackBench) -> None:
    """Whole lists first; what is typed narrows it down."""
    placed(bench, WEB.id, env="prod")
    bench.slack.command("/altcontact fix")
    bench.slack.wait_view("Preview")
    groups = bench.slack.suggest(ACCOUNTS, "")["option_groups"]
    assert [group["label"]["text"].split(",")[0] for group in groups] == [
        "Many at once",
        "Organizational units",
        "Tags",
        "Accounts",
    ]
    by_tag = bench.slack.suggest(ACCOUNTS, "env=p")["option_groups"]
    assert [each["value"] for each in by_tag[0]["options"]] == ["tag:env=prod"]
    assert bench.slack.suggest(ACCOUNTS, "nothing like it")["options"] == []


def test_an_ou_stands_for_its_accounts(bench: SlackBench) -> None:
    """Those that are in it when the preview is made."""
    expect(bench)
    checked(bench)
    placed(bench, WEB.id)
    shown = str(preview(bench, "ou:/prod"))
    assert "1 contact will change, in 1 account" in shown
    assert WEB.name in shown
    assert LAKE.name not in shown


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ("fix all", "all"),
        ("fix Web*, Data lake", "Web*, Data lake"),
        ("fix ou:/Prod/** billing", "ou:/Prod/**"),
        (f"fix {WEB.id} {LAKE.id}", f"{WEB.id} {LAKE.id}"),
    ],
)
def test_a_selection_is_typed_in_the_command(bench: SlackBench, line: str, chosen: str) -> None:
    """A list, a glob, an OU, or all; a type at the end is chosen as well."""
    placed(bench, WEB.id)
    bench.slack.command(f"/altcontact {line}")
    shown = bench.slack.wait_view("Preview")
    assert shown["values"][ACCOUNTS] == [chosen]
    assert shown["values"][TYPES] == ["BILLING" if "billing" in line else "SECURITY"]


def test_a_selection_that_matches_nothing_is_told(bench: SlackBench) -> None:
    """Which part is wrong, and a suggestion."""
    bench.slack.command("/altcontact fix Web production, Data lak")
    bench.slack.wait_private("did you mean")
    assert bench.slack.view() is None


def test_one_account_still_gets_its_form(bench: SlackBench) -> None:
    """By its id, its name, or part of it."""
    bench.slack.command("/altcontact fix Web production")
    bench.slack.wait_view("'block_id': 'phone'")


def test_one_contact_for_all_has_four_fields(bench: SlackBench) -> None:
    """They are checked like those of the form for one account."""
    checked(bench)
    bench.slack.command("/altcontact fix all")
    bench.slack.wait_view("Preview")
    bench.slack.press(SOURCE, "one")
    bench.slack.wait_view("'block_id': 'phone'")
    told = bench.slack.submit(ALICE, **FORM | {"email": "nobody"})
    assert "isn't an email address" in told["errors"]["email"]
    bench.slack.submit(ALICE, **FORM)
    assert FORM["phone"] in str(bench.slack.wait_view("2 contacts will change"))


def test_what_is_left_out_is_shown_with_its_reason(bench: SlackBench) -> None:
    """Without one expected contact there is nothing to write, and no button."""
    expect(bench, "Another team")
    checked(bench)
    shown = preview(bench, "web")
    assert "Nothing to change" in str(shown)
    assert "submit" not in shown["view"]
    bench.slack.press(f"{TURN}:left_out")
    assert WEB.id in str(bench.slack.wait_view("The policy"))


def test_a_preview_is_begun_once_and_by_its_owner_alone(bench: SlackBench) -> None:
    """Two presses, another person, or a forged id begin nothing else."""
    expect(bench)
    checked(bench)
    shown = preview(bench, "web", "data")
    bench.slack.submit()
    bench.slack.wait_view("Started fixing 2 contacts")
    for user in (ALICE, BOB):
        payload = {
            "type": "view_submission",
            "team": {"id": "T0SANDBOX1"},
            "user": {"id": user, "team_id": "T0SANDBOX1"},
            "view": {**shown["view"], "id": shown["id"], "hash": shown["hash"]},
            **bench.slack.trigger(user),
        }
        answer = bench.slack.deliver(payload)["answer"]
        why = "somebody else's" if user == BOB else "is running already"
        assert why in str(answer["view"])
    assert bench.store.runs.get(2) is None


def test_an_old_preview_is_refused(bench: SlackBench) -> None:
    """AWS may have something else by then."""
    expect(bench)
    checked(bench)
    preview(bench, "web")
    bench.clock.tick(PREVIEW_AGE.total_seconds() + 1)
    bench.slack.submit()
    bench.slack.wait_view("more than an hour old")
    assert only(bench).state is RunState.PREVIEWED


def test_the_preview_is_sent_as_a_file(bench: SlackBench) -> None:
    """To the person alone, with the contacts' details."""
    expect(bench)
    checked(bench)
    preview(bench, "web")
    bench.slack.press(DOWNLOAD)
    bench.slack.wait_view("I'm sending you the file")
    sent = bench.slack.wait_dm(lambda seen: bool(seen["files"]))
    content = bench.slack.file(sent["files"][0]["id"]).decode("utf-8-sig")
    assert FORM["email"] in content
    assert not [each for each in bench.slack.messages() if each["files"]]


def test_a_run_is_undone_after_a_preview(bench: SlackBench) -> None:
    """By somebody with permission; the undo is a run with a message of its own."""
    expect(bench)
    checked(bench)
    bench.work_on_runs()
    preview(bench, "web", "data")
    bench.slack.submit()
    message = bench.slack.wait_message("2 contacts fixed")
    bench.slack.close()
    bench.slack.press(UNDO, message=message, user=BOB)
    bench.slack.wait_private("permission", BOB)
    bench.slack.press(UNDO, message=message)
    shown = bench.slack.wait_view("2 contacts will be put back")
    assert shown["view"]["submit"]["text"] == "Restore 2 contacts"


def test_a_run_that_nobody_can_approve_says_how_to_go_on(bench: SlackBench) -> None:
    """With other approvers, or without the accounts that need them."""
    expect(bench)
    general = PolicyTable("always", {"approval": ApprovalRule.ALWAYS})
    bench.policy = Policy((*bench.policy.tables, general))
    bench.slack.set_group(GROUP, members=[ALICE])
    checked(bench)
    preview(bench, "web", "data")
    bench.slack.submit()
    shown = str(bench.slack.wait_view("Nobody else can approve it."))
    assert "preview again without these accounts" in shown
    assert only(bench).state is RunState.PREVIEWED


def test_a_run_waits_for_its_approval(bench: SlackBench) -> None:
    """It is said by whom; the preview can't be begun another way meanwhile."""
    expect(bench)
    general = PolicyTable("always", {"approval": ApprovalRule.ALWAYS})
    bench.policy = Policy((*bench.policy.tables, general))
    bench.slack.set_group(GROUP, members=[ALICE, BOB])
    checked(bench)
    preview(bench, "web", "data")
    bench.slack.submit()
    shown = str(bench.slack.wait_view("Waiting for approval by"))
    assert f"<!subteam^{GROUP}>" in shown
    assert only(bench).state is RunState.REQUESTED
    assert bench.gateway.writes == []
