"""Which email domains most accounts' contacts use, if the policy names none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.rules.mail_addresses import domain_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

FEWEST_ACCOUNTS: Final = 3
"""The fewest other accounts with contacts that show which domains are usual."""

_FEWEST_USERS: Final = 2
_SMALLEST_SHARE: Final = 0.05
"""A domain used by a smaller share of the other accounts is unusual."""


def is_unusual(email: str, account_id: str, used: Mapping[str, AbstractSet[str]]) -> bool:
    """Whether an address is at a domain that few or no accounts use, although most share one.

    A subdomain of a domain that at least half of the other accounts use is as usual as that one.
    A domain that the account itself uses already is never unusual.

    Args:
        email: the address.
        account_id: the account that will have it.
        used: {domain: ids of the accounts with a contact there}.
    """
    domain = domain_of(email)
    if account_id in used.get(domain, ()):
        return False
    others = {name: ids - {account_id} for name, ids in used.items()}
    accounts = len(frozenset().union(*others.values()))
    users = len(others.get(domain, ()))
    if accounts < FEWEST_ACCOUNTS or users >= max(_FEWEST_USERS, _SMALLEST_SHARE * accounts):
        return False
    usual = [name for name, ids in others.items() if 2 * len(ids) >= accounts]
    return bool(usual) and not any(domain.endswith(f".{name}") for name in usual)
