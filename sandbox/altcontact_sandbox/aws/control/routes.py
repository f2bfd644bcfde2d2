"""The control interface, JSON over HTTP under `/_sandbox/`: sets and shows everything directly.

What is done here passes by all strictness: no quota, no fault and no denial applies to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from altcontact_sandbox.aws.control.accounts import AccountsControl
from altcontact_sandbox.aws.control.form_checks import WrongForm
from altcontact_sandbox.aws.control.json_body import json_object
from altcontact_sandbox.aws.control.placements import PlacementsControl
from altcontact_sandbox.aws.control.snapshot import snapshot
from altcontact_sandbox.aws.organizations.organization import Denial
from altcontact_sandbox.aws.state.faults import Fault, FaultKind
from altcontact_sandbox.aws.state.stats import Stats
from altcontact_sandbox.errors import SandboxError, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws

    Handler = Callable[[Request], Awaitable[Response]]

PREFIX: Final = "/_sandbox"
"""What the paths of the control interface begin with."""

_WRONG: Final = (SandboxError, KeyError, TypeError, ValueError)
_MAX_WAIT_SECONDS: Final = 50.0
_UNSEEN: Final = frozenset({f"{PREFIX}/stats"})
"""What is not in the snapshot, so that changing it wakes nobody."""


class Control:
    """The handlers; each takes and gives JSON. A wrong request is answered 400 and {"error"}."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._accounts = AccountsControl(aws)
        self._places = PlacementsControl(aws)

    def app(self) -> Starlette:
        """The Starlette app with every path."""
        routes = [
            ("/state", "GET", self._state),
            ("/wire", "GET", self._wire),
            ("/world", "GET", self._snapshot),
            ("/reset", "POST", self._reset),
            ("/settings", "PATCH", self._settings),
            ("/quotas", "PUT", self._quota),
            *self._accounts.routes(),
            *self._places.routes(),
            ("/denials", "POST", self._deny),
            ("/denials", "DELETE", self._allow),
            ("/policies", "PUT", self._attach),
            ("/policies", "DELETE", self._detach),
            ("/faults", "GET", self._faults),
            ("/faults", "POST", self._add_fault),
            ("/faults", "DELETE", self._clear_faults),
            ("/faults/{fault_id:int}", "DELETE", self._clear_faults),
            ("/stats", "GET", self._stats),
            ("/stats", "DELETE", self._clear_stats),
            ("/writes", "GET", self._writes),
            ("/callers/{caller}", "GET", self._environment),
            ("/callers/{caller}/expire", "POST", self._expire),
            ("/callers/{caller}/renew", "POST", self._renew),
        ]
        return Starlette(
            routes=[
                Route(PREFIX + path, self._counted(handler), methods=[method])
                for path, method, handler in routes
            ],
            exception_handlers=dict.fromkeys(_WRONG, _wrong),
        )

    async def _state(self, _request: Request) -> Response:
        return JSONResponse(self._aws.as_json())

    def _counted(self, handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            answer = await handler(request)
            if request.method != "GET" and request.url.path not in _UNSEEN:
                self._aws.changes.record()
            return answer

        return handle

    async def _snapshot(self, request: Request) -> Response:
        since, seconds = _awaited(request)
        await self._aws.changes.wait(since, seconds)
        return JSONResponse(snapshot(self._aws))

    async def _wire(self, request: Request) -> Response:
        since, seconds = _awaited(request)
        await self._aws.recorder.recorded.wait(since, seconds)
        return JSONResponse(self._aws.recorder.after(since))

    async def _reset(self, _request: Request) -> Response:
        self._aws.reset()
        return JSONResponse(self._aws.as_json())

    async def _settings(self, request: Request) -> Response:
        self._aws.change(self._aws.settings.changed(await json_object(request)))
        return JSONResponse(self._aws.as_json())

    async def _quota(self, request: Request) -> Response:
        self._aws.quotas.set(**await json_object(request))
        return JSONResponse(self._aws.quotas.as_json())

    async def _deny(self, request: Request) -> Response:
        denial = Denial(**await json_object(request))
        if denial.by not in {"iam", "scp"}:
            raise SandboxError("by is iam or scp.")
        denials = self._aws.organization.denials
        if denial not in denials:
            denials.append(denial)
        return Response(status_code=204)

    async def _allow(self, request: Request) -> Response:
        wanted = await json_object(request)
        if not set(wanted) <= {"action", "by", "account_id"}:
            raise SandboxError("Choose what to allow again by action, by and account_id.")
        organization = self._aws.organization
        organization.denials = [
            each for each in organization.denials if not wanted.items() <= each.as_json().items()
        ]
        return Response(status_code=204)

    async def _attach(self, request: Request) -> Response:
        wanted = await json_object(request)
        self._aws.policies.attach(wanted["principal"], wanted["document"])
        return Response(status_code=204)

    async def _detach(self, request: Request) -> Response:
        self._aws.policies.detach((await json_object(request)).get("principal", ""))
        return Response(status_code=204)

    async def _faults(self, _request: Request) -> Response:
        return JSONResponse(self._aws.faults.as_json())

    async def _add_fault(self, request: Request) -> Response:
        wanted = await json_object(request)
        wanted["kind"] = FaultKind(wanted["kind"])
        return JSONResponse({"id": self._aws.faults.add(Fault(**wanted))})

    async def _clear_faults(self, request: Request) -> Response:
        self._aws.faults.clear(request.path_params.get("fault_id"))
        return Response(status_code=204)

    async def _stats(self, _request: Request) -> Response:
        return JSONResponse(self._aws.stats.as_json())

    async def _writes(self, _request: Request) -> Response:
        return JSONResponse(self._aws.writes.as_json())

    async def _clear_stats(self, _request: Request) -> Response:
        self._aws.stats = Stats()
        return Response(status_code=204)

    async def _environment(self, request: Request) -> Response:
        return JSONResponse(self._aws.keys.environment(request.path_params["caller"]))

    async def _expire(self, request: Request) -> Response:
        self._aws.keys.expire(request.path_params["caller"])
        return Response(status_code=204)

    async def _renew(self, request: Request) -> Response:
        self._aws.keys.renew(request.path_params["caller"])
        return Response(status_code=204)


def _awaited(request: Request) -> tuple[int, float]:
    since = int(request.query_params.get("since", "-1"))
    seconds = float(request.query_params.get("timeout", "0"))
    return since, min(max(seconds, 0.0), _MAX_WAIT_SECONDS)


async def _wrong(request: Request, error: Exception) -> Response:
    remedy = error.remedy if isinstance(error, SandboxError) else ""
    told: dict[str, Any] = refusal(str(error), remedy)
    if isinstance(error, WrongForm):
        told["fields"] = error.fields
    # Who fills in a form wrongly calls nothing wrongly; a browser logs an error for each 400.
    form = isinstance(error, SandboxError) and request.query_params.get("checked")
    return JSONResponse(told, 200 if form else 400)
