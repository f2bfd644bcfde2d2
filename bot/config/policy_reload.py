"""Holds the policy that the bot goes by, and takes a new one from the file while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.config import policy_file
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.load import Settings
    from bot.domain.policy.match import Match
    from bot.domain.policy.policy import Policy, Value

_log = structlog.get_logger(__name__)

_RELOADED: Final = frozenset({"policy", "types"})
"""The settings of which the policy is made; every other one is taken at a start alone."""


@dataclass(frozen=True, slots=True)
class PolicyReload:
    """What a reload came to.

    Args:
        policy: what is gone by from now on.
        changed: whether it differs from the one before.
        tables: how many tables of policy the file has now, and `tables_before` had before.
        restart_for: the settings that differ from those the bot was started with, by their names
            in the file; they count after a restart.
    """

    policy: Policy
    changed: bool
    tables: int
    tables_before: int
    restart_for: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What happened, for people."""
        now = f"{self.tables} table{'' if self.tables == 1 else 's'}"
        if not self.changed:
            return f"The policy is as it was, of {now}."
        if self.tables == self.tables_before:
            return f"The new policy of {now} holds from now on."
        return f"The new policy of {now} holds from now on; before it had {self.tables_before}."

    @property
    def restart_words(self) -> str:
        """Which other settings wait for a restart, for people; empty where none does."""
        if not self.restart_for:
            return ""
        one = len(self.restart_for) == 1
        names = ", ".join(f"`{name}`" for name in self.restart_for)
        return f"{names} changed, too; {'that needs' if one else 'those need'} a restart."


class ReloadablePolicy:
    """The policy of a running bot. Safe to use from several threads.

    Args:
        settings: those that the bot was started with.
        load: reads all settings anew, or raises SettingsError.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._settings = settings
        self._load = load
        self._policy = settings.policy
        self._lock = threading.Lock()

    def current(self) -> Policy:
        """The policy of this moment; what takes longer keeps the one it began with."""
        return self._policy

    def reload(self) -> PolicyReload:
        """Read the file anew, and go by its policy from now on.

        Raises:
            SettingsError: anything in the settings is wrong; everything stays as it was.
        """
        with self._lock:
            try:
                found = self._load()
            except SettingsError as error:
                _log.warning("policy not reloaded", problems=len(error.problems))
                raise
            before, self._policy = self._policy, found.policy
        reloaded = PolicyReload(
            found.policy,
            changed=_said(found.policy) != _said(before),
            tables=policy_file.count(found.policy),
            tables_before=policy_file.count(before),
            restart_for=tuple(
                name
                for name in type(found).model_fields
                if name not in _RELOADED and getattr(found, name) != getattr(self._settings, name)
            ),
        )
        _log.info(
            "policy reloaded",
            changed=reloaded.changed,
            tables=reloaded.tables,
            tables_before=reloaded.tables_before,
            restart_for=list(reloaded.restart_for),
        )
        return reloaded


def _said(policy: Policy) -> list[tuple[Match, dict[str, Value]]]:
    """What a policy says, on whichever lines of its file."""
    return [(table.match, dict(table.values)) for table in policy.tables]
