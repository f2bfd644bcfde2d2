"""Every event that the bot logs, as its code has it."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BOT: Final = Path(__file__).parents[2] / "bot"
_LEVELS: Final = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
}
_EITHER: Final = ("warning", "error")
"""The levels of `log`, a variable that has one of two methods."""
_OWN: Final = frozenset({"exc_info"})
"""Values that have no column of their own in a line."""


@dataclass
class Event:
    """What the code says of one event."""

    levels: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)


def events() -> Mapping[str, Event]:
    """Every event by its name."""
    found: defaultdict[str, Event] = defaultdict(Event)
    for path in sorted(BOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        scopes: list[ast.Module | ast.FunctionDef] = [tree, *_functions(tree)]
        for scope in scopes:
            bound = _bound(scope)
            for call in _calls(scope):
                levels = _levels(call)
                if not levels:
                    continue
                name = call.args[0]
                assert isinstance(name, ast.Constant), f"{path}:{call.lineno}: not a constant"
                event = found[str(name.value)]
                event.levels |= set(levels)
                event.values |= {each.arg for each in call.keywords if each.arg} - _OWN
                if _logger(call) == "log":
                    event.values |= bound
    return found


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _calls(scope: ast.Module | ast.FunctionDef) -> Iterator[ast.Call]:
    """The calls in a scope, without those in a function in it."""
    left: list[ast.AST] = list(scope.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Call):
            yield node
        left += ast.iter_child_nodes(node)


def _bound(scope: ast.Module | ast.FunctionDef) -> set[str]:
    """The values that `_log.bind(…)` gives to every line of a scope."""
    return {
        each.arg
        for call in _calls(scope)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "bind"
        for each in call.keywords
        if each.arg
    }


def _logger(call: ast.Call) -> str:
    """The name of the variable that logs; empty where it is no variable."""
    at = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return at.id if isinstance(at, ast.Name) else ""


def _levels(call: ast.Call) -> tuple[str, ...]:
    """The levels at which a call logs; none if it logs nothing."""
    match call.func:
        case ast.Name(id="log"):
            return _EITHER
        case ast.Attribute(value=ast.Name(id="_log" | "log"), attr=method):
            return (_LEVELS[method],) if method in _LEVELS else ()
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="get_logger")), attr=method):
            return (_LEVELS[method],) if method in _LEVELS else ()
    return ()
