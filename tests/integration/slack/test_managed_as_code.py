"""A contact that a tool keeps as code: the form gives the code, and AWS is changed on request."""

from __future__ import annotations

from typing import Any, Final

from bot.domain.policy.policy import Policy, PolicyTable
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import FORM, WEB, SlackBench, bench

__all__ = ["bench", "slack", "slack_server"]

REPOSITORY: Final = "https://git.corp.example/aws/accounts"
TICKED: Final = {"managed": ["terraform"]}


def manage(bench: SlackBench) -> None:
    """Have Terraform keep contacts as code."""
    values = {"managed_by": "terraform", "repository": REPOSITORY}
    bench.policy = Policy.requiring(tables=[PolicyTable("policy", values)])


def code(view: dict[str, Any]) -> str:
    """The code in a view."""
    return "\n".join(
        block["elements"][0]["elements"][0]["text"]
        for block in view["view"]["blocks"]
        if block["type"] == "rich_text"
    )


def test_the_form_gives_code_and_changes_nothing(bench: SlackBench) -> None:
    """Which tool, and where, is in the form at once; the code has what was typed."""
    manage(bench)
    bench.open_form(WEB)
    view = bench.slack.wait_view("Managed by Terraform")
    assert REPOSITORY in str(view)
    assert set(bench.slack.submit(**{**FORM, "phone": "12345"})["errors"]) == {"phone"}
    bench.slack.submit(**FORM)
    view = bench.slack.wait_view("aws_account_alternate_contact")
    assert FORM["email"] in code(view)
    assert f'account_id             = "{WEB.id}"' in code(view)
    assert "Nothing was changed in AWS" in str(view)
    # Without the confirmation, the code follows the fields.
    bench.slack.submit(**{**FORM, "name": "Cloud security"})
    view = bench.slack.wait_view('Cloud security"')
    assert 'name                   = "Cloud security"' in code(view)
    assert (bench.gateway.writes, bench.store.fixes.get(1)) == ([], None)


def test_aws_is_changed_once_that_is_confirmed(bench: SlackBench) -> None:
    """The result and the channel's message say that the tool will overwrite it."""
    manage(bench)
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("aws_account_alternate_contact")
    bench.slack.submit(**FORM, **TICKED)
    bench.slack.wait_view("Terraform overwrites this when it is next applied")
    assert [contact.email for contact in bench.gateway.writes] == [FORM["email"]]
    bench.announcer.deliver()
    (message,) = bench.slack.messages()
    assert "Terraform overwrites this when it is next applied" in str(message)
    assert FORM["email"] not in str(message)


def test_an_account_that_became_managed_while_its_form_was_open(bench: SlackBench) -> None:
    """The policy that is in force when the form is submitted decides."""
    bench.open_form(WEB)
    manage(bench)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("aws_account_alternate_contact")
    assert bench.gateway.writes == []
