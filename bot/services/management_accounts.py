"""Knows which accounts are the management account of an organization."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import GatewayError
from bot.domain.scans import ScanPart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.scope import Scope
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.clock import Clock
    from bot.services.ports.scans import ScanRepository

_log = structlog.get_logger(__name__)

MAX_AGE: Final = timedelta(days=7)
"""How long the organization that a check found is believed; its management account never changes,
but the caller's settings may."""


class ManagementAccounts:
    """Knows the management accounts, from the last check or else from AWS.

    Args:
        organizations: the AWS gateways.
        scans: the checks.
        clock: the time.
    """

    def __init__(
        self, organizations: OrganizationRouter, scans: ScanRepository, clock: Clock
    ) -> None:
        self._organizations = organizations
        self._scans = scans
        self._clock = clock
        self._asked: dict[str, tuple[datetime, Scope]] = {}

    def among(self, account_ids: Iterable[str]) -> frozenset[str]:
        """Which of these accounts are management accounts, as far as known.

        One of which that can't be found out counts as a management account.

        Raises:
            StoreError: the database can't be read.
        """
        stored = self._stored()
        managing = {scope.management_id for scope in stored.values()}
        found = set()
        for account_id in account_ids:
            if account_id in managing or self._may_manage(account_id, stored):
                found.add(account_id)
        return frozenset(found)

    def _stored(self) -> dict[str, Scope]:
        """What the last check found out about each organization, by name."""
        last = self._scans.last()
        if last is None or self._clock.now() - last.started_at > MAX_AGE:
            return {}
        parts = last.parts or (ScanPart("", last.scope),)
        return {part.organization: part.scope for part in parts if part.scope is not None}

    def _may_manage(self, account_id: str, stored: dict[str, Scope]) -> bool:
        try:
            gateway = self._organizations.for_account(account_id)
            scope = stored.get(gateway.name)
            if scope is None:
                asked_at, scope = self._asked.get(gateway.name, (None, None))
                if scope is None or asked_at is None or self._clock.now() - asked_at > MAX_AGE:
                    scope = gateway.scope()
                    self._asked[gateway.name] = self._clock.now(), scope
        except GatewayError as error:
            cause = error.failure.cause.value
            _log.warning("management account unknown", account=account_id, cause=cause)
            return True
        return scope.management_id == account_id
