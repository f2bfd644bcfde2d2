"""The `Authorizer` for Slack: users and user groups of the bot's own workspace."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotAllowed, NotifierError, RightsUnknown
from bot.domain.policy.policy import PolicyUnknown
from bot.services.ports.slack import ApproverSearch
from bot.slack.allow_list import AllowList
from bot.slack.membership import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.domain.actors import Actor
    from bot.services.account_policy import AccountPolicies
    from bot.slack.membership import WorkspaceMembership
    from bot.slack.user_groups import UserGroups

    OnRefused = Callable[[Actor, NotAllowed, str], None]

_log = structlog.get_logger(__name__)

MOST_SEARCHED: Final = 30
"""People who are looked up to find one approver; Slack allows about a hundred calls a minute."""

_OUTSIDERS: Final = {
    Standing.GUEST: "Guests can't {right}.",
    Standing.FOREIGN: "People from other Slack workspaces can't {right}.",
    Standing.BOT: "Bots and apps can't {right}.",
    Standing.DEACTIVATED: "A deactivated Slack account can't {right}.",
}

_NEEDED: Final = {"units": "OUs", "tags": "tags", "account": "name"}


@dataclass(frozen=True, slots=True)
class _Right:
    """What people may do, in words, and where the policy names them."""

    words: str
    source: str


_FIX: Final = _Right("change contacts", "fixers in the policy")
_APPROVE: Final = _Right("approve this change", "approvers in the policy")


class SlackFixers:
    """Decides who may change contacts: only members of the workspace, whatever names them.

    Args:
        allowed: the setting: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for every member;
            empty for nobody.
        membership: distinguishes members, guests, bots and people from other workspaces.
        groups: the members of user groups.
        policies: look up whom the policy names instead; None if there is no policy.
        on_refused: called with a person who asked for something, why they may not have it, and the
            account's id, empty if none is concerned.
    """

    def __init__(
        self,
        allowed: Sequence[str],
        membership: WorkspaceMembership,
        groups: UserGroups,
        policies: AccountPolicies | None = None,
        on_refused: OnRefused = lambda *_: None,
    ) -> None:
        self._setting = AllowList("ALTCONTACT_FIXERS", allowed, groups)
        self._allowed = tuple(allowed)
        self._membership = membership
        self._groups = groups
        self._policies = policies
        self._on_refused = on_refused

    @property
    def read_only(self) -> bool:
        """Whether nobody may change any contact, so that it isn't offered."""
        return self._general.is_empty and not self._named

    @property
    def who(self) -> str:
        """The people who may, as mrkdwn."""
        general = self._general
        more = [name for name in self._named if name not in general.names]
        if not more or general.everyone:
            return general.who
        some = f"for some accounts {AllowList(_FIX.source, more, self._groups).who}"
        return some if general.is_empty else f"{general.who}; {some}"

    def require_fixer(self, actor: Actor, account_id: str = "", *, fresh: bool = False) -> None:
        """Check that a person is a fixer; see `Authorizer.require_fixer`."""
        named = self._of_account(account_id, fresh=fresh)
        with self._recorded(actor, account_id):
            self._require(actor, named, _FIX, fresh=fresh)

    def require_any_fixer(self, actor: Actor) -> None:
        """Check that a person is a fixer of any account.

        Raises:
            NotAllowed: the person isn't.
            RightsUnknown: Slack couldn't say.
        """
        named = tuple(dict.fromkeys((*self._general.names, *self._named)))
        self._require(actor, AllowList(_FIX.source, named, self._groups), _FIX, fresh=False)

    def require_fixer_among(
        self, actor: Actor, fixers: Sequence[str] | None, *, fresh: bool = False
    ) -> None:
        """Check that a person is one of these; see `Authorizer.require_fixer_among`."""
        with self._recorded(actor, is_decision=fresh):
            self._require(actor, self._fixers(fixers), _FIX, fresh=fresh)

    def require_approver(
        self, actor: Actor, approvers: Sequence[str], *, fresh: bool = False
    ) -> None:
        """Check that a person is one of these; see `Authorizer.require_approver`."""
        with self._recorded(actor, is_decision=fresh):
            self._require(actor, self._approvers(approvers), _APPROVE, fresh=fresh)

    def fixers(self, fixers: Sequence[str] | None) -> tuple[str, ...]:
        """The fixers of an account's policy, or of the setting if it names none."""
        return self._allowed if fixers is None else tuple(fixers)

    def find_approver(self, approvers: Sequence[str], besides: str) -> ApproverSearch:
        """Ask Slack whether anybody else is an approver; see `Authorizer.find_approver`."""
        named = self._approvers(approvers)
        if named.everyone:
            return ApproverSearch(found=True)
        problems: list[str] = []
        try:
            for number, user_id in enumerate(self._candidates(named, besides, problems)):
                if number >= MOST_SEARCHED:
                    return ApproverSearch(found=None)
                if self._membership.standing_of(user_id, fresh=True) is Standing.MEMBER:
                    return ApproverSearch(found=True)
        except NotifierError as problem:
            words = f"Slack couldn't say who can approve. {problem} {problem.remedy}"
            return ApproverSearch(found=None, problem=words.rstrip())
        return ApproverSearch(found=False, problem=" ".join(problems))

    def member(self, user_id: str) -> Actor:
        """A person whom the database names; see `Authorizer.member`."""
        try:
            return self._membership.actor(user_id)
        except NotifierError as problem:
            words = f"Slack could not say who {user_id} is. {problem}"
            raise RightsUnknown(words, problem.remedy) from problem

    @property
    def _general(self) -> AllowList:
        """The fixers where no account is concerned: `[policy]` comes before the setting."""
        if self._policies is None:
            return self._setting
        return self._fixers(self._policies.current.general_fixers)

    @property
    def _named(self) -> tuple[str, ...]:
        """Every fixer that a section of the policy names."""
        return self._policies.current.people["fixers"] if self._policies is not None else ()

    def _of_account(self, account_id: str, *, fresh: bool) -> AllowList:
        if not account_id or self._policies is None:
            return self._general
        rights = self._policies.rights(account_id, placed=fresh)
        if isinstance(rights, PolicyUnknown):
            what = " and ".join(_NEEDED[need] for need in rights.needs)
            raise RightsUnknown(
                f"Who can change the contacts of {account_id} is unknown, because the account's "
                f"{what} couldn't be read.",
                f"To see why, type /altcontact check {account_id}. Then try again.",
            )
        return self._fixers(rights.fixers)

    def _fixers(self, fixers: Sequence[str] | None) -> AllowList:
        if fixers is None:
            return self._setting
        return AllowList(_FIX.source, fixers, self._groups)

    def _approvers(self, approvers: Sequence[str]) -> AllowList:
        is_setting = tuple(approvers) == self._allowed
        source = self._setting.variable if is_setting else _APPROVE.source
        return AllowList(source, approvers, self._groups)

    @contextmanager
    def _recorded(
        self, actor: Actor, account_id: str = "", *, is_decision: bool = True
    ) -> Iterator[None]:
        """Have a refusal recorded, unless it only decides what is shown."""
        try:
            yield
        except NotAllowed as error:
            if is_decision:
                self._on_refused(actor, error, account_id)
            raise

    def _require(self, actor: Actor, named: AllowList, right: _Right, *, fresh: bool) -> None:
        if named.is_empty:
            raise self._nobody(named)
        try:
            standing = self._membership.standing(actor, fresh=fresh)
        except NotifierError as problem:
            raise RightsUnknown(
                f"Slack could not say who you are. {problem}", problem.remedy
            ) from problem
        if standing is not Standing.MEMBER:
            _log.warning("refused", user=actor.user_id, standing=standing.name.lower())
            raise _refused(_OUTSIDERS[standing].format(right=right.words), named)
        search = named.find(actor.user_id, fresh=fresh)
        if search.found:
            return
        if search.problem is not None:
            raise RightsUnknown(
                f"Slack could not say whether you can {right.words}. {search.problem}",
                search.problem.remedy,
            ) from search.problem
        denied = f"You don't have permission to {right.words}."
        raise _dead(denied, named, search.dead) if search.dead else _refused(denied, named)

    def _nobody(self, named: AllowList) -> NotAllowed:
        """The error where nobody at all is named."""
        if named is self._setting:
            return NotAllowed(
                "Changing contacts is turned off: this bot is read-only.",
                "To turn it on, name users or user groups in ALTCONTACT_FIXERS and start it again.",
            )
        return NotAllowed(
            "Changing these contacts is turned off: the policy names no fixers.",
            "To turn it on, name users or user groups as fixers in the policy, and reload it.",
        )

    def _candidates(self, named: AllowList, besides: str, problems: list[str]) -> Iterator[str]:
        """Everybody named but one user; `problems` gets why groups yield nobody.

        Raises:
            NotifierError: Slack couldn't say who is in a group.
        """
        others = [user for user in named.users if user != besides]
        yield from others
        if others:
            problems.append(f"{', '.join(others)}: not an active member of the workspace.")
        for group in named.groups:
            members = self._groups.members(group, fresh=True)
            if members is None:
                problems.append(f"User group {group} doesn't exist or is disabled in Slack.")
            elif not members:
                problems.append(f"User group {group} has no members.")
            elif members == {besides}:
                problems.append(f"User group {group} has only you as a member.")
            else:
                yield from sorted(members - {besides})
                problems.append(f"User group {group} has no other active members.")


def _refused(message: str, named: AllowList) -> NotAllowed:
    if named.everyone:
        return NotAllowed(message, "Ask a member of this workspace to do it.")
    return NotAllowed(message, "Ask", named.users, named.groups)


def _dead(denied: str, named: AllowList, dead: Sequence[str]) -> NotAllowed:
    """The error for a person who may have been in a group that no longer exists."""
    users, alive = named.users, named.alive(dead)
    remedy = named.correct_words
    if users or alive:
        remedy += " Until then you can ask"
    return NotAllowed(f"{denied} {named.dead_words(dead)}", remedy, users, alive)
