"""The AWS organizations and accounts that one bot looks after: one for each `[[aws]]` table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.scope import ScopeKind


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
