"""The rights of whoever runs the command line: those of the host, not of a Slack user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.actors import Actor
from bot.domain.errors import NotAllowed
from bot.services.ports.slack import ApproverSearch

if TYPE_CHECKING:
    from collections.abc import Sequence


class HostAuthorizer:
    """An `Authorizer` for the command line.

    Who can run it has the bot's credentials for AWS, and may fix any contact that needs no second
    person. Nobody can approve on the command line.

    Args:
        setting: the fixers of the setting, as user and user group ids.
    """

    def __init__(self, setting: Sequence[str]) -> None:
        self._setting = tuple(setting)

    def require_fixer(self, actor: Actor, account_id: str = "", *, fresh: bool = False) -> None:
        """Accept anybody; see `Authorizer.require_fixer`."""

    def require_fixer_among(
        self, actor: Actor, fixers: Sequence[str] | None, *, fresh: bool = False
    ) -> None:
        """Accept anybody; see `Authorizer.require_fixer_among`."""

    def require_approver(
        self,
        actor: Actor,  # noqa: ARG002 - the port's
        approvers: Sequence[str],  # noqa: ARG002 - the same
        *,
        fresh: bool = False,  # noqa: ARG002 - the same
    ) -> None:
        """Accept nobody.

        Raises:
            NotAllowed: always.
        """
        raise NotAllowed("Approvals are given in Slack.", "Fix this contact in Slack.")

    def fixers(self, fixers: Sequence[str] | None) -> tuple[str, ...]:
        """The fixers of an account's policy, or of the setting if it names none."""
        return self._setting if fixers is None else tuple(fixers)

    def find_approver(
        self,
        approvers: Sequence[str],  # noqa: ARG002 - the port's
        besides: str,  # noqa: ARG002 - the same
    ) -> ApproverSearch:
        """Nobody can approve here."""
        return ApproverSearch(found=False, problem="Approvals are given in Slack.")

    def member(self, user_id: str) -> Actor:
        """A person by their id alone."""
        return Actor(user_id)
