"""Converts the results of a scan to rows and back, account by account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.domain.findings import AccountResult, Outcome, TypeResult, Verdict
from bot.domain.rule_catalog import Rule, Severity
from bot.store.columns import (
    contact_json,
    differences_json,
    failure_json,
    maybe_time_text,
    text,
    to_contact,
    to_differences,
    to_failure,
    to_time,
    to_units,
    units_json,
)
from bot.store.mappers import exemptions_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.accounts import Unit
    from bot.domain.exemptions import Exemption
    from bot.store.transaction import Row, Transaction, Value


KEEP_RESULT: Final = """
INSERT INTO scan_results
    (scan_id, position, account_id, name, state, email, seen, read_at, results, organization,
     units, excluded)
VALUES
    (:scan_id, :position, :account_id, :name, :state, :email, :seen, :read_at, :results,
     :organization, :units, :excluded)
"""


def result_row(scan_id: int, position: int, result: AccountResult) -> dict[str, Value]:
    """For `scan_results`."""
    account = result.account
    results = [
        [
            item.type,
            item.outcome,
            item.reason,
            contact_json(item.contact),
            verdicts_json(item.verdicts),
        ]
        for item in result.results
    ]
    return {
        "scan_id": scan_id,
        "position": position,
        "account_id": account.id,
        "name": text(account.name),
        "state": account.state,
        "email": text(account.email),
        "seen": result.was_scanned,
        "read_at": maybe_time_text(result.read_at),
        "results": json.dumps(results),
        "organization": text(account.organization),
        "units": units_json(account.units),
        "excluded": text(result.excluded),
    }


def verdicts_json(verdicts: Iterable[Verdict]) -> str:
    """The verdicts of a contact as stored. Exemptions are stored by id."""
    return json.dumps(
        [
            [
                verdict.rule,
                verdict.outcome,
                verdict.reason,
                verdict.severity,
                differences_json(verdict.differences),
                failure_json(verdict.failure),
                verdict.exemption.id if verdict.exemption is not None else None,
            ]
            for verdict in verdicts
        ]
    )


class ResultReader:
    """`scan_results` to domain types. Values that thousands of rows share are held once."""

    def __init__(self, db: Transaction) -> None:
        self._db = db
        self._texts: dict[str, str] = {}
        self._units: dict[str, tuple[Unit, ...] | None] = {}
        self._verdicts: dict[str, tuple[Verdict, ...]] = {}
        self._results: dict[tuple[str, ...], TypeResult] = {}
        self._exemptions: dict[int, Exemption] = {}

    def read(self, row: Row) -> AccountResult:
        """One account's result; tags and policy are not kept."""
        units = row["units"]
        if units is not None and units not in self._units:
            self._units[units] = to_units(units)
        account = Account(
            row["account_id"],
            row["name"],
            self._once(row["state"]),
            row["email"],
            self._once(row["organization"]),
            None if units is None else self._units[units],
        )
        return AccountResult(
            account,
            tuple(self._type_result(*item) for item in json.loads(row["results"])),
            bool(row["seen"]),
            to_time(row["read_at"]),
            excluded=self._once(row["excluded"]),
        )

    def _type_result(self, *item: str) -> TypeResult:
        known = self._results.get(item)
        if known is None:
            contact_type, outcome, reason, contact, verdicts = item
            if verdicts not in self._verdicts:
                stored = json.loads(verdicts)
                self._verdicts[verdicts] = tuple(self._verdict(values) for values in stored)
            known = self._results[item] = TypeResult(
                ContactType(contact_type),
                Outcome(outcome),
                self._once(reason),
                to_contact(contact),
                self._verdicts[verdicts],
            )
        return known

    def _verdict(self, values: list[Any]) -> Verdict:
        rule, outcome, reason, severity, differences, failure, exemption_id = values
        return Verdict(
            Rule(rule),
            Outcome(outcome),
            self._once(reason),
            Severity(severity) if severity is not None else None,
            to_differences(differences),
            to_failure(failure),
            self._exemption(exemption_id) if exemption_id is not None else None,
        )

    def _exemption(self, exemption_id: int) -> Exemption | None:
        if exemption_id not in self._exemptions:
            self._exemptions.update(exemptions_by_id(self._db, {exemption_id}))
        return self._exemptions.get(exemption_id)

    def _once(self, value: str) -> str:
        return self._texts.setdefault(value, value)
