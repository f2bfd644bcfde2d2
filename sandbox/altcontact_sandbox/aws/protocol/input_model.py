"""Checks fields against botocore's own models of the services, as AWS does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape, StructureShape


_OPERATIONS: Final = (
    "GetAlternateContact",
    "PutAlternateContact",
    "DeleteAlternateContact",
    "GetContactInformation",
    "GetAccountInformation",
)


class AccountModel:
    """The input shapes of Account Management; lengths and patterns are read, never copied."""

    def __init__(self) -> None:
        service = botocore.session.get_session().get_service_model("account")
        self._inputs: dict[str, StructureShape] = {}
        for name in _OPERATIONS:
            shape = service.operation_model(name).input_shape
            if shape is not None:
                self._inputs[name] = shape

    def limits(self, operation: str, name: str) -> Mapping[str, Any]:
        """What the model says of a member: `min`, `max` and `pattern`, where it limits them."""
        limits: Mapping[str, Any] = self._inputs[operation].members[name].metadata
        return limits

    def check(self, call: Call) -> None:
        """Check every member of a request.

        Raises:
            Refusal: the operation is not known, or fields are not as the model wants them; then
                with `reason` and `fieldList`.
        """
        shape = self._inputs.get(call.operation)
        if shape is None:
            raise Refusal("UnknownOperationException", "The sandbox has no such operation.", 404)
        fields = _complaints(call.params, shape)
        if fields:
            members = {"reason": "fieldValidationFailed", "fieldList": fields}
            raise Refusal("ValidationException", _message(fields), 400, members)


class StsModel:
    """The input shape of `AssumeRole`: of its members those that are texts."""

    def __init__(self) -> None:
        service = botocore.session.get_session().get_service_model("sts")
        shape: Any = service.operation_model("AssumeRole").input_shape
        self._shape: StructureShape = shape

    def check(self, call: Call) -> None:
        """Check every member of a request that is a text.

        Raises:
            Refusal: one is not as the model wants it.
        """
        fields = _complaints(call.params, self._shape)
        if fields:
            raise Refusal("ValidationError", _message(fields), 400)


def _complaints(params: Mapping[str, Any], shape: StructureShape) -> list[dict[str, str]]:
    return [
        {"name": name[:1].lower() + name[1:], "message": complaint}
        for name, member in shape.members.items()
        if member.type_name == "string"
        and (complaint := _complaint(params, name, member, shape.required_members))
    ]


def _complaint(params: Mapping[str, Any], name: str, shape: Shape, required: list[str]) -> str:
    value = params.get(name)
    if value is None:
        return "Member must not be null" if name in required else ""
    if not isinstance(value, str):
        return "Member must be a string"
    return _constraint(value, shape.metadata)


def _constraint(value: str, limits: Mapping[str, Any]) -> str:
    if "enum" in limits and value not in limits["enum"]:
        return f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if len(value) < limits.get("min", 0):
        return f"Member must have length greater than or equal to {limits['min']}"
    if len(value) > limits.get("max", len(value)):
        return f"Member must have length less than or equal to {limits['max']}"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        return f"Member must satisfy regular expression pattern: {limits['pattern']}"
    return ""


def _message(fields: list[dict[str, str]]) -> str:
    words = "; ".join(
        f"Value at '{each['name']}' failed to satisfy constraint: {each['message']}"
        for each in fields
    )
    noun = "error" if len(fields) == 1 else "errors"
    return f"{len(fields)} validation {noun} detected: {words}"
