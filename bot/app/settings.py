"""Loads the settings with their secrets, from wherever these are; reads secrets again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.config.load import load, load_lenient, valid
from bot.config.secret_references import DATABASE, SecretFile, read_secret_file
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.aws.secret_values import SecretValues
    from bot.config.load import Settings
    from bot.config.secret_references import SecretReference, SecretSource


class SecretReader:
    """Reads what references point to. One is good for one loading of the settings."""

    def __init__(self) -> None:
        self._values: SecretValues | None = None

    def __call__(self, reference: SecretReference) -> str:
        """The value of a reference.

        Raises:
            SecretUnreadable: it can't be read.
        """
        if isinstance(reference, SecretFile):
            return read_secret_file(reference.path)
        if self._values is None:
            from bot.aws.secret_values import SecretValues  # noqa: PLC0415 - boto3 is slow to import

            self._values = SecretValues()
        return self._values.read(reference)


def load_settings(environ: Mapping[str, str], *, needs_slack: bool) -> Settings:
    """The settings, with the secrets that are needed.

    Raises:
        SettingsError: one is invalid or missing; the message names every one.
    """
    return load(environ, needs_slack=needs_slack, read_secret=SecretReader())


class StartSettings:
    """The settings that a bot starts with, and what is read again while it runs.

    Args:
        environ: the environment.

    Raises:
        SettingsError: a setting is invalid or missing; the message names every one.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._read: dict[SecretReference, str] = {}
        reader = SecretReader()

        def read(reference: SecretReference) -> str:
            self._read[reference] = reader(reference)
            return self._read[reference]

        loaded = load_lenient(environ, needs_slack=True, read_secret=read)
        self.secrets: Mapping[str, SecretSource] = loaded.secrets
        self.settings = self._with_login(valid(loaded))

    def load_again(self, environ: Mapping[str, str]) -> Settings:
        """The settings as they are now, for a reload of the policy.

        Secrets that are set by the same reference as at the start have the value from then: they
        are no reason for a restart, and AWS need not be reached.

        Raises:
            SettingsError: one is invalid or missing; the message names every one.
        """
        reader = SecretReader()

        def read(reference: SecretReference) -> str:
            return self._read.get(reference) or reader(reference)

        loaded = load(environ, needs_slack=True, read_secret=read)
        if loaded.database == self.settings.database:
            # The login in use may be another one by now.
            return loaded.model_copy(update={"database": self.settings.database})
        return loaded

    def read_secret_again(self, name: str) -> str:
        """The value of a secret setting as it is now.

        Raises:
            SettingsError: it can't be read, isn't set any more, or is invalid.
        """
        names = DATABASE if name in DATABASE else (name,)
        found = load_lenient(
            self._environ, needs_slack=True, read_secret=SecretReader(), secrets=names
        )
        if name in found.wrong:
            problems = (found.secret_problems.get(each) for each in names)
            problem = next(filter(None, problems), found.problems[0])
            raise SettingsError(str(problem), (problem,))
        value = getattr(found.settings, name)
        return str(value if isinstance(value, Path) else value.get_secret_value())

    def renewal(self, name: str) -> tuple[str, Callable[[], str]] | None:
        """Where a secret setting is read from, and what reads it again; None if it can't change.

        What is set in the environment stays, unlike all others.
        """
        source = self.secrets.get(name)
        if source is None or (source.in_environ and not source.may_refer):
            return None
        place = str(source.reference() or "the settings file")
        return place, lambda: self.read_secret_again(name)

    def _with_login(self, settings: Settings) -> Settings:
        """The settings, with a database whose login is read again once it is refused."""
        # The password, if it is apart, and else the whole address.
        places = [found[0] for name in reversed(DATABASE) if (found := self.renewal(name))]
        if isinstance(settings.database, Path) or not places:
            return settings
        from bot.store.postgres.login import RenewableUrl  # noqa: PLC0415 - few use PostgreSQL

        renewable = RenewableUrl(
            settings.database.get_secret_value(),
            places[0],
            lambda: self.read_secret_again("database"),
        )
        return settings.model_copy(update={"database": renewable})
