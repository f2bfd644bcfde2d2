"""The users and user groups that a setting names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.errors import NotifierError
from bot.slack.views.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.slack.user_groups import UserGroups

EVERYONE: Final = "*"


@dataclass(frozen=True, slots=True)
class Search:
    """Whether a setting names a person.

    Attributes:
        found: whether it does.
        dead: user groups that don't exist or are disabled.
        problem: why a user group couldn't be read, if any.
    """

    found: bool
    dead: tuple[str, ...] = ()
    problem: NotifierError | None = None


class AllowList:
    """The people whom a setting names.

    Args:
        variable: the name of the setting, or of what else names them.
        allowed: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for everyone.
        groups: the members of user groups.
    """

    def __init__(self, variable: str, allowed: Sequence[str], groups: UserGroups) -> None:
        self.variable = variable
        self.everyone = EVERYONE in allowed
        self.users = tuple(name for name in allowed if name.startswith(("U", "W")))
        self.groups = tuple(name for name in allowed if name.startswith("S"))
        self.names = tuple(allowed)
        self._user_groups = groups

    @property
    def is_empty(self) -> bool:
        """Whether the setting names nobody."""
        return not (self.everyone or self.users or self.groups)

    @property
    def who(self) -> str:
        """The people whom the setting names, as mrkdwn."""
        return "everyone" if self.everyone else mentions(self.users, self.groups)

    def find(self, user_id: str, *, fresh: bool = False) -> Search:
        """Look up a person; a group that can't be read doesn't prevent a match in the others.

        Args:
            user_id: the person.
            fresh: whether to read groups from Slack now instead of using cached ones.
        """
        if self.everyone or user_id in self.users:
            return Search(found=True)
        dead: list[str] = []
        problem: NotifierError | None = None
        for group in self.groups:
            try:
                members = self._user_groups.members(group, fresh=fresh)
            except NotifierError as error:
                problem = error
                continue
            if members is None:
                dead.append(group)
            elif user_id in members:
                return Search(found=True)
        return Search(found=False, dead=tuple(dead), problem=problem)

    def alive(self, dead: Sequence[str]) -> tuple[str, ...]:
        """The user groups without the dead ones."""
        return tuple(group for group in self.groups if group not in dead)

    def dead_words(self, dead: Sequence[str]) -> str:
        """A sentence about the dead groups in the setting."""
        plural = len(dead) > 1
        exist, are = ("do", "are") if plural else ("does", "is")
        return (
            f"{self.variable} names {', '.join(dead)}, which {exist} not exist or {are} disabled "
            "in Slack."
        )

    @property
    def correct_words(self) -> str:
        """The next step if groups are dead."""
        return f"Ask an administrator of this bot to correct {self.variable}."
