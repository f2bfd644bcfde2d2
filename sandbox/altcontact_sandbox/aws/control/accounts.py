"""The part of the control interface about accounts and their contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from altcontact_sandbox.aws.account.primary_contact import PrimaryModel
from altcontact_sandbox.aws.control.form_checks import changed_account, check_contact, new_account
from altcontact_sandbox.aws.control.json_body import json_object
from altcontact_sandbox.aws.control.snapshot import account
from altcontact_sandbox.aws.organizations.organization import Denial
from altcontact_sandbox.aws.protocol.input_model import AccountModel
from altcontact_sandbox.aws.seeds.demo import DENIED_ID
from altcontact_sandbox.aws.seeds.loader import Seeds, contact_of, made_up
from altcontact_sandbox.errors import SandboxError
from bot.domain.contacts import ContactType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws

    Handler = Callable[[Request], Awaitable[Response]]


class AccountsControl:
    """The handlers; each takes and gives JSON."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._model = AccountModel()
        self._primary = PrimaryModel()

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Path, method and handler of each."""
        return [
            ("/accounts", "GET", self._accounts),
            ("/accounts", "POST", self._seed),
            ("/accounts/new", "POST", self._create_account),
            ("/accounts/{account_id}", "PUT", self._set_account),
            ("/accounts/{account_id}", "DELETE", self._remove_account),
            ("/contacts/{account_id}/{kind}", "GET", self._contact),
            ("/contacts/{account_id}/{kind}", "PUT", self._set_contact),
            ("/contacts/{account_id}/{kind}", "DELETE", self._delete_contact),
        ]

    async def _accounts(self, _request: Request) -> Response:
        members = self._aws.organization.members.values()
        return JSONResponse([member.as_json() for member in members])

    async def _seed(self, request: Request) -> Response:
        wanted = await json_object(request)
        organization = self._aws.organization
        identity = self._aws.identity
        seeds = Seeds(identity, self._primary)
        seeds.add(wanted["accounts"] if "accounts" in wanted else made_up(wanted, identity))
        self._aws.contacts.load(seeds.contacts)
        organization.seed(seeds.members.values(), seeds.units)
        self._aws.delayed_reads.clear()
        if wanted.get("demo"):
            organization.denials = [Denial("*", "scp", identity.account(DENIED_ID))]
        return JSONResponse({"accounts": len(organization.members), "ids": list(seeds.members)})

    async def _create_account(self, request: Request) -> Response:
        members = self._aws.organization.members
        created = new_account(members, await json_object(request))
        members[created.id] = created
        return JSONResponse(account(self._aws, created, []))

    async def _set_account(self, request: Request) -> Response:
        account_id = request.path_params["account_id"]
        members = self._aws.organization.members
        given = await json_object(request)
        management_id = self._aws.identity.management_id
        known = members.get(account_id)
        members[account_id] = changed_account(known, account_id, given, management_id)
        return JSONResponse(members[account_id].as_json())

    async def _remove_account(self, request: Request) -> Response:
        self._aws.organization.remove(request.path_params["account_id"])
        return Response(status_code=204)

    async def _contact(self, request: Request) -> Response:
        return JSONResponse({"contact": self._aws.contacts.get(*_key(request))})

    async def _set_contact(self, request: Request) -> Response:
        key = _key(request)
        given = await json_object(request)
        if request.query_params.get("checked"):
            self._require_writable(key[0])
            check_contact(self._model, given)
        self._aws.contacts.put(*key, contact_of(given))
        self._aws.delayed_reads.pop(key, None)
        return Response(status_code=204)

    def _require_writable(self, account_id: str) -> None:
        member = self._aws.organization.require(account_id)
        if member.state != "ACTIVE":
            raise SandboxError(
                f"The account is {member.state}: AWS changes contacts of active accounts only.",
                "Make the account ACTIVE first.",
            )

    async def _delete_contact(self, request: Request) -> Response:
        key = _key(request)
        self._aws.contacts.delete(*key)
        self._aws.delayed_reads.pop(key, None)
        return Response(status_code=204)


def _key(request: Request) -> tuple[str, str]:
    return request.path_params["account_id"], ContactType(request.path_params["kind"]).value
