"""What an account should have: for now, which contact types must be there."""

from dataclasses import dataclass

from bot.contacts import ContactType


@dataclass(frozen=True, slots=True)
class Policy:
    """The contact types that every active account in scope must have, in the order shown."""

    required: tuple[ContactType, ...] = (ContactType.SECURITY,)
