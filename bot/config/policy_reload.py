"""The policy of a running bot, which can be reloaded from the file."""

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
    from bot.domain.policy.account_policy import Value
    from bot.domain.policy.match import Match
    from bot.domain.policy.policy import Policy

_log = structlog.get_logger(__name__)

_RELOADED: Final = frozenset({"policy", "types"})
"""The settings that make up the policy; every other one needs a restart."""


@dataclass(frozen=True, slots=True)
class PolicyReload:
    """The result of a reload.

    Args:
        policy: the policy from now on.
        changed: whether it differs from the previous one.
        tables: how many policy tables the file has now; `tables_before`: had before.
        restart_for: the settings that differ from those at the start, by their names in the file;
            they need a restart.
    """

    policy: Policy
    changed: bool
    tables: int
    tables_before: int
    restart_for: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What happened, for a person."""
        now = f"{self.tables} table{'' if self.tables == 1 else 's'}"
        if not self.changed:
            return f"The policy is as it was, of {now}."
        if self.tables == self.tables_before:
            return f"The new policy of {now} holds from now on."
        return f"The new policy of {now} holds from now on; before it had {self.tables_before}."

    @property
    def restart_message(self) -> str:
        """Which other settings need a restart, for a person; empty where none does."""
        if not self.restart_for:
            return ""
        one = len(self.restart_for) == 1
        names = ", ".join(f"`{name}`" for name in self.restart_for)
        return f"{names} changed, too; {'that needs' if one else 'those need'} a restart."


class ReloadablePolicy:
    """The policy of a running bot. Safe to use from several threads.

    Args:
        settings: those at the start.
        load: reads all settings again, or raises SettingsError.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._settings = settings
        self._load = load
        self._policy = settings.policy
        self._lock = threading.Lock()

    def current(self) -> Policy:
        """The policy at this moment; a longer operation keeps the one it started with."""
        return self._policy

    def reload(self) -> PolicyReload:
        """Read the file again, and use its policy from now on.

        Raises:
            SettingsError: a setting is invalid; the policy stays as it was.
        """
        with self._lock:
            try:
                loaded = self._load()
            except SettingsError as error:
                _log.warning("policy not reloaded", problems=len(error.problems))
                raise
            previous, self._policy = self._policy, loaded.policy
        reloaded = PolicyReload(
            loaded.policy,
            changed=_content(loaded.policy) != _content(previous),
            tables=policy_file.count(loaded.policy),
            tables_before=policy_file.count(previous),
            restart_for=tuple(
                name
                for name in type(loaded).model_fields
                if name not in _RELOADED and getattr(loaded, name) != getattr(self._settings, name)
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


def _content(policy: Policy) -> list[tuple[Match, dict[str, Value]]]:
    """The content of a policy, without the lines of its tables."""
    return [(table.match, dict(table.values)) for table in policy.tables]
