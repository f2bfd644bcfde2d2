"""The members of the sandbox's workspace, as slack_sdk's client lists and finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.workspace import ALICE, BOB, BOT_USER, GROUP
from slack_sdk.errors import SlackApiError

from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

slack_server, slack = fixtures.slack_server, fixtures.slack
client = fixtures.client

Node = dict[str, Any]


def refused(call: Callable[..., Any], **given: object) -> str:
    """Slack's word for why it refused a call."""
    with pytest.raises(SlackApiError) as caught:
        call(**given)
    return str(caught.value.response["error"])


def everyone(client: WebClient, limit: int) -> list[Node]:
    """All members, page by page."""
    members: list[Node] = []
    cursor = ""
    while True:
        page = client.users_list(limit=limit, cursor=cursor)
        members += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            return members


def test_who_is_there_at_first(client: WebClient) -> None:
    """Slackbot, which says that it is no bot, three people with addresses, and the bot."""
    members = everyone(client, 2)
    assert [member["name"] for member in members] == [
        "slackbot",
        "alice",
        "bob",
        "carol",
        "altcontact",
    ]
    assert [member["is_bot"] for member in members] == [False] * 4 + [True]
    assert members[1]["profile"] == {
        "display_name": "alice",
        "real_name": "Alice",
        "email": "alice@corp.example",
    }
    assert "email" not in members[0]["profile"] | members[4]["profile"]
    assert client.users_info(user=BOT_USER)["user"] == members[4]
    assert not members[1]["is_app_user"]


def test_people_come_and_change(slack: SlackSandbox, client: WebClient) -> None:
    """People, guests and bots are added in bulk; one who is there is changed, or deactivated."""
    before = slack.state()["people"]
    slack.people(
        [
            {"id": "U0DANA0001", "name": "Dana Roe", "email": "Dana@corp.example"},
            {"name": "Guest", "is_guest": True},
            {"name": "Robot", "is_bot": True},
            {"id": ALICE, "deleted": True},
        ]
    )
    members = {member["name"]: member for member in everyone(client, 1000)}
    assert members["dana.roe"]["profile"]["real_name"] == "Dana Roe"
    assert members["guest"]["is_restricted"]
    assert "is_stranger" not in members["guest"]
    changed = {"is_single_channel_guest": True, "team_id": "T2", "is_stranger": True}
    slack.people([{"id": BOB, **changed}])
    guest = client.users_info(user=BOB)["user"]
    assert guest["is_restricted"]
    assert guest["is_ultra_restricted"]
    assert (guest["team_id"], guest["is_stranger"]) == ("T2", True)
    assert members["robot"]["is_bot"]
    assert members["alice"]["deleted"]
    assert members["alice"]["profile"]["email"] == "alice@corp.example"
    assert slack.state()["people"] == before
    slack.people([{"id": "U0DANA0001", "name": "Dana Doe"}])
    dana = client.users_info(user="U0DANA0001")["user"]
    assert (dana["name"], dana["profile"]["email"]) == ("dana.doe", "Dana@corp.example")


def test_people_by_their_address(slack: SlackSandbox, client: WebClient) -> None:
    """An address is looked up whatever its case; who was deactivated is not found."""
    assert client.users_lookupByEmail(email="ALICE@corp.example")["user"]["id"] == ALICE
    assert refused(client.users_lookupByEmail, email="nobody@corp.example") == "users_not_found"
    assert refused(client.users_lookupByEmail, email="") == "users_not_found"
    slack.people([{"id": ALICE, "deleted": True}])
    assert refused(client.users_lookupByEmail, email="alice@corp.example") == "users_not_found"
    assert slack.state()["refusals"] == []


