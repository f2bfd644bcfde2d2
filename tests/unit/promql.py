"""The little of PromQL that the alert rules use, evaluated against scraped figures.

`promtool` tests the rules too, where it is on PATH. Here they meet what the bot really serves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Labels = frozenset[tuple[str, str]]
    Vector = dict[Labels, float]

_TOKEN: Final = re.compile(r"\s*(\d+(?:\.\d+)?|[a-zA-Z_]\w*|\[\d+[smhd]\]|==|!=|[<>(),/])")
_AGGREGATIONS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "max": max,
    "min": min,
    "sum": sum,
}
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
}


class Scrapes:
    """What Prometheus knows: the last scrape of each target, and the one before.

    Args:
        now: {(job, instance): the text of `/metrics`}.
        before: the same at the beginning of every range; None: the same as now.
    """

    def __init__(
        self,
        now: Mapping[tuple[str, str], str],
        before: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self._now = _samples(now)
        self._before = _samples(now if before is None else before)

    def vector(self, name: str) -> Vector:
        """The samples of a metric now."""
        return self._now.get(name, {})

    def increase(self, name: str) -> Vector:
        """How far a counter rose over a range; one that is new rose from its first sample on."""
        before = self._before.get(name, {})
        return {
            labels: value - before.get(labels, value)
            for labels, value in self._now.get(name, {}).items()
        }


def evaluate(expression: str, scrapes: Scrapes) -> list[dict[str, str]]:
    """The labels of each series for which an expression is true.

    Raises:
        ValueError: the expression uses more of PromQL than is known here.
    """
    tokens = _tokens(expression)
    left = _Parser(tokens, scrapes).expression()
    return [dict(labels) for labels in left]


def metric_names(expression: str) -> set[str]:
    """The names of metrics in an expression, also in one of a dashboard."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}', "", expression)
    return set(re.findall(r"\b(?:altcontact|process)_\w+", bare))


def _tokens(expression: str) -> list[str]:
    found, position = [], 0
    while position < len(expression.rstrip()):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise ValueError(f"not known here: {expression[position:]}")
        found.append(match.group(1))
        position = match.end()
    return found


def _samples(texts: Mapping[tuple[str, str], str]) -> dict[str, Vector]:
    found: dict[str, Vector] = {}
    for (job, instance), text in texts.items():
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = {**sample.labels, "job": job, "instance": instance}
                found.setdefault(sample.name, {})[frozenset(labels.items())] = sample.value
    return found


class _Parser:
    """Evaluates while it reads: comparison, division, aggregation, function, metric, number."""

    def __init__(self, tokens: list[str], scrapes: Scrapes) -> None:
        self._left = tokens
        self._scrapes = scrapes

    def expression(self) -> Vector:
        """A whole expression."""
        found = self._comparison()
        if self._left:
            raise ValueError(f"not known here: {' '.join(self._left)}")
        return found

    def _take(self, wanted: str = "") -> str:
        token = self._left.pop(0) if self._left else ""
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'something'} is missing at {token!r}")
        return token

    def _next(self) -> str:
        return self._left[0] if self._left else ""

    def _comparison(self) -> Vector:
        vector = self._division()
        if self._next() in _COMPARISONS:
            holds, limit = _COMPARISONS[self._take()], float(self._take())
            return {labels: value for labels, value in vector.items() if holds(value, limit)}
        return vector

    def _division(self) -> Vector:
        vector = self._term()
        while self._next() == "/":
            self._take()
            by = self._term()
            vector = {
                labels: value / by[labels] for labels, value in vector.items() if labels in by
            }
        return vector

    def _term(self) -> Vector:
        name = self._take()
        if name in _AGGREGATIONS:
            return self._aggregation(_AGGREGATIONS[name])
        if self._next() != "(":
            return self._scrapes.vector(name)
        self._take("(")
        metric = self._take()
        if name == "absent":
            self._take(")")
            return {} if self._scrapes.vector(metric) else {frozenset(): 1.0}
        if name == "increase" and self._take().startswith("["):
            self._take(")")
            return self._scrapes.increase(metric)
        raise ValueError(f"not known here: {name}")

    def _aggregation(self, combine: Callable[[Sequence[float]], float]) -> Vector:
        by = set()
        self._take("by")
        self._take("(")
        while self._next() != ")":
            by.add(self._take())
            if self._next() == ",":
                self._take()
        self._take(")")
        self._take("(")
        vector = self._division()
        self._take(")")
        groups: dict[Labels, list[float]] = {}
        for labels, value in vector.items():
            key = frozenset(pair for pair in labels if pair[0] in by)
            groups.setdefault(key, []).append(value)
        return {key: combine(values) for key, values in groups.items()}
