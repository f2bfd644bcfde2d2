"""Makes accounts of what the control interface is sent, each with its place, tags and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.contacts import FIELDS, Contact
from altcontact_sandbox.aws.account.primary_contact import PrimaryModel, generated_primary_contact
from altcontact_sandbox.aws.control.form_checks import changed_account, new_id
from altcontact_sandbox.aws.organizations.organization import Member
from altcontact_sandbox.aws.organizations.tags import checked_tags
from altcontact_sandbox.aws.organizations.units import Units
from altcontact_sandbox.aws.seeds.demo import demo_accounts, many_accounts
from altcontact_sandbox.aws.seeds.realistic import realistic_accounts
from altcontact_sandbox.errors import SandboxError
from bot.domain.contacts import ContactType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altcontact_sandbox.aws.organizations.identity import Identity
    from altcontact_sandbox.aws.seeds.demo import SandboxAccount

_MEMBERS: Final = ("id", "name", "state", "email", "ou", "tags", "primary", "contacts")


class Seeds:
    """Accounts as they are to be, checked one by one.

    Args:
        identity: of the organization that they are for.
        model: of primary contacts.
    """

    def __init__(self, identity: Identity, model: PrimaryModel) -> None:
        self._identity = identity
        self._model = model
        self.members: dict[str, Member] = {}
        self.units = Units(identity)
        self.contacts: dict[str, dict[str, Contact]] = {}

    def add(self, seeds: Iterable[Mapping[str, Any]]) -> None:
        """Take accounts; one without an `id` or an `email` gets one that is made up.

        Raises:
            SandboxError: AWS has no such account.
        """
        listed = list(seeds)
        taken = {seed["id"] for seed in listed if seed.get("id")}
        for seed in listed:
            account_id = seed.get("id") or new_id(taken)
            if account_id in self.members:
                raise SandboxError(f"The account {account_id} is listed twice.")
            taken.add(account_id)
            self._add(account_id, seed)

    def _add(self, account_id: str, seed: Mapping[str, Any]) -> None:
        strange = set(seed) - set(_MEMBERS)
        if strange:
            raise SandboxError(
                f"An account to seed has no member {min(strange)}.",
                f"It has {', '.join(_MEMBERS)}.",
            )
        given = {name: seed[name] for name in ("name", "state") if seed.get(name)}
        given["email"] = seed.get("email") or f"root+{account_id}@example.com"
        member = changed_account(None, account_id, given, self._identity.management_id)
        made_up = generated_primary_contact(account_id)
        self.members[account_id] = Member(
            member.id,
            member.name,
            member.state,
            member.email,
            self.units.at(seed.get("ou") or "/"),
            checked_tags(seed.get("tags") or {}),
            self._model.changed(made_up, seed["primary"]) if seed.get("primary") else {},
        )
        contacts = seed.get("contacts") or {}
        if contacts:
            self.contacts[account_id] = {
                ContactType(kind).value: contact_of(held) for kind, held in contacts.items() if held
            }


def made_up(wanted: Mapping[str, Any], identity: Identity) -> list[dict[str, Any]]:
    """The demo's accounts, or so many made-up ones, with the ids of an organization."""
    return [{**each.as_json(), "id": identity.account(each.id)} for each in _accounts(wanted)]


def contact_of(members: Mapping[str, Any]) -> Contact:
    """The four members of a contact, as AWS's API names them."""
    return {name: str(members[name]) for name in FIELDS}


def _accounts(wanted: Mapping[str, Any]) -> list[SandboxAccount]:
    if wanted.get("demo"):
        return demo_accounts()
    count = int(wanted["count"])
    if wanted.get("realistic"):
        return realistic_accounts(count, int(wanted.get("seed", 0)))
    return many_accounts(count, int(wanted.get("missing_every", 2)))
