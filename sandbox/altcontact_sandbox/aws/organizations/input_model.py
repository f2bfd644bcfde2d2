"""Checks requests against botocore's own model of Organizations, in that service's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import botocore.session

from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.model import Shape, StructureShape


class OrganizationsModel:
    """The input shapes; lengths, patterns and ranges are read, never copied.

    Args:
        operations: those that the sandbox has.
    """

    def __init__(self, operations: Iterable[str]) -> None:
        service = botocore.session.get_session().get_service_model("organizations")
        self._inputs: dict[str, StructureShape | None] = {
            name: service.operation_model(name).input_shape for name in operations
        }

    def check(self, call: Call) -> None:
        """Check every member of a request.

        Raises:
            Refusal: one is not as the model wants it; with its `Reason`.
        """
        shape = self._inputs[call.operation]
        if shape is None:
            return
        for name, member in shape.members.items():
            reason = _reason(call.params.get(name), member, required=name in shape.required_members)
            if reason:
                message = f"You specified an invalid value for {name}."
                raise Refusal("InvalidInputException", message, 400, {"Reason": reason})


def _reason(value: object, shape: Shape, *, required: bool) -> str:
    """What is wrong with a value, as AWS names it, or nothing."""
    if value is None:
        return "INPUT_REQUIRED" if required else ""
    if shape.type_name == "integer":
        return _of_number(value, shape.metadata)
    return _of_text(value, shape.metadata)


def _of_number(value: object, limits: Mapping[str, Any]) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "INVALID_PATTERN"
    if value > limits["max"]:
        return "MAX_VALUE_EXCEEDED"
    return "MIN_VALUE_EXCEEDED" if value < limits["min"] else ""


def _of_text(value: object, limits: Mapping[str, Any]) -> str:
    if not isinstance(value, str):
        return "INVALID_PATTERN"
    if len(value) > limits.get("max", len(value)):
        return "MAX_LENGTH_EXCEEDED"
    fits = re.fullmatch(limits.get("pattern", r"(?s).*"), value)
    return "" if fits else "INVALID_PATTERN"
