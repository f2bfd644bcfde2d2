"""Account Management: who may get, put and delete which account's contacts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.contacts import FIELDS
from altcontact_sandbox.aws.organizations.organization import Standing, access_denied
from altcontact_sandbox.aws.protocol.input_model import AccountModel
from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from altcontact_sandbox.aws.account.contacts import Contact
    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws
    from altcontact_sandbox.aws.sts.callers import Caller

_OWN_ID: Final = (
    " (The management account can only be managed using the standalone context from the "
    "management account.)"
)
_FEATURES_OFF: Final = " (Your organization must first enable all features.)"
_TRUSTED_ACCESS_OFF: Final = (
    " (Your organization must first enable trusted access with AWS Account Management.)"
)
_STANDALONE_NAME: Final = "Standalone"
_CREATED: Final = "2020-09-13T12:26:40Z"
_STRANGER: Final = " (The specified account is not a member of your organization.)"


class AccountApi:
    """The operations on alternate contacts, and the reading of the primary contact.

    They are in the strictest reading of AWS's pages.

    A member account that names any account, and a caller of another service's delegated
    administration, get AWS's bare denial: the cause is theirs to find out.
    """

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._model = AccountModel()

    def answer(self, caller: Caller, call: Call) -> dict[str, Any] | None:
        """Carry out a call.

        Raises:
            Refusal: as AWS would.
        """
        account_id = call.text("AccountId") or caller.account_id
        self._aws.organization.require_allowed(caller, call.action, account_id)
        self._model.check(call)
        self._require_reach(caller, call)
        if call.operation == "GetContactInformation":
            return {"ContactInformation": self._aws.organization.primary(account_id)}
        if call.operation == "GetAccountInformation":
            return self._information(account_id)
        key = (account_id, call.text("AlternateContactType"))
        if call.operation == "GetAlternateContact":
            return self._get(key)
        if call.operation == "PutAlternateContact":
            self._aws.delay_read(key, self._visible(key))
            self._aws.contacts.put(*key, {name: call.text(name) for name in FIELDS})
        else:
            if self._aws.contacts.get(*key) is None:
                raise _not_found()
            self._aws.delay_read(key, self._visible(key))
            self._aws.contacts.delete(*key)
        self._aws.stats.contact_written(call, account_id)
        self._aws.writes.applied(call)
        self._aws.changes.record()
        return None

    def _get(self, key: tuple[str, str]) -> dict[str, Any]:
        contact = self._visible(key)
        if contact is None:
            raise _not_found()
        return {"AlternateContact": {"AlternateContactType": key[1], **contact}}

    def _information(self, account_id: str) -> dict[str, Any]:
        member = self._aws.organization.members.get(account_id)
        return {
            "AccountId": account_id,
            "AccountName": member.name if member else _STANDALONE_NAME,
            "AccountCreatedDate": _CREATED,
        }

    def _visible(self, key: tuple[str, str]) -> Contact | None:
        until, before = self._aws.delayed_reads.get(key, (0.0, None))
        if time.monotonic() < until:
            return before
        self._aws.delayed_reads.pop(key, None)
        return self._aws.contacts.get(*key)

    def _require_reach(self, caller: Caller, call: Call) -> None:
        organization = self._aws.organization
        named = call.text("AccountId")
        if named:
            standing = organization.standing(caller.account_id)
            if standing not in {Standing.MANAGEMENT, Standing.DELEGATED}:
                raise access_denied(caller, call.action)
            if named == organization.identity.management_id:
                raise access_denied(caller, call.action, _OWN_ID)
            if named == caller.account_id:
                raise access_denied(caller, call.action)
            if not organization.all_features:
                raise access_denied(caller, call.action, _FEATURES_OFF)
            if not organization.trusted_access:
                raise access_denied(caller, call.action, _TRUSTED_ACCESS_OFF)
            if named not in organization.members:
                raise access_denied(caller, call.action, _STRANGER)
        member = organization.members.get(named or caller.account_id)
        if member is not None and member.state != "ACTIVE":
            why = f" (The specified account is not active: {member.state}.)"
            raise access_denied(caller, call.action, why)


def _not_found() -> Refusal:
    return Refusal(
        "ResourceNotFoundException",
        "No contact of the inputted alternate contact type found.",
        404,
    )
