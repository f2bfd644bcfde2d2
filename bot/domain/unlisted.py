"""What follows if AWS doesn't let the caller list its organization.

Its own account may be checked in the organization's place only if nothing says that there is more:
otherwise a check of one account would report that all is well with all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, ScopeKind

if TYPE_CHECKING:
    from bot.domain.failures import Failure
    from bot.domain.scope import KnownOrganization, Scope


def may_stand_alone(scope: Scope, known: KnownOrganization | None) -> bool:
    """Whether the calling account may be checked although its organization can't be listed.

    Not the management account, which has an organization to check; and not if the organization was
    listed before.

    Args:
        scope: who is calling.
        known: the organization that was listed before, if any.
    """
    return scope.role is not CallerRole.MANAGEMENT and known is None


def limited(scope: Scope, why: Failure, section: str) -> Scope:
    """The calling account alone, with the reason for it.

    Args:
        scope: who is calling.
        why: what AWS denied.
        section: the name of the `[[aws]]` section, empty without one.
    """
    what = (
        "the bot can't list its organization"
        if scope.organization_id
        else "the bot can't find out whether it's in an organization"
    )
    limit = replace(
        why,
        message=f"Only account {scope.account_id} is checked, since {what}. {why.message}",
        remedy=f"{why.remedy} If this is the only account to check, {_setting(section)}.",
    )
    return replace(scope, kind=ScopeKind.ACCOUNT, limit=limit)


def refused(scope: Scope, why: Failure, known: KnownOrganization | None, section: str) -> Failure:
    """Why nothing is checked: the organization is there, and can't be listed.

    Args:
        scope: who is calling.
        why: what AWS denied, or that the account isn't in an organization.
        known: the organization that was listed before, if any.
        section: the name of the `[[aws]]` section, empty without one.
    """
    remedy = why.remedy
    if why.cause is FailureCode.NO_ORGANIZATION:
        remedy = "Run the bot with its earlier role or profile."
    return replace(
        why,
        message=f"{why.message} {_more_there_is(scope, known)}",
        remedy=f"{remedy} To check only account {scope.account_id} from now on, "
        f"{_setting(section)}.",
    )


def _more_there_is(scope: Scope, known: KnownOrganization | None) -> str:
    caller = f"The bot calls AWS as {scope.caller}"
    if known is None:
        return f"{caller}, whose organization may have more accounts."
    others = f" with {known.accounts:,} other account{'' if known.accounts == 1 else 's'}"
    return (
        f"{caller}; earlier checks covered the organization {known.id}"
        f"{others if known.accounts else ''}."
    )


def _setting(section: str) -> str:
    if section:
        return f'set scope = "account" in the [[aws]] section “{section}”'
    return "set ALTCONTACT_SCOPE=account"
