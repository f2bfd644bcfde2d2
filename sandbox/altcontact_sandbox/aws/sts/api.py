"""STS, as far as the bot asks it: who is calling, and the assuming of roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.protocol.input_model import StsModel
from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
    from altcontact_sandbox.aws.sts.callers import Caller

_MAX_SECONDS: Final = 3600
"""How long a session lasts, and how long at most: a role's default, and AWS's limit for a role that
is assumed by another role's session."""

_MIN_SECONDS: Final = 900


class StsApi:
    """`GetCallerIdentity`, which nobody is denied, and `AssumeRole`, which most are."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._model = StsModel()

    def answer(self, caller: Caller, call: Call) -> dict[str, Any]:
        """Carry out a call.

        Raises:
            Refusal: as AWS would.
        """
        if call.operation == "GetCallerIdentity":
            user_id = f"AROASANDBOX:{caller.session_name}" if caller.session else "AIDASANDBOX"
            return {"UserId": user_id, "Account": caller.account_id, "Arn": caller.arn}
        if call.operation == "AssumeRole":
            return self._assume_role(caller, call)
        raise Refusal("InvalidAction", "The sandbox has no such operation.")

    def _assume_role(self, caller: Caller, call: Call) -> dict[str, Any]:
        self._model.check(call)
        seconds = _seconds(call)
        arn = call.text("RoleArn")
        role = self._aws.roles.get(arn)
        organization = self._aws.organization
        denied = organization.denies(call.action, role.caller.account_id if role else "")
        name = call.text("RoleSessionName")
        external_id = call.text("ExternalId")
        if role is None or denied or not role.may_be_assumed_by(caller, external_id, name):
            raise Refusal(
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                f"{arn}",
                403,
            )
        assumed = replace(role.caller, session=True, role=role.name, session_name=name)
        until = int(self._aws.now()) + seconds
        credentials = self._aws.keys.assume(assumed, until)
        expiration = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Credentials": {**credentials, "Expiration": expiration},
            "AssumedRoleUser": {"AssumedRoleId": f"AROASANDBOX:{name}", "Arn": assumed.arn},
        }


def _seconds(call: Call) -> int:
    given = call.text("DurationSeconds") or str(_MAX_SECONDS)
    if not (given.isascii() and given.isdecimal()) or int(given) < _MIN_SECONDS:
        raise Refusal(
            "ValidationError",
            "1 validation error detected: Value at 'durationSeconds' failed to satisfy "
            f"constraint: Member must have value greater than or equal to {_MIN_SECONDS}",
        )
    if int(given) > _MAX_SECONDS:
        raise Refusal(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return int(given)
