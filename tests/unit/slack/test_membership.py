"""Answers of Slack about people that are not as it documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.domain.actors import Actor
from bot.domain.errors import NotifierError
from bot.slack.membership import Standing, WorkspaceMembership
from bot.slack.user_groups import UserGroups
from tests.unit.fakes import FakeClock

if TYPE_CHECKING:
    from slack_sdk import WebClient

INSTALLED = {"team_id": "T1"}
ANA = {"id": "U1", "team_id": "T1"}


class FakeClient:
    """A client that answers as a test says."""

    def __init__(self, auth: object = None, user: object = None, users: object = None) -> None:
        self._auth, self._user, self._users = auth or INSTALLED, user, users

    def auth_test(self) -> object:
        return self._auth

    def users_info(self, user: str) -> dict[str, Any]:
        return {"user": self._user}

    def usergroups_users_list(self, usergroup: str) -> dict[str, Any]:
        return {"users": self._users}


def standing(auth: object = None, user: object = ANA, *teams: str) -> Standing:
    """What somebody is, who acts in a workspace."""
    client = cast("WebClient", FakeClient(auth, user))
    membership = WorkspaceMembership(client, client, FakeClock())
    return membership.standing(Actor("U1", frozenset(teams or ("T1",))))


@pytest.mark.parametrize("auth", [{"user": "bot"}, {"team_id": ""}, {"team_id": None}])
def test_an_installation_that_is_not_told(auth: dict[str, Any]) -> None:
    """Without a workspace to compare with, nobody is a member."""
    with pytest.raises(NotifierError, match="malformed"):
        standing(auth)


@pytest.mark.parametrize("user", [None, "U1", [], {}, {"id": ""}])
def test_a_user_who_is_not_told(user: object) -> None:
    """An answer without a user says nothing of them."""
    with pytest.raises(NotifierError, match="malformed"):
        standing(None, user)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"id": "U1"}, Standing.MEMBER),
        ({"id": "U1", "team_id": "T1", "enterprise_user": None}, Standing.MEMBER),
        ({"id": "U1", "team_id": "T1", "enterprise_user": {"teams": None}}, Standing.MEMBER),
        ({"id": "U1", "team_id": "T2"}, Standing.FOREIGN),
        ({"id": "U1", "enterprise_user": {"enterprise_id": "E9"}}, Standing.FOREIGN),
        ({"id": "U1", "team_id": "T2", "enterprise_user": {"teams": 7}}, Standing.FOREIGN),
        ({"id": "U1", "team_id": "T1", "is_workflow_bot": True}, Standing.BOT),
    ],
)
def test_members_that_are_missing(user: dict[str, Any], expected: Standing) -> None:
    """What is not said is no objection; what is said counts."""
    assert standing(None, user) is expected


def test_an_organizations_id_in_place_of_a_workspaces() -> None:
    """An installation for a whole organization may be reported with the organization's id alone."""
    auth = {"team_id": "E1", "enterprise_id": "E1", "is_enterprise_install": True}
    user = {"id": "U1", "team_id": "T7", "enterprise_user": {"enterprise_id": "E1"}}
    assert standing(auth, user, "T7") is Standing.MEMBER
    assert standing(auth, {"id": "U1", "team_id": "T7"}, "T7") is Standing.FOREIGN


@pytest.mark.parametrize("users", [None, "U1", {"U1": True}])
def test_a_group_that_is_not_told(users: object) -> None:
    """An answer without a list of members lets nobody in."""
    client = cast("WebClient", FakeClient(users=users))
    with pytest.raises(NotifierError, match="malformed"):
        UserGroups(client, client, FakeClock()).members("S1")
