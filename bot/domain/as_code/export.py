"""The contacts that a policy expects of all accounts, as Terraform or CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bot.domain.as_code import cloudformation, terraform
from bot.domain.as_code.code_contact import CodeContact
from bot.domain.as_code.quoting import comment, comments
from bot.domain.contacts import ContactType
from bot.domain.policy.account_policy import AccountPolicy, Presence
from bot.domain.rules.expected_values import expected_contact, undetermined_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.policy.policy import Policy
    from bot.domain.runs import LastReading

_HEADING = (
    "Alternate contacts that the policy expects, written by altcontact policy export.",
    "They are personal data.",
)


@dataclass(frozen=True, slots=True)
class NotExported:
    """A contact, or with `type` None a whole account, that can't be written as code, and why."""

    account_id: str
    account_name: str
    type: ContactType | None
    why: str

    def __str__(self) -> str:
        """One line, without personal data."""
        named = comment(f"{self.account_id} {self.account_name}")
        return f"{named}, {self.type.label}: {self.why}" if self.type else f"{named}: {self.why}"


@dataclass(frozen=True, slots=True)
class Export:
    """The contacts to write, by organization, account id and type, and what is left out."""

    contacts: tuple[CodeContact, ...]
    left_out: tuple[NotExported, ...] = ()


def collect(
    accounts: Iterable[Account],
    policy: Policy,
    readings: Mapping[tuple[str, ContactType], LastReading],
    own_accounts: Collection[str],
) -> Export:
    """The expected contacts of these accounts.

    A contact that is only optional is written if AWS has one. A field with several allowed values
    keeps the one that AWS has.

    Args:
        accounts: the accounts, with their OUs and tags as far as known.
        policy: what they should have.
        readings: their contacts as last read, by (account id, type).
        own_accounts: those that AWS lets be changed only without naming them.
    """
    contacts: list[CodeContact] = []
    left_out: list[NotExported] = []
    for account in sorted(accounts, key=lambda each: (each.organization, each.id)):
        rights = policy.resolve_rights(account)
        why = ""
        if not account.is_active:
            why = f"the account is {account.state_words}"
        elif not isinstance(rights, AccountPolicy):
            why = "its OUs or tags are unknown; run altcontact check"
        elif rights.excluded:
            why = "the policy excludes the account"
        if why or not isinstance(rights, AccountPolicy):
            left_out.append(NotExported(account.id, account.name, None, why))
            continue
        for contact_type in ContactType:
            reading = readings.get((account.id, contact_type))
            found = _contact(account, contact_type, rights, reading)
            if isinstance(found, CodeContact):
                contacts.append(replace(found, is_own_account=account.id in own_accounts))
            elif found is not None:
                left_out.append(found)
    return Export(tuple(contacts), tuple(left_out))


def terraform_file(export: Export) -> str:
    """One configuration with all contacts; what is left out is a comment in it."""
    parts = [comments(_HEADING)]
    for organization, members in groupby(export.contacts, key=lambda each: each.organization):
        if organization:
            parts.append(
                f"# Organization {comment(organization)}: apply these with a provider for its "
                "management account.\n"
            )
        for wanted in members:
            note = "# Apply this with a provider for this account itself.\n"
            parts.append(f"{note if wanted.is_own_account else ''}{terraform.resource(wanted)}\n")
    existing = [wanted for wanted in export.contacts if wanted.exists]
    if existing:
        commands = [terraform.import_command(wanted) for wanted in existing]
        parts.append(
            comments(["AWS already has these contacts. To let Terraform adopt them:", *commands])
        )
    if export.left_out:
        parts.append(comments(_left_out(export.left_out)))
    return "\n".join(parts)


def for_cloudformation(export: Export) -> Export:
    """The same without the contacts that CloudFormation can't take."""
    contacts: list[CodeContact] = []
    left_out = list(export.left_out)
    for wanted in export.contacts:
        why = cloudformation.problem(wanted)
        if why:
            name = wanted.account_name
            left_out.append(NotExported(wanted.account_id, name, wanted.type, why))
        else:
            contacts.append(wanted)
    return Export(tuple(contacts), tuple(left_out))


def cloudformation_files(export: Export) -> list[str]:
    """Templates with all contacts: one for each organization, and at most 500 contacts in each.

    What is left out is a comment in the last one. None if there are no contacts.

    Args:
        export: as `for_cloudformation` gives it.
    """
    chunks: list[list[CodeContact]] = []
    for _, members in groupby(export.contacts, key=lambda each: each.organization):
        chunks += _chunked(list(members), cloudformation.MOST_RESOURCES)
    texts = []
    for number, chunk in enumerate(chunks, 1):
        heading, lines = list(_HEADING), []
        if chunk[0].organization:
            organization = comment(chunk[0].organization)
            heading.append(f"For a stack in the management account of organization {organization}.")
        existing = [cloudformation.logical_id(wanted) for wanted in chunk if wanted.exists]
        if existing:
            lines += ["", "AWS already has these contacts. Import them when you create the stack:"]
            lines += existing
        if number == len(chunks) and export.left_out:
            lines += ["", *_left_out(export.left_out)]
        resources = map(cloudformation.resource, chunk)
        texts.append(cloudformation.template(resources, heading, lines))
    return texts


def _contact(
    account: Account, contact_type: ContactType, policy: AccountPolicy, reading: LastReading | None
) -> CodeContact | NotExported | None:
    """One contact, why it can't be written, or None if the policy doesn't ask for it."""
    before = reading.contact if reading is not None else None
    presence = policy.presence[contact_type]
    is_wanted = presence is Presence.REQUIRED or (presence is Presence.OPTIONAL and before)
    if not is_wanted:
        return None
    expected = policy.expected[contact_type]
    contact = expected_contact(before, expected)
    if contact is None:
        fields = ", ".join(undetermined_fields(before, expected))
        why = f"the policy doesn't expect exactly one value for: {fields}"
        return NotExported(account.id, account.name, contact_type, why)
    return CodeContact(
        account.id,
        account.name,
        contact_type,
        contact,
        exists=before is not None,
        organization=account.organization,
    )


def _left_out(left_out: Sequence[NotExported]) -> Iterator[str]:
    yield f"Not written ({len(left_out)}):"
    yield from map(str, left_out)


def _chunked(contacts: list[CodeContact], size: int) -> list[list[CodeContact]]:
    return [contacts[start : start + size] for start in range(0, len(contacts), size)]
