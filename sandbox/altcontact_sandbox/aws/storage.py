"""Keeps contacts in moto's server: starts and stops its process, reads, writes and loads them.

moto answers about 300 calls a second and looks through all its accounts at each, so reads are
answered from what is remembered here: nothing else writes to moto, and every write goes there
before it is answered. `stored` asks moto itself.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import httpx

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS: Final = ("Name", "Title", "EmailAddress", "PhoneNumber")
"""The members of a contact, as AWS's API names them."""

_LOAD_PATH: Final = "/_storage/load"
_STOP_SECONDS: Final = 5.0
_CALL_SECONDS: Final = 60.0
_AUTHORIZATION: Final = (
    "AWS4-HMAC-SHA256 Credential=AKIASANDBOXSTORAGE00/20200101/us-east-1/account/aws4_request, "
    "SignedHeaders=host, Signature=none"
)

Contact = dict[str, str]
"""The four `FIELDS` of one contact."""


class StorageProcess:
    """moto's server in a process of its own, on a loopback port that it picks."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it, and come back when it listens.

        Raises:
            SandboxError: it ended instead.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "altcontact_sandbox.aws.storage_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
        port = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not port:
            self.stop()
            raise SandboxError(
                "moto's server did not start; what it wrote above says why.",
                "Install the sandbox extra: pip install 'altcontact[sandbox]'.",
            )
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """End it, by closing its input; killed by its id where it does not listen."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin and process.stdout:
            process.stdin.close()
            process.stdout.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Storage:
    """The contacts, by account id and type. Belongs to one event loop."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": _AUTHORIZATION},
            timeout=_CALL_SECONDS,
            trust_env=False,
        )
        self._known: dict[tuple[str, str], Contact] = {}
        self._writing = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections to moto."""
        await self._client.aclose()

    async def load(self, contacts: Mapping[str, Mapping[str, Contact]]) -> None:
        """Replace every contact by these: {account id: {type: contact}}."""
        async with self._writing:
            await self._post(_LOAD_PATH, contacts)
            self._known = {
                (account_id, kind): dict(contact)
                for account_id, held in contacts.items()
                for kind, contact in held.items()
            }

    def read(self, account_id: str, kind: str) -> Contact | None:
        """One contact as remembered, or None."""
        return self._known.get((account_id, kind))

    async def stored(self, account_id: str, kind: str) -> Contact | None:
        """One contact as moto has it, or None."""
        answer = await self._client.post("/getAlternateContact", json=_named(account_id, kind))
        held = answer.json().get("AlternateContact")
        return {name: held[name] for name in FIELDS} if held else None

    async def write(self, account_id: str, kind: str, contact: Contact) -> None:
        """Put one contact."""
        async with self._writing:
            await self._post("/putAlternateContact", {**_named(account_id, kind), **contact})
            self._known[account_id, kind] = dict(contact)

    async def delete(self, account_id: str, kind: str) -> None:
        """Delete one contact, if it is there."""
        async with self._writing:
            await self._post("/deleteAlternateContact", _named(account_id, kind))
            self._known.pop((account_id, kind), None)

    async def _post(self, path: str, body: Mapping[str, Any]) -> None:
        (await self._client.post(path, json=body)).raise_for_status()


def _named(account_id: str, kind: str) -> dict[str, str]:
    return {"AccountId": account_id, "AlternateContactType": kind}
