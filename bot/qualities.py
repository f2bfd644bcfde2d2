"""The qualities of a contact that is there: whether it is one to rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.contacts import ContactType
    from bot.evidence import Case
    from bot.findings import Verdict


def qualities(case: Case, kind: ContactType) -> list[Verdict]:
    """Judge a contact that is there by every quality that the policy switches on."""
    return contested(case, kind)


def contested(case: Case, kind: ContactType) -> list[Verdict]:
    """Judge whether a contact flips to and fro, whether it is there just now or not."""
    del case, kind
    return []
