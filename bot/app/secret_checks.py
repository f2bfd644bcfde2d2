"""The doctor's lines about secrets: where each comes from, and how Slack takes the tokens."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bot.config.secret_references import SecretFile, is_exposed
from bot.config.settings import variable
from bot.services.doctor import Check, CheckResult, Section, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.config.secret_references import SecretSource
    from bot.slack.token import SlackToken


def source_checks(secrets: Mapping[str, SecretSource], wrong: frozenset[str]) -> Sequence[Check]:
    """A check of each secret that is set by reference and could be read.

    Args:
        secrets: how each secret setting is set.
        wrong: the settings with problems of their own.
    """

    def check() -> Iterator[CheckResult]:
        for name, source in secrets.items():
            if name not in wrong and source.may_refer:
                yield _source(variable(name), source)

    return (Check(Section.SETTINGS, "Secrets", check),)


def token_checks(tokens: Sequence[SlackToken]) -> Sequence[Check]:
    """A check of each token that is read again once Slack doesn't accept it."""

    def check() -> Iterator[CheckResult]:
        for token in tokens:
            if token.place:
                yield _token(token)

    return (Check(Section.SETTINGS, "Tokens", check),)


def _source(setting: str, source: SecretSource) -> CheckResult:
    reference = source.reference()
    if isinstance(reference, SecretFile) and is_exposed(reference.path):
        path = shlex.quote(str(reference.path))
        return CheckResult(
            Section.SETTINGS,
            setting,
            State.WARNING,
            f"read from {reference}, which every user of this machine can read.",
            "Let only the user of the bot read it:",
            f"chmod 600 {path}",
        )
    return CheckResult(Section.SETTINGS, setting, State.OK, f"read from {reference}.")


def _token(token: SlackToken) -> CheckResult:
    status = token.status
    if not status.code:
        message = f"read from {token.place}."
        return CheckResult(Section.SETTINGS, token.setting, State.OK, message)
    message = status.problem or f"Slack doesn't accept the one in {token.place} ({status.code})."
    remedy = status.remedy or "The bot reads it again every minute."
    return CheckResult(Section.SETTINGS, token.setting, State.FAILURE, message, remedy)
