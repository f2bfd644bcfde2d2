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
"""The settings that make up the policy; a change to any other needs a restart."""


@dataclass(frozen=True, slots=True)
class PolicyReload:
    """The result of a reload.

    Args:
        policy: the policy that is now in use.
        changed: whether it differs from the previous one.
        sections: how many policy sections the file has now; `sections_before`: had before.
        replicas: how many other replicas still have to apply it.
        restart_for: the settings that differ from those at the start, by their names in the file;
            they need a restart.
    """

    policy: Policy
    changed: bool
    sections: int
    sections_before: int
    restart_for: tuple[str, ...] = ()
    replicas: int = 0

    @property
    def message(self) -> str:
        """What happened, as text for people."""
        if not self.changed:
            return "Policy unchanged."
        now = f"{self.sections} section{'' if self.sections == 1 else 's'}"
        same = self.sections == self.sections_before
        before = "" if same else f" (previously {self.sections_before})"
        return f"Policy reloaded: {now}{before}."

    @property
    def replicas_message(self) -> str:
        """That other replicas follow, as text for people; empty if there are none."""
        if not self.replicas:
            return ""
        who = (
            "The other replica applies"
            if self.replicas == 1
            else (f"The other {self.replicas} replicas apply")
        )
        return f"{who} it as soon as the file there is the same."

    @property
    def restart_message(self) -> str:
        """Which other settings need a restart, as text for people; empty if none does."""
        if not self.restart_for:
            return ""
        one = len(self.restart_for) == 1
        names = ", ".join(f"`{name}`" for name in self.restart_for)
        return f"{names} also changed. Restart the bot to apply {'it' if one else 'them'}."


class ReloadablePolicy:
    """The policy of a running bot. Safe to use from several threads.

    Args:
        settings: the settings at the start.
        load: reads all settings again, or raises SettingsError.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._settings = settings
        self._load = load
        self._policy = settings.policy
        self._lock = threading.Lock()

    def current(self) -> Policy:
        """The current policy; a longer operation keeps the one it started with."""
        return self._policy

    def reload(self, record: Callable[[Policy], None] = lambda _: None) -> PolicyReload:
        """Read the file again and use its policy.

        Args:
            record: called with the policy before it is used. If it raises, the previous policy
                stays in use.

        Raises:
            SettingsError: a setting is invalid; the previous policy stays in use.
        """
        with self._lock:
            try:
                loaded = self._load()
            except SettingsError as error:
                _log.warning("policy not reloaded", problems=len(error.problems))
                raise
            record(loaded.policy)
            previous, self._policy = self._policy, loaded.policy
        reloaded = PolicyReload(
            loaded.policy,
            changed=_content(loaded.policy) != _content(previous),
            sections=policy_file.count(loaded.policy),
            sections_before=policy_file.count(previous),
            restart_for=tuple(
                name
                for name in type(loaded).model_fields
                if name not in _RELOADED and getattr(loaded, name) != getattr(self._settings, name)
            ),
        )
        _log.info(
            "policy reloaded",
            changed=reloaded.changed,
            sections=reloaded.sections,
            sections_before=reloaded.sections_before,
            restart_for=list(reloaded.restart_for),
        )
        return reloaded


def _content(policy: Policy) -> list[tuple[Match, dict[str, Value]]]:
    """The content of a policy, without the lines of its sections."""
    return [(table.match, dict(table.values)) for table in policy.tables]
