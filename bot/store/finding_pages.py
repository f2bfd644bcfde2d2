"""Pages of findings, filtered and sorted by the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import Account
from bot.domain.finding_lists import FindingPage, ListKind
from bot.domain.findings import Outcome
from bot.domain.pasted_ids import account_id_part, parse_account_id, unwrapped
from bot.store.columns import SEVERITY_RANK, folded, text, to_units
from bot.store.mappers import to_findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.finding_lists import FindingFilter, FindingList
    from bot.store.transaction import Row, Transaction, Value

_NON_COMPLIANT: Final = ", ".join(
    f"'{outcome.value}'" for outcome in Outcome if outcome.is_non_compliant
)

_SOURCES: Final = {
    ListKind.ALERT: "findings.announcement_id = :list",
    ListKind.CHECK: (
        "(opened_scan <= :scan OR (opened_scan IS NULL AND first_seen <= :ended))"
        " AND (resolved_at IS NULL"
        " OR (resolved_at > :ended AND coalesce(resolved_scan, 0) != :scan))"
    ),
    ListKind.OPEN: "resolved_at IS NULL",
}

_LISTED: Final = """
WITH listed AS (
    SELECT findings.*, accounts.name AS account_name, folded, units,
        CASE WHEN resolved_at IS NOT NULL THEN 2 WHEN exemption_id IS NOT NULL THEN 1 ELSE 0 END
            AS status,
        {rank} AS rank,
        outcome IN ({non_compliant}) AND (exemption_id IS NULL OR :ended < (
            SELECT granted_at FROM exemptions WHERE exemptions.id = findings.exemption_id
        )) AS short
    FROM findings JOIN accounts ON accounts.id = findings.account_id
    WHERE {source}
),
contacts AS (
    SELECT account_id, type, folded, min(status) AS status,
        coalesce(min(CASE WHEN status = 0 THEN rank END), min(rank)) AS worst,
        min(rank) AS worst_ever,
        count(*) FILTER (WHERE units IS NOT NULL AND units != '[]') AS placed,
        (:non_compliant = 0 OR count(*) FILTER (WHERE short) > 0)
        AND (:type = '' OR type = :type)
        AND (:unit = '' OR instr(units, :unit) > 0)
        AND (
            :text = '' OR instr(folded, :text) > 0 OR account_id = :id
            OR (:part != '' AND instr(account_id, :part) > 0)
            OR (:owners = 1 AND count(*) FILTER (
                WHERE owner != '' AND instr(folded_text(owner), :text) > 0
            ) > 0)
        ) AS found
    FROM listed
    GROUP BY account_id, type, folded, units
),
matching AS (
    SELECT * FROM contacts WHERE found AND (:severity < 0 OR worst = :severity)
)
"""

_COUNTS: Final = """
SELECT (SELECT count(*) FROM contacts) AS total,
    (SELECT coalesce(max(placed), 0) FROM contacts) AS placed,
    count(*) AS matching,
    count(*) FILTER (WHERE status = 0) AS open,
    count(*) FILTER (WHERE status = 1) AS exempt
FROM matching
"""

_ORDER: Final = (
    "CASE WHEN :open_first = 1 THEN {0}.status ELSE 0 END,"
    " CASE WHEN :open_first = 1 THEN {0}.worst ELSE {0}.worst_ever END,"
    " {0}.folded, {0}.account_id, {0}.type"
)

_PAGE: Final = f"""
, page AS (
    SELECT * FROM matching ORDER BY {_ORDER.format("matching")} LIMIT :limit OFFSET :offset
)
SELECT listed.* FROM page
JOIN listed ON listed.account_id = page.account_id AND listed.type = page.type
ORDER BY {_ORDER.format("page")}, listed.status, rank, listed.id
"""  # noqa: S608 - only constants are put in

_UNITS: Final = """
SELECT DISTINCT units FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE units IS NOT NULL AND units != '[]' AND {source}
"""


def find_page(
    db: Transaction,
    listed: FindingList,
    wanted: FindingFilter,
    *,
    limit: int,
    offset: int,
    search_owners: bool,
    non_compliant: bool,
    open_first: bool,
) -> FindingPage:
    """See `Findings.page`."""
    values = _source_values(db, listed) | _filter_values(wanted, search_owners=search_owners)
    values |= {"non_compliant": int(non_compliant)}
    sql = _LISTED.format(
        rank=SEVERITY_RANK, source=_SOURCES[listed.kind], non_compliant=_NON_COMPLIANT
    )
    (counts,) = db.rows(sql + _COUNTS, **values)
    page = {"limit": limit, "offset": offset, "open_first": int(open_first)}
    rows = db.rows(sql + _PAGE, **values, **page)
    return FindingPage(
        tuple(to_findings(db, rows)),
        counts["total"],
        counts["matching"],
        counts["open"],
        counts["exempt"],
        bool(counts["placed"]),
    )


def find_units(db: Transaction, listed: FindingList) -> Mapping[str, str]:
    """{id: path} of the organizational units of a list's accounts, in the order of their paths."""
    sql = _UNITS.format(source=_SOURCES[listed.kind])
    paths: dict[str, str] = {}
    for row in db.rows(sql, **_source_values(db, listed)):
        units = to_units(row["units"]) or ()
        for depth, unit in enumerate(units, 1):
            paths[unit.id] = Account("", "", units=units[:depth]).path
    return dict(sorted(paths.items(), key=lambda item: (folded(item[1]), item[0])))


def _source_values(db: Transaction, listed: FindingList) -> dict[str, Value]:
    if listed.kind is not ListKind.CHECK:
        return {"list": text(listed.id), "ended": "", "scan": 0}
    row: Row | None = db.row("SELECT finished_at FROM scans WHERE id = :id", id=int(listed.id))
    if row is None or row["finished_at"] is None:  # never recorded: its list is empty
        return {"list": "", "ended": "", "scan": 0}
    return {"list": "", "ended": row["finished_at"], "scan": int(listed.id)}


def _filter_values(wanted: FindingFilter, *, search_owners: bool) -> dict[str, Value]:
    sought = wanted.text.strip()
    return {
        "text": folded(unwrapped(sought) or sought),
        "id": parse_account_id(sought) or "",
        "part": account_id_part(sought),
        "owners": int(search_owners),
        "type": wanted.type or "",
        "severity": -1 if wanted.severity is None else wanted.severity.rank,
        # As `units_json` writes each unit: the id comes first.
        "unit": f"[{json.dumps(text(wanted.unit))}, " if wanted.unit else "",
    }
