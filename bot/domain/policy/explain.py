"""Explains an account's policy: which section sets each value, and which ones it overrides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.policy.policy import PolicyUnknown

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.domain.policy.account_policy import Value
    from bot.domain.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """One value of an account's policy, the section that sets it, and the values it overrides."""

    key: str
    value: Value = field(repr=False)
    source: str
    overridden: tuple[tuple[str, Value], ...] = field(default=(), repr=False)


def explain_values(policy: Policy, account: Account) -> tuple[ExplainedValue, ...] | PolicyUnknown:
    """Every value of an account's policy with the section that sets it, in a fixed order."""
    tables = policy.matching_tables(account)
    if isinstance(tables, PolicyUnknown):
        return tables
    sources: dict[str, list[tuple[str, Value]]] = {}
    for table in tables:
        for key, value in table.values.items():
            sources.setdefault(key, []).append((table.source, value))
    return tuple(
        ExplainedValue(key, values[-1][1], values[-1][0], tuple(reversed(values[:-1])))
        for key, values in sources.items()
    )
