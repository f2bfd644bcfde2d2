"""Resolves a CloudFormation template: parameters, conditions, and the functions that ours use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOTHING: Final = object()
"""`AWS::NoValue`: what is to be left out."""


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": x}, and `!Sub x` as {"Fn::Sub": x}."""


def _function(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    content: Any
    if isinstance(node, yaml.ScalarNode):
        content = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        content = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        content = loader.construct_mapping(node, deep=True)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": content}


_Loader.add_multi_constructor("!", _function)


class Template:
    """A template with values for its parameters.

    Args:
        path: the file.
        parameters: given values; a `CommaDelimitedList` as one text, as people type it.
        pseudo: `AWS::AccountId` and the like.
    """

    def __init__(
        self, path: Path, parameters: Mapping[str, str], pseudo: Mapping[str, str]
    ) -> None:
        with path.open(encoding="utf-8") as file:
            self.content: dict[str, Any] = yaml.load(file, _Loader)  # noqa: S506 - a SafeLoader
        declared = self.content["Parameters"]
        assert set(parameters) <= set(declared)
        self._values: dict[str, Any] = dict(pseudo)
        for name, each in declared.items():
            given = parameters[name] if name in parameters else each["Default"]
            pattern = each.get("AllowedPattern", "")
            assert re.search(pattern, str(given)), f"{name}: {given}"
            assert str(given) in [str(each) for each in each.get("AllowedValues", [given])]
            listed = each["Type"] == "CommaDelimitedList" or each["Type"].startswith("List<")
            self._values[name] = given.split(",") if listed else given

    def resource(self, name: str) -> dict[str, Any] | None:
        """The properties of a resource, resolved; None if its condition doesn't hold."""
        resource = self.content["Resources"][name]
        if "Condition" in resource and not self._holds(resource["Condition"]):
            return None
        properties: dict[str, Any] = self.resolve(resource["Properties"])
        return properties

    def resolve(self, part: Any) -> Any:  # noqa: ANN401 - YAML of any shape
        """A part of the template without functions."""
        if isinstance(part, list):
            resolved = [self.resolve(each) for each in part]
            return [each for each in resolved if each is not NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1 and (name := next(iter(part))) in {"Ref"} | _FUNCTIONS:
            return self._call(name, part[name])
        items = {key: self.resolve(value) for key, value in part.items()}
        return {key: value for key, value in items.items() if value is not NOTHING}

    def _call(self, name: str, given: Any) -> Any:  # noqa: ANN401, PLR0911 - YAML of any shape; one a function
        if name == "Ref":
            return NOTHING if given == "AWS::NoValue" else self._values.get(given, f"<{given}>")
        if name == "Fn::If":
            condition, then, otherwise = given
            return self.resolve(then if self._holds(condition) else otherwise)
        if name == "Fn::GetAtt":
            return f"<{given if isinstance(given, str) else '.'.join(given)}>"
        if name == "Fn::Sub":
            text, names = (given, {}) if isinstance(given, str) else given
            more = {key: self.resolve(value) for key, value in names.items()}
            return re.sub(
                r"\$\{([\w:.]+)\}",
                lambda found: str(more.get(found[1], self._values.get(found[1], f"<{found[1]}>"))),
                text,
            )
        arguments = self.resolve(given)
        if name == "Fn::Join":
            return arguments[0].join(arguments[1])
        if name == "Fn::Split":
            return arguments[1].split(arguments[0])
        assert name == "Fn::Select"
        return arguments[1][int(arguments[0])]

    def _holds(self, condition: Any) -> bool:  # noqa: ANN401 - a name or a function
        if isinstance(condition, str):
            return self._holds(self.content["Conditions"][condition])
        [(name, given)] = condition.items()
        if name == "Condition":
            return self._holds(given)
        if name == "Fn::Not":
            return not self._holds(given[0])
        if name == "Fn::And":
            return all(self._holds(each) for each in given)
        assert name == "Fn::Equals"
        left, right = self.resolve(given)
        return str(left) == str(right)


_FUNCTIONS: Final = {
    "Fn::If", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Split", "Fn::Select"
}  # fmt: skip
