"""Who calls AWS, and which accounts the caller can check."""

from dataclasses import dataclass, field
from enum import StrEnum


class ScopeKind(StrEnum):
    """Whether one account or a whole organization is checked."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


class CallerRole(StrEnum):
    """The role of the calling account in its organization, which decides what it may request.

    `UNKNOWN` where AWS does not let the caller find out.
    """

    STANDALONE = "standalone account"
    MANAGEMENT = "management account"
    DELEGATED_ADMINISTRATOR = "delegated administrator"
    MEMBER = "member account"
    UNKNOWN = "account"


@dataclass(frozen=True, slots=True)
class Scope:
    """What AWS says about the caller; nothing of it is a setting."""

    kind: ScopeKind
    role: CallerRole
    account_id: str
    partition: str = "aws"
    organization_id: str = ""
    management_id: str = ""

    @property
    def caller(self) -> str:
        """For a log line or a report: `management account 111122223333`."""
        return f"{self.role} {self.account_id}"


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """How one organization, or one account, is reached.

    Args:
        name: what the policy and the reports call it; empty where there is but one.
        profile: the profile of AWS's own configuration, if any.
        role: the ARN of the role to assume, if any; with a profile, by that profile's credentials.
        external_id: what the role asks for, if anything.
        scope: what is looked after; None finds it out.

    With neither profile nor role it is boto3's own chain.
    """

    name: str = ""
    profile: str = ""
    role: str = ""
    external_id: str = field(default="", repr=False)
    scope: ScopeKind | None = None
