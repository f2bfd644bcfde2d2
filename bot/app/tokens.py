"""Slack's tokens for a running bot, which are read again once Slack doesn't accept them.

The signing secret is read again once a request's signature doesn't match it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.config.settings import variable
from bot.slack.signing_secret import SigningSecret
from bot.slack.token import SlackToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app.settings import StartSettings
    from bot.config.settings import Settings


@dataclass(frozen=True, slots=True)
class SlackTokens:
    """The bot token and the app-level token, and the signing secret if that one can change."""

    bot: SlackToken
    app: SlackToken
    signing: SigningSecret | None = None

    def when_replaced(self, call: Callable[[], None]) -> None:
        """Call this after the bot token was replaced."""
        self.bot.on_replaced = call

    def current(self, settings: Settings) -> Settings:
        """The settings with the tokens that are in use."""
        tokens = {
            "slack_bot_token": SecretStr(self.bot.value),
            "slack_app_token": SecretStr(self.app.value),
        }
        return settings.model_copy(update=tokens)

    def stop(self) -> None:
        """Stop reading them again."""
        self.bot.stop()
        self.app.stop()
        if self.signing is not None:
            self.signing.stop()


def fixed_tokens(settings: Settings) -> SlackTokens:
    """The tokens of the settings, which don't change."""
    return SlackTokens(
        SlackToken(settings.slack_bot_token.get_secret_value()),
        SlackToken(settings.slack_app_token.get_secret_value()),
    )


def renewable_tokens(start: StartSettings) -> SlackTokens:
    """The tokens of a running bot, which are read again if they can change."""

    def token(name: str) -> SlackToken:
        value = getattr(start.settings, name).get_secret_value()
        if (renewal := start.renewal(name)) is None:
            return SlackToken(value, variable(name))
        place, read = renewal
        return SlackToken(value, variable(name), place=place, read=read)

    def signing_secret(name: str) -> SigningSecret | None:
        value = getattr(start.settings, name).get_secret_value()
        if start.settings.http is None or (renewal := start.renewal(name)) is None:
            return None
        place, read = renewal
        return SigningSecret(value, place=place, read=read)

    return SlackTokens(
        token("slack_bot_token"), token("slack_app_token"), signing_secret("slack_signing_secret")
    )
