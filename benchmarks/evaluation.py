"""Evaluate 10,000 accounts with a policy of every kind, without I/O, and compare a plain loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.measuring import Row
from bot.domain.accounts import Account, Unit
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Present
from bot.domain.rule_catalog import SEVERITIES
from bot.domain.rules.facts import AccountFacts, Members, MemberState, PrimaryContact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.policy.account_policy import Value
    from bot.domain.readings import ContactReading

    Read = dict[ContactType, ContactReading]

ACCOUNTS, UNITS, OVERRIDES, PEOPLE = 10_000, 300, 60, 20_000
TEAMS = 200
"""Teams that the accounts belong to: the contacts of an organization repeat."""
ROUNDS = 3


def measure() -> Iterator[Row]:
    """Evaluate all accounts, with the contacts of a few teams, then with all contacts different."""
    began = time.perf_counter()
    members = Members.of(
        (f"person{number}@corp.internal", MemberState.ACTIVE) for number in range(PEOPLE)
    )
    primary = PrimaryContact("Root", "+44 20 7946 0000")
    made = time.perf_counter() - began
    accounts = [_account(number) for number in range(ACCOUNTS)]
    facts = AccountFacts(primary, members)
    for what, contacts in (("of 200 teams", TEAMS), ("all different", ACCOUNTS)):
        readings = [_readings(number % contacts) for number in range(ACCOUNTS)]

        def evaluate_all(readings: list[Read] = readings) -> int:
            policy = _policy()
            return sum(
                len(evaluate(each, read, policy.resolve(each), None, facts).results)
                for each, read in zip(accounts, readings, strict=True)
            )

        def plain(readings: list[Read] = readings) -> int:
            return sum(
                isinstance(reading, Present) and bool(reading.contact.normal()[2])
                for read in readings
                for reading in read.values()
            )

        first = _seconds(evaluate_all)
        again, loop = min(_seconds(evaluate_all) for _ in range(ROUNDS)), _seconds(plain)
        yield Row(
            f"evaluating {ACCOUNTS:,} accounts by {OVERRIDES} overrides, contacts {what}",
            f"{first:.2f} s, again {again:.2f} s",
            f"{again / loop:.1f} x a plain loop that only checks for an address ({loop:.3f} s)",
        )
    yield Row(f"digests of {PEOPLE:,} members", f"{made:.2f} s")


def _seconds(run: Callable[[], int]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _account(number: int) -> Account:
    unit = number % UNITS
    top, middle = unit % 5, unit % 50
    return Account(
        f"{number:012}",
        f"team{number % TEAMS}-{('prod', 'test', 'sandbox')[number % 3]}-{number}",
        email=f"aws+{number}@corp.internal",
        units=(
            Unit(f"ou-ab12-{top:08}", f"Top {top}"),
            Unit(f"ou-ab12-{middle:08}", f"Middle {middle}"),
            Unit(f"ou-ab12-{unit:08}", f"Unit {unit}"),
        ),
        tags={"env": ("prod", "test")[number % 2], "owner": f"person{number}@corp.internal"},
    )


def _readings(number: int) -> Read:
    return {
        kind: Present(
            AlternateContact(
                f"Team {number}",
                f"{kind.label} list",
                f"{kind.value.lower()}-{number}@corp.internal",
                f"+4420{place}{number:07}",
            )
        )
        for place, kind in enumerate(ContactType, start=1)
    }


def _policy() -> Policy:
    """Every rule on, and overrides of each kind."""
    values = {f"{kind.value.lower()}.presence": Presence.REQUIRED for kind in ContactType}
    rules = {f"rules.{rule.value}": severity for rule, severity in SEVERITIES.items()}
    tables = [PolicyTable("[policy]", {**values, **rules, "domains": ("corp.internal",)})]
    for number in range(OVERRIDES):
        matches = (
            Match(units=(f"/Top {number % 5}/**",)),
            Match(units=(f"/*/Middle {number}/*", f"/Top {number % 5}/Middle *")),
            Match(tags=(("env", "pro*"),), organizations=("",)),
            Match(names=(f"team{number}-*", "*-sandbox-*1")),
            Match(accounts=(f"{number:012}", f"{number + 1:012}")),
        )
        given: dict[str, Value] = {
            "security.email": ("@corp.internal",),
            "exemption_days": number + 1,
        }
        tables.append(PolicyTable(f"[[policy.override]] {number}", given, matches[number % 5]))
    return Policy.requiring(tables=tables)
