"""Hides contact details from channels, and from people who may see only outcomes.

Dots replace what is hidden, so that everything else reads the same. An email address that violates
a rule keeps its domain, since that often is the problem.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.masking import mask
from bot.domain.readings import Present

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.announcements import AnnouncementContent
    from bot.domain.exemptions import Exemption
    from bot.domain.findings import AccountResult, Difference, Finding, Verdict
    from bot.domain.readings import ContactReading

HIDDEN: Final = "••••"
"""Replaces a value."""

_EMAIL: Final = re.compile(r"[^\s@;]*(@[\w.-]+)")
"""An address, or a domain that a policy asks for, and nothing else."""


def hide_result(result: AccountResult) -> AccountResult:
    """An account's result without the values of its contacts."""
    return replace(
        result,
        results=tuple(
            replace(
                item,
                contact=_hide(item.contact),
                verdicts=tuple(_hide_verdict(verdict) for verdict in item.verdicts),
            )
            for item in result.results
        ),
    )


def hide_reading(reading: ContactReading) -> ContactReading:
    """A reading without the values of the contact."""
    return Present(_HIDDEN_CONTACT) if isinstance(reading, Present) else reading


def hide_content(content: AnnouncementContent) -> AnnouncementContent:
    """An announcement without the values of the contacts in its findings and exemptions.

    The messages about changes and fixes show only domains and which fields differ, to everybody,
    so changes and the fix stay as they are.
    """
    return replace(
        content,
        findings=tuple(_hide_finding(finding) for finding in content.findings),
        exemptions=tuple(hide_exemption(exemption) for exemption in content.exemptions),
    )


def hide_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without the values of their contacts."""
    return tuple(map(_hide_finding, findings))


def hide_exemption(exemption: Exemption) -> Exemption:
    """An exemption without the addresses and numbers in its reason."""
    request = replace(exemption.request, reason=mask(exemption.request.reason))
    return replace(exemption, request=request)


_HIDDEN_CONTACT: Final = AlternateContact(*[HIDDEN] * len(FIELDS))


def _hide(contact: AlternateContact | None) -> AlternateContact | None:
    return _HIDDEN_CONTACT if contact is not None else None


def _hide_verdict(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        differences=tuple(map(_hide_difference, verdict.differences)),
        exemption=hide_exemption(verdict.exemption) if verdict.exemption else None,
    )


def _hide_finding(finding: Finding) -> Finding:
    return replace(
        finding,
        differences=tuple(map(_hide_difference, finding.differences)),
        exemption=hide_exemption(finding.exemption) if finding.exemption else None,
    )


def _hide_difference(difference: Difference) -> Difference:
    def hidden(value: str) -> str:
        email = _EMAIL.fullmatch(value) if difference.field == "email" else None
        return f"{HIDDEN}{email[1]}" if email else HIDDEN

    return replace(
        difference,
        expected=tuple(map(hidden, difference.expected)),
        actual=hidden(difference.actual) if difference.actual else "",
    )
