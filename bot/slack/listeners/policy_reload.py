"""`/altcontact reload`: a fixer applies the policy file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import NotAllowed, SettingsError
from bot.slack.views import policy_reload

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.policy_reload import PolicyReload
    from bot.domain.actors import Actor
    from bot.services.ports.slack import Authorizer
    from bot.slack.direct_messages import PrivateReply


class PolicyReloadListener:
    """Applies the policy file, for fixers only.

    Args:
        fixers: who may change contacts.
        reload_policy: applies the policy file for a user.
    """

    def __init__(self, fixers: Authorizer, reload_policy: Callable[[str], PolicyReload]) -> None:
        self._fixers = fixers
        self._reload_policy = reload_policy

    def answer(self, actor: Actor, reply: PrivateReply) -> None:
        """Apply the policy file, and reply with the result.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
        """
        try:
            self._fixers.require_fixer(actor, fresh=True)
        except NotAllowed as error:
            raise error.of("Only fixers can reload the policy.") from error
        try:
            reloaded = self._reload_policy(actor.user_id)
        except SettingsError as error:
            reply(policy_reload.refused_message(error))
        else:
            reply(policy_reload.reloaded_message(reloaded))
