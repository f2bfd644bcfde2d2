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
    """Whether somebody is named, as far as Slack says.

    Attributes:
        found: whether they are.
        dead: user groups that do not exist or are disabled.
        problem: why a user group could not be read, if one could not.
    """

    found: bool
    dead: tuple[str, ...] = ()
    problem: NotifierError | None = None


class AllowList:
    """Who is named by a setting.

    Args:
        variable: the setting's name.
        allowed: user ids (`U…`, `W…`), user group ids (`S…`), or `*` for everyone.
        groups: the members of user groups.
    """

    def __init__(self, variable: str, allowed: Sequence[str], groups: UserGroups) -> None:
        self.variable = variable
        self.everyone = EVERYONE in allowed
        self.users = tuple(name for name in allowed if name.startswith(("U", "W")))
        self.groups = tuple(name for name in allowed if name.startswith("S"))
        self._user_groups = groups

    @property
    def is_empty(self) -> bool:
        """Whether nobody is named."""
        return not (self.everyone or self.users or self.groups)

    @property
    def who(self) -> str:
        """Who is named, as mrkdwn."""
        return "everyone" if self.everyone else mentions(self.users, self.groups)

    def find(self, user_id: str, *, fresh: bool = False) -> Search:
        """Look for somebody; a group that cannot be read does not hide the others.

        Args:
            user_id: who.
            fresh: whether groups are asked for now, whatever is known of them.
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
        """The user groups but for the dead ones."""
        return tuple(group for group in self.groups if group not in dead)

    def dead_words(self, dead: Sequence[str]) -> str:
        """What is wrong with the setting where groups are dead, as a sentence."""
        plural = len(dead) > 1
        exist, are = ("do", "are") if plural else ("does", "is")
        return (
            f"{self.variable} names {', '.join(dead)}, which {exist} not exist or {are} disabled "
            "in Slack."
        )

    @property
    def correct_words(self) -> str:
        """The next step then."""
        return f"Ask an administrator of this bot to correct {self.variable}."
