"""Decides which contacts the bot fixes by itself: what the policy lets it, up to its limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.policy.account_policy import ApprovalRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.runs import RunItem

LIMITED_FOR: Final = timedelta(hours=1)
"""The time that the policy's limit is about."""

CONTESTED_FOR: Final = timedelta(days=1)
"""How long the bot doesn't fix a contact again. If it needs attention again that soon, somebody or
something changed it back, and would do so again."""


@dataclass(frozen=True, slots=True)
class AutoFixChoice:
    """The contacts to fix, and those beyond the limit, which a person decides about."""

    chosen: tuple[tuple[RunItem, AccountPolicy], ...]
    left: tuple[tuple[RunItem, AccountPolicy], ...] = ()


def permits_auto_fix(policy: AccountPolicy, *, is_management: bool) -> bool:
    """Whether the bot may fix an account's contacts by itself.

    Never those of a management account, those that a tool keeps as code, and those of which every
    change needs approval.

    Args:
        policy: what the account should have.
        is_management: whether it is, or may be, a management account.
    """
    if not policy.auto_fix or policy.excluded or is_management:
        return False
    return policy.managed_by is None and policy.approval is not ApprovalRule.ALWAYS


def choose(candidates: Iterable[tuple[RunItem, AccountPolicy]], used: int) -> AutoFixChoice:
    """The contacts to fix now, in the order given.

    Args:
        candidates: contacts that may be fixed, each with its account's policy, whose limit counts
            the contacts of all accounts.
        used: how many contacts the bot has fixed in the last hour.
    """
    chosen: list[tuple[RunItem, AccountPolicy]] = []
    left: list[tuple[RunItem, AccountPolicy]] = []
    for item, policy in candidates:
        fits = used + len(chosen) < policy.auto_fix_limit
        (chosen if fits else left).append((item, policy))
    return AutoFixChoice(tuple(chosen), tuple(left))
