"""Who is calling AWS, and which accounts that lets the caller look after."""

from dataclasses import dataclass
from enum import StrEnum


class ScopeKind(StrEnum):
    """Whether one account or a whole organization is looked after."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


class CallerRole(StrEnum):
    """What the calling account is to its organization; it decides who may be asked for what.

    `UNKNOWN` where AWS does not let the caller find out.
    """

    STANDALONE = "standalone account"
    MANAGEMENT = "management account"
    DELEGATED_ADMINISTRATOR = "delegated administrator"
    MEMBER = "member account"
    UNKNOWN = "account"


@dataclass(frozen=True, slots=True)
class Scope:
    """What was found out about the caller: nothing here is asked from the user."""

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
