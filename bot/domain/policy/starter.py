"""A starter policy: what most accounts already have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.contacts import AlternateContact

FIELDS: Final = ("name", "title", "email", "phone")


@dataclass(frozen=True, slots=True)
class Starter:
    """What most accounts have of one contact type.

    `read` accounts could be read, and `held` of them have the contact. `values` has the values that
    more than half of those share, with their number: {field: (value, number)}.
    """

    type: ContactType
    read: int
    held: int
    values: Mapping[str, tuple[str, int]] = field(default_factory=dict, repr=False)

    @property
    def is_required(self) -> bool:
        """Whether most accounts have the contact; AWS recommends a security contact for all."""
        return self.type is ContactType.SECURITY or 2 * self.held > self.read


def starters(
    contacts: Mapping[ContactType, Sequence[AlternateContact | None]],
) -> tuple[Starter, ...]:
    """What most accounts have, by type.

    Args:
        contacts: by type, those of the accounts that could be read; None for an account without
            one.
    """
    return tuple(_starter(each, contacts.get(each, ())) for each in ContactType)


def _starter(contact_type: ContactType, read: Sequence[AlternateContact | None]) -> Starter:
    held = [contact for contact in read if contact is not None]
    values = {}
    for name in FIELDS:
        found = _most_common(getattr(contact, name) for contact in held)
        # A single account says nothing about most accounts.
        if found is not None and found[1] > 1 and 2 * found[1] > len(held):
            values[name] = found
    return Starter(contact_type, len(read), len(held), values)


def _most_common(values: Iterable[str]) -> tuple[str, int] | None:
    counted = Counter(value.strip() for value in values)
    return counted.most_common(1)[0] if counted else None
