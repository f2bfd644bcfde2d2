"""Who calls AWS, and which accounts the caller can check."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.failures import Failure


class ScopeKind(StrEnum):
    """Whether one account or a whole organization is checked."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


class CallerRole(StrEnum):
    """The role of the calling account in its organization, which decides what it may request.

    `UNKNOWN` if AWS doesn't let the caller find out.
    """

    STANDALONE = "standalone account"
    MANAGEMENT = "management account"
    DELEGATED_ADMINISTRATOR = "delegated administrator"
    MEMBER = "member account"
    UNKNOWN = "account"


@dataclass(frozen=True, slots=True)
class Scope:
    """What AWS says about the caller. None of it comes from the settings.

    `limit` says why only the calling account is in scope though it may be in an organization: AWS
    denied listing it. None if everything that was asked for is in scope.
    """

    kind: ScopeKind
    role: CallerRole
    account_id: str
    partition: str = "aws"
    organization_id: str = ""
    management_id: str = ""
    limit: Failure | None = None

    @property
    def caller(self) -> str:
        """For a log line or a report: `management account 111122223333`."""
        return f"{self.role} {self.account_id}"


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """How one organization, or one account, is reached.

    Args:
        name: its name in the policy and reports; empty if there is only one.
        profile: the profile of AWS's own configuration, if any.
        role: the ARN of the role to assume, if any; with the profile's credentials, if there is
            one.
        external_id: the external id that the role requires, if any.
        scope: what to check; None detects it.

    Without profile and role, boto3's default credentials are used.
    """

    name: str = ""
    profile: str = ""
    role: str = ""
    external_id: str = field(default="", repr=False)
    scope: ScopeKind | None = None


@dataclass(frozen=True, slots=True)
class KnownOrganization:
    """An organization that was listed before, and how many accounts besides the caller's it has.

    `accounts` is 0 if that isn't known.
    """

    id: str
    accounts: int = 0
