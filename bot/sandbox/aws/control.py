"""The control interface, JSON over HTTP under `/_sandbox/`: sets and shows everything directly.

What is done here passes by all strictness: no quota, no fault and no denial applies to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.contacts import ContactType
from bot.sandbox.aws.demo import DENIED_ID, demo_accounts, many_accounts
from bot.sandbox.aws.faults import Fault, FaultKind
from bot.sandbox.aws.organization import Denial, Member
from bot.sandbox.aws.snapshot import snapshot
from bot.sandbox.aws.stats import Stats
from bot.sandbox.aws.storage import FIELDS
from bot.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import Lifespan

    from bot.sandbox.aws.storage import Storage
    from bot.sandbox.aws.world import World

    Handler = Callable[[Request], Awaitable[Response]]

PREFIX: Final = "/_sandbox"
"""What the paths of the control interface begin with."""

_WRONG: Final = (SandboxError, KeyError, TypeError, ValueError)
_LONGEST_WAIT_SECONDS: Final = 50.0
_UNSEEN: Final = frozenset({f"{PREFIX}/stats"})
"""What is not in the snapshot, so that changing it wakes nobody."""


class Control:
    """The handlers; each takes and gives JSON. A wrong request is answered 400 and {"error"}."""

    def __init__(self, world: World, storage: Storage) -> None:
        self._world = world
        self._storage = storage

    def app(self, lifespan: Lifespan[Starlette]) -> Starlette:
        """The Starlette app with every path."""
        routes = [
            ("/state", "GET", self._state),
            ("/wire", "GET", self._wire),
            ("/world", "GET", self._snapshot),
            ("/reset", "POST", self._reset),
            ("/settings", "PATCH", self._settings),
            ("/quotas", "PUT", self._quota),
            ("/accounts", "GET", self._accounts),
            ("/accounts", "POST", self._seed),
            ("/accounts/{account_id}", "PUT", self._set_account),
            ("/accounts/{account_id}", "DELETE", self._remove_account),
            ("/contacts/{account_id}/{kind}", "GET", self._contact),
            ("/contacts/{account_id}/{kind}", "PUT", self._set_contact),
            ("/contacts/{account_id}/{kind}", "DELETE", self._delete_contact),
            ("/denials", "POST", self._deny),
            ("/denials", "DELETE", self._allow),
            ("/faults", "GET", self._faults),
            ("/faults", "POST", self._add_fault),
            ("/faults", "DELETE", self._clear_faults),
            ("/faults/{fault_id:int}", "DELETE", self._clear_faults),
            ("/stats", "GET", self._stats),
            ("/stats", "DELETE", self._clear_stats),
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
            lifespan=lifespan,
        )

    async def _state(self, _request: Request) -> Response:
        return JSONResponse(self._world.as_json())

    def _counted(self, handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            answer = await handler(request)
            if request.method != "GET" and request.url.path not in _UNSEEN:
                self._world.changes.made()
            return answer

        return handle

    async def _snapshot(self, request: Request) -> Response:
        since, seconds = _awaited(request)
        await self._world.changes.wait(since, seconds)
        return JSONResponse(snapshot(self._world, self._storage))

    async def _wire(self, request: Request) -> Response:
        since, seconds = _awaited(request)
        await self._world.recorder.recorded.wait(since, seconds)
        return JSONResponse(self._world.recorder.after(since))

    async def _reset(self, _request: Request) -> Response:
        self._world.reset()
        await self._storage.load({})
        return JSONResponse(self._world.as_json())

    async def _settings(self, request: Request) -> Response:
        self._world.change(self._world.settings.changed(await request.json()))
        return JSONResponse(self._world.as_json())

    async def _quota(self, request: Request) -> Response:
        self._world.quotas.set(**await request.json())
        return JSONResponse(self._world.quotas.as_json())

    async def _accounts(self, _request: Request) -> Response:
        members = self._world.organization.members.values()
        return JSONResponse([member.as_json() for member in members])

    async def _seed(self, request: Request) -> Response:
        wanted = await request.json()
        if wanted.get("demo"):
            seeds = [account.as_json() for account in demo_accounts()]
        elif "count" in wanted:
            accounts = many_accounts(int(wanted["count"]), int(wanted.get("missing_every", 2)))
            seeds = [account.as_json() for account in accounts]
        else:
            seeds = wanted["accounts"]
        await self._replace(seeds)
        if wanted.get("demo"):
            self._world.organization.denials = [Denial("*", "scp", DENIED_ID)]
        return JSONResponse({"accounts": len(self._world.organization.members)})

    async def _replace(self, seeds: Sequence[Mapping[str, Any]]) -> None:
        contacts = {
            seed["id"]: {kind: _contact(held) for kind, held in seed["contacts"].items()}
            for seed in seeds
            if seed.get("contacts")
        }
        members = [_member(seed["id"], seed) for seed in seeds]
        await self._storage.load(contacts)
        self._world.organization.seed(members)
        self._world.shown.clear()

    async def _set_account(self, request: Request) -> Response:
        account_id = request.path_params["account_id"]
        members = self._world.organization.members
        known = members[account_id].as_json() if account_id in members else {}
        members[account_id] = _member(account_id, {**known, **await request.json()})
        return JSONResponse(members[account_id].as_json())

    async def _remove_account(self, request: Request) -> Response:
        self._world.organization.remove(request.path_params["account_id"])
        return Response(status_code=204)

    async def _contact(self, request: Request) -> Response:
        return JSONResponse({"contact": await self._storage.stored(*_key(request))})

    async def _set_contact(self, request: Request) -> Response:
        key = _key(request)
        await self._storage.write(*key, _contact(await request.json()))
        self._world.shown.pop(key, None)
        return Response(status_code=204)

    async def _delete_contact(self, request: Request) -> Response:
        key = _key(request)
        await self._storage.delete(*key)
        self._world.shown.pop(key, None)
        return Response(status_code=204)

    async def _deny(self, request: Request) -> Response:
        denial = Denial(**await request.json())
        if denial.by not in {"iam", "scp"}:
            raise SandboxError("by is iam or scp.")
        self._world.organization.denials.append(denial)
        return Response(status_code=204)

    async def _allow(self, _request: Request) -> Response:
        self._world.organization.denials.clear()
        return Response(status_code=204)

    async def _faults(self, _request: Request) -> Response:
        return JSONResponse(self._world.faults.as_json())

    async def _add_fault(self, request: Request) -> Response:
        wanted = await request.json()
        wanted["kind"] = FaultKind(wanted["kind"])
        return JSONResponse({"id": self._world.faults.add(Fault(**wanted))})

    async def _clear_faults(self, request: Request) -> Response:
        self._world.faults.clear(request.path_params.get("fault_id"))
        return Response(status_code=204)

    async def _stats(self, _request: Request) -> Response:
        return JSONResponse(self._world.stats.as_json())

    async def _clear_stats(self, _request: Request) -> Response:
        self._world.stats = Stats()
        return Response(status_code=204)

    async def _environment(self, request: Request) -> Response:
        return JSONResponse(self._world.keys.environment(request.path_params["caller"]))

    async def _expire(self, request: Request) -> Response:
        self._world.keys.expire(request.path_params["caller"])
        return Response(status_code=204)

    async def _renew(self, request: Request) -> Response:
        self._world.keys.renew(request.path_params["caller"])
        return Response(status_code=204)


def _member(account_id: str, seed: Mapping[str, Any]) -> Member:
    return Member(account_id, seed["name"], seed.get("state", "ACTIVE"), seed.get("email", ""))


def _contact(members: Mapping[str, str]) -> dict[str, str]:
    return {name: str(members[name]) for name in FIELDS}


def _key(request: Request) -> tuple[str, str]:
    return request.path_params["account_id"], ContactType(request.path_params["kind"]).value


def _awaited(request: Request) -> tuple[int, float]:
    since = int(request.query_params.get("since", "-1"))
    seconds = float(request.query_params.get("timeout", "0"))
    return since, min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


async def _wrong(_request: Request, error: Exception) -> Response:
    mend = error.mend if isinstance(error, SandboxError) else ""
    return JSONResponse({"error": str(error), "mend": mend}, 400)
