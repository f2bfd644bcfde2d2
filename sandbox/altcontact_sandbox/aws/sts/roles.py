"""The roles that may be assumed, and who they trust."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sts.callers import Caller

_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ID: Final = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Role:
    """A role, which makes of who assumes it another caller.

    Args:
        name: what its ARN ends with.
        caller: whom it makes of who assumes it.
        external_id: what its trust policy asks for, if anything.
        trusts: the account whose callers it trusts; any, where it is empty.
        session_name: the one session name that it allows; any, if empty.
    """

    name: str
    caller: Caller
    external_id: str = field(default="", repr=False)
    trusts: str = ""
    session_name: str = ""

    def __post_init__(self) -> None:
        """Refuse what IAM has no role of.

        Raises:
            SandboxError: there is no such role.
        """
        if not _NAME.fullmatch(self.name):
            raise SandboxError("A role's name has 1 to 64 letters, digits and _ + = , . @ -.")
        if self.external_id and not _EXTERNAL_ID.fullmatch(self.external_id):
            raise SandboxError("An external id has 2 to 1,224 characters that IAM takes.")
        if self.trusts and not _ID.fullmatch(self.trusts):
            raise SandboxError("A role trusts an account, named by its 12-digit id.")

    @property
    def arn(self) -> str:
        """Its ARN, by which it is assumed."""
        return f"arn:{self.caller.partition}:iam::{self.caller.account_id}:role/{self.name}"

    def may_be_assumed_by(self, caller: Caller, external_id: str, session_name: str) -> bool:
        """Whether its trust policy lets a caller assume it, who passed these."""
        return (
            caller.partition == self.caller.partition
            and self.trusts in {"", caller.account_id}
            and self.external_id in {"", external_id}
            and self.session_name in {"", session_name}
        )

    def as_json(self) -> dict[str, Any]:
        """For the control interface; not the external id."""
        return {"arn": self.arn, "caller": self.caller.name, "trusts": self.trusts}
