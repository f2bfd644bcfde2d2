"""The part of driving a sandbox's AWS that is about accounts, their places and their contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.aws.client.call import ControlClient
from altcontact_sandbox.aws.seeds.demo import from_aws, to_aws
from bot.domain.contacts import AlternateContact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from altcontact_sandbox.aws.seeds.demo import SandboxAccount


class AccountsClient(ControlClient):
    """Accounts, OUs, tags and contacts.

    Raises (all methods):
        SandboxError: what was asked for is wrong, or nothing answers there.
    """

    def seed(self, accounts: Iterable[SandboxAccount]) -> None:
        """Replace all accounts and contacts.

        The management account is added where it is not among them; a ready-made caller whose
        account is not is in no organization.
        """
        self._call("POST", "/accounts", {"accounts": [each.as_json() for each in accounts]})

    def seed_many(self, count: int, missing_every: int = 2) -> None:
        """Replace all accounts by so many active ones; every so-manyth lacks SECURITY (0: none)."""
        self._call("POST", "/accounts", {"count": count, "missing_every": missing_every})

    def seed_demo(self) -> None:
        """Replace all accounts by about a dozen in every state, one of them denied by an SCP."""
        self._call("POST", "/accounts", {"demo": True})

    def seed_realistic(self, count: int, seed: int = 0) -> None:
        """Replace all accounts by so many made-up but believable ones, always the same by seed."""
        self._call("POST", "/accounts", {"count": count, "seed": seed, "realistic": True})

    def seed_accounts(self, accounts: Iterable[Mapping[str, Any]]) -> list[str]:
        """Replace all accounts, contacts and OUs by what is given; the accounts' ids, in order.

        Args:
            accounts: each with its `name`, and where wanted `id`, `state`, `email`, `ou` (a path by
                names), `tags`, `contacts` ({type: contact}, each an `AlternateContact` or the
                members of AWS's API), `primary` (members of the primary contact to set).
        """
        seeds = [{**each, "contacts": _wired(each.get("contacts") or {})} for each in accounts]
        ids: list[str] = self._call("POST", "/accounts", {"accounts": seeds})["ids"]
        return ids

    def accounts(self) -> list[dict[str, str]]:
        """The organization's accounts: [{id, name, state, email}]."""
        accounts: list[dict[str, str]] = self._call("GET", "/accounts")
        return accounts

    def create_account(self, name: str, email: str = "") -> str:
        """Create an account, active at once; its id. Without an email address one is made up."""
        created: str = self._call("POST", "/accounts/new", {"name": name, "email": email})["id"]
        return created

    def set_account(self, account_id: str, **members: str) -> None:
        """Add an account, or change its `name`, `state` or `email`; a new one needs a name."""
        self._call("PUT", f"/accounts/{account_id}", members)

    def remove_account(self, account_id: str) -> None:
        """Let an account leave the organization."""
        self._call("DELETE", f"/accounts/{account_id}")

    def contact(self, account_id: str, kind: str) -> AlternateContact | None:
        """One contact as AWS holds it, whatever a delay still hides."""
        members = self._call("GET", f"/contacts/{account_id}/{kind}")["contact"]
        return from_aws(members) if members else None

    def set_contact(self, account_id: str, kind: str, contact: AlternateContact) -> None:
        """Set one contact, at once and unchecked; `?checked=1` would check it as AWS does."""
        self._call("PUT", f"/contacts/{account_id}/{kind}", to_aws(contact))

    def delete_contact(self, account_id: str, kind: str) -> None:
        """Delete one contact, at once, if it is there."""
        self._call("DELETE", f"/contacts/{account_id}/{kind}")

    def create_unit(self, path: str) -> str:
        """Create the OU at `/Production/Payments`, with those above it; its id."""
        created: str = self._call("POST", "/units", {"path": path})["id"]
        return created

    def units(self) -> dict[str, Any]:
        """The tree: {"organization", "root", "units": [{id, path}], "accounts": {id: path}}."""
        units: dict[str, Any] = self._call("GET", "/units")
        return units

    def place(self, account_id: str, path: str) -> str:
        """Put an account in the OU at a path, which is created where it is not there; its id."""
        unit: str = self._call("PUT", f"/accounts/{account_id}/ou", {"path": path})["id"]
        return unit

    def tags(self, account_id: str, tags: Mapping[str, str]) -> None:
        """Replace an account's tags."""
        self._call("PUT", f"/accounts/{account_id}/tags", dict(tags))

    def primary(self, account_id: str) -> dict[str, str]:
        """An account's primary contact, with the member names of AWS's API."""
        members: dict[str, str] = self._call("GET", f"/accounts/{account_id}/primary")
        return members

    def set_primary(self, account_id: str, **members: str) -> None:
        """Set members of an account's primary contact, such as `FullName` and `PhoneNumber`."""
        self._call("PUT", f"/accounts/{account_id}/primary", members)


def _wired(contacts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(kind): to_aws(held) if isinstance(held, AlternateContact) else held
        for kind, held in contacts.items()
    }