@pytest.mark.parametrize(
    "person",
    [
        {"email": "a@corp.example"},
        {"name": 1},
        {"name": "A", "deleted": "yes"},
        {"name": "A", "shoes": 1},
        "Alice",
    ],
)
def test_people_described_wrongly(slack: SlackSandbox, person: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """Who has no name, an unknown member or one of another type does not come."""
    with pytest.raises((SandboxError, ValueError)):
        slack.people([person])


def test_a_crowd(slack: SlackSandbox, client: WebClient) -> None:
    """A large workspace is the same for the same seed, of every kind, and not in the state."""
    slack.settings(tier2=0)
    before = slack.state()
    slack.crowd(3000, seed=7)
    members = everyone(client, 1000)
    assert len(members) == 3005
    emails = [member["profile"].get("email") for member in members]
    assert len({email for email in emails if email}) > 2500
    assert any(member["deleted"] for member in members)
    assert any(member.get("is_restricted") for member in members)
    last = members[-1]
    assert client.users_info(user=last["id"])["user"] == last
    slack.crowd(10, seed=7, domain="other.example")
    few = everyone(client, 1000)
    assert [member["name"] for member in few] == [member["name"] for member in members[:15]]
    slack.people([{"id": few[-1]["id"], "is_guest": True}])
    assert len(everyone(client, 1000)) == 15
    after = slack.state()
    assert (after["people"], after["messages"]) == (before["people"], before["messages"])
    with pytest.raises(SandboxError, match="crowd"):
        slack.crowd(-1)


def test_pages_are_limited(slack: SlackSandbox, client: WebClient) -> None:
    """More than 1,000 a page are refused, as is a large workspace at once, and a wrong cursor."""
    assert len(client.users_list()["members"]) == 5
    assert refused(client.users_list, limit=1001) == "invalid_limit"
    assert refused(client.users_list, cursor="x") == "invalid_cursor"
    assert refused(client.users_list, cursor="6") == "invalid_cursor"
    slack.settings(tier2=0)
    slack.crowd(1000)
    assert refused(client.users_list) == "limit_required"


def test_scopes_of_people(slack: SlackSandbox, client: WebClient) -> None:
    """Without users:read.email nobody has an address, and none is looked up; the header says so."""
    slack.scopes(["users:read"])
    answer = client.users_list()
    assert not any("email" in member["profile"] for member in answer["members"])
    assert answer.headers["x-oauth-scopes"] == "users:read"
    assert refused(client.users_lookupByEmail, email="alice@corp.example") == "missing_scope"
    slack.scopes(["users:read.email"])
    assert refused(client.users_list) == "missing_scope"
    client.users_lookupByEmail(email="alice@corp.example")


@pytest.mark.parametrize(
    ("tier", "method", "given"),
    [
        ("tier2", "users.list", {}),
        ("tier2", "usergroups.users.list", {"usergroup": GROUP}),
        ("tier3", "users.lookupByEmail", {"email": "alice@corp.example"}),
        ("tier4", "users.info", {"user": ALICE}),
    ],
)
def test_rates_are_limited(
    slack: SlackSandbox, client: WebClient, tier: str, method: str, given: Node
) -> None:
    """After a burst a method is taken so often a minute; it says when again, or is let be."""
    slack.settings(call_burst=2)
    for _ in range(2):
        client.api_call(method, params=given)
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, params=given)
    assert caught.value.response.status_code == 429
    wait = {"tier2": 3, "tier3": 2, "tier4": 1}[tier]
    assert int(caught.value.response.headers["Retry-After"]) == wait
    slack.settings(**{tier: 0})
    client.api_call(method, params=given)


def test_faults_strike_here_too(slack: SlackSandbox, client: WebClient) -> None:
    """These methods fail as every other one does."""
    slack.fault("users.list", "ratelimited", seconds=7)
    with pytest.raises(SlackApiError) as caught:
        client.users_list()
    assert caught.value.response.headers["Retry-After"] == "7"
    slack.fault("users.lookupByEmail", "error")
    with pytest.raises(SlackApiError):
        client.users_lookupByEmail(email="alice@corp.example")
    client.users_list()


def test_what_is_kept_of_the_wire(slack: SlackSandbox, client: WebClient) -> None:
    """The wire tells who was listed, by id alone."""
    client.users_list()
    client.users_lookupByEmail(email="alice@corp.example")
    listed, found = slack.wire()["entries"]
    assert listed["answered"]["members"][1]["id"] == found["answered"]["user"]["id"] == ALICE
    assert "alice" not in str(listed["answered"]) + str(found["answered"])
