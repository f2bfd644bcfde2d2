"""The part of the control interface about OUs, tags, primary contacts, and roles to assume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from altcontact_sandbox.aws.account.primary_contact import PrimaryModel
from altcontact_sandbox.aws.control.json_body import json_object
from altcontact_sandbox.aws.organizations.tags import checked_tags
from altcontact_sandbox.aws.sts.roles import Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws

    Handler = Callable[[Request], Awaitable[Response]]


class PlacementsControl:
    """The handlers; each takes and gives JSON."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._model = PrimaryModel()

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Path, method and handler of each."""
        return [
            ("/units", "GET", self._units),
            ("/units", "POST", self._create_unit),
            ("/accounts/{account_id}/ou", "PUT", self._place),
            ("/accounts/{account_id}/tags", "PUT", self._tag),
            ("/accounts/{account_id}/primary", "GET", self._primary),
            ("/accounts/{account_id}/primary", "PUT", self._set_primary),
            ("/roles", "POST", self._create_role),
        ]

    async def _units(self, _request: Request) -> Response:
        organization = self._aws.organization
        placed = {
            member.id: organization.units.path(organization.parent(member))
            for member in organization.members.values()
        }
        return JSONResponse(
            {
                "organization": self._aws.identity.organization_id,
                "root": self._aws.identity.root_id,
                "units": organization.units.as_json(),
                "accounts": placed,
            }
        )

    async def _create_unit(self, request: Request) -> Response:
        path = str((await json_object(request))["path"])
        return JSONResponse({"id": self._aws.organization.units.at(path)})

    async def _place(self, request: Request) -> Response:
        organization = self._aws.organization
        path = str((await json_object(request))["path"])
        organization.require(request.path_params["account_id"])
        unit = organization.units.at(path)
        organization.change(request.path_params["account_id"], unit=unit)
        return JSONResponse({"id": unit})

    async def _tag(self, request: Request) -> Response:
        tags = checked_tags(await json_object(request))
        self._aws.organization.change(request.path_params["account_id"], tags=tags)
        return Response(status_code=204)

    async def _primary(self, request: Request) -> Response:
        return JSONResponse(self._aws.organization.primary(request.path_params["account_id"]))

    async def _set_primary(self, request: Request) -> Response:
        account_id = request.path_params["account_id"]
        organization = self._aws.organization
        given = await json_object(request)
        primary = self._model.changed(organization.primary(account_id), given)
        organization.change(account_id, primary=primary)
        return JSONResponse(primary)

    async def _create_role(self, request: Request) -> Response:
        wanted = await json_object(request)
        caller = self._aws.keys.caller(wanted.pop("caller", "management"))
        role = Role(caller=caller, **wanted)
        self._aws.roles[role.arn] = role
        return JSONResponse(role.as_json())
