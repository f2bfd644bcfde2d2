"""The `Condition` of a policy's statement: the operators that altcontact's policies use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Context = Mapping[str, Sequence[str]]
    """The condition keys that a request has, in lower case, and their values."""

_ANY: Final = "ForAnyValue:"
_ALL: Final = "ForAllValues:"
_IF_EXISTS: Final = "IfExists"


def matches(pattern: str, text: str) -> bool:
    """Whether a text is one of a pattern, in which `*` is anything and `?` is one character."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _equals(wanted: str, given: str) -> bool:
    return wanted == given


def _equals_in_any_case(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


_OPERATORS: Final[dict[str, tuple[Callable[[str, str], bool], bool]]] = {
    "StringEquals": (_equals, True),
    "StringNotEquals": (_equals, False),
    "StringEqualsIgnoreCase": (_equals_in_any_case, True),
    "StringLike": (matches, True),
    "StringNotLike": (matches, False),
    "ArnEquals": (matches, True),
    "ArnLike": (matches, True),
    "Bool": (_equals_in_any_case, True),
}
"""How a value is compared, and whether it has to match; negated operators also hold for a key that
the request doesn't have."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a statement's `Condition`.

    Args:
        operator: AWS's name, without its qualifier and `IfExists`.
        key: in lower case, because condition keys have no case.
        values: of which one has to match.
        qualifier: `ForAnyValue:`, `ForAllValues:` or empty.
        if_exists: whether it holds for a request without the key.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    qualifier: str = ""
    if_exists: bool = False

    def holds(self, context: Context) -> bool:
        """Whether it holds for a request."""
        given = tuple(context.get(self.key, ()))
        if self.operator == "Null":
            return any((not given) == (each.lower() == "true") for each in self.values)
        compare, wanted = _OPERATORS[self.operator]
        if not given:
            return self.if_exists or not wanted or self.qualifier == _ALL
        held = [any(compare(value, each) for value in self.values) is wanted for each in given]
        return any(held) if self.qualifier == _ANY else all(held)


def read_conditions(document: Any) -> tuple[Condition, ...]:  # noqa: ANN401 - JSON of any shape
    """The conditions of a statement.

    Raises:
        SandboxError: it isn't a `Condition`, or has an operator that the sandbox doesn't know. A
            condition that isn't understood must never pass for one that holds.
    """
    if not isinstance(document, dict):
        raise SandboxError("A Condition is an object of operators.")
    found = []
    for name, keys in document.items():
        if not isinstance(keys, dict):
            raise SandboxError(f"The operator {name} of a Condition has an object of keys.")
        qualifier = next((each for each in (_ANY, _ALL) if name.startswith(each)), "")
        operator = name.removeprefix(qualifier)
        if_exists = operator.endswith(_IF_EXISTS)
        operator = operator.removesuffix(_IF_EXISTS)
        if operator not in _OPERATORS and name != "Null":
            raise SandboxError(f"The sandbox doesn't know the condition operator {name}.")
        for key, values in keys.items():
            texts = texts_of(values, f"The values of {key}")
            found.append(Condition(operator, key.lower(), texts, qualifier, if_exists))
    return tuple(found)


def texts_of(given: Any, what: str) -> tuple[str, ...]:  # noqa: ANN401 - JSON of any shape
    """A text or a list of texts, as policies have them.

    Raises:
        SandboxError: it is something else, is empty, or has a policy variable, which the sandbox
            doesn't replace.
    """
    texts = [given] if isinstance(given, str | bool) else given
    if not isinstance(texts, list) or not texts:
        raise SandboxError(f"{what} are a text or a list of texts.")
    for each in texts:
        if not isinstance(each, str | bool):
            raise SandboxError(f"{what} are a text or a list of texts.")
        if isinstance(each, str) and "${" in each:
            raise SandboxError(f"{what} have a variable, which the sandbox doesn't replace.")
    return tuple(str(each).lower() if isinstance(each, bool) else each for each in texts)
