"""Opens what `altcontact policy explain` needs: the database, and AWS as the settings name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.aws.gateway import gateways_for
from bot.clock import SystemClock
from bot.gateways import Gateways
from bot.policy_explain import explain
from bot.store import SqliteStore

if TYPE_CHECKING:
    from bot.policy_explain import Explanation, NotFound
    from bot.settings import Settings


def explained(settings: Settings, text: str) -> Explanation | NotFound:
    """Find an account by its id or name, and tell its policy.

    Raises:
        GatewayError: the account is in no organization that is looked after.
        StoreError: the database cannot be used.
    """
    clock = SystemClock()
    with SqliteStore(settings.database, clock) as store:
        each = gateways_for(settings.aws, settings.scope, settings.read_rate, settings.write_rate)
        gateways = Gateways(each, store)
        try:
            return explain(settings.policy, store, gateways, clock, text)
        finally:
            gateways.close()
