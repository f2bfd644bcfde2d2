"""Records each call to the sandbox's AWS, for whoever wants to see what goes over the wire."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.state.changes import ChangeCounter
from altcontact_sandbox.aws.state.writes import who

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altcontact_sandbox.aws.protocol.messages import Call
    from altcontact_sandbox.aws.sts.callers import Caller

MAX_ENTRIES: Final = 1000
_CREDENTIALS: Final = frozenset(
    {"Credentials", "ExternalId", "SAMLAssertion", "TokenCode", "WebIdentityToken"}
)


class Recorder:
    """The last calls in the order of their ends. Contacts in them are not masked here."""

    def __init__(self) -> None:
        self.recorded = ChangeCounter()
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)

    def record(
        self,
        call: Call,
        caller: Caller | None,
        status: str,
        answered: Mapping[str, Any],
        seconds: float,
    ) -> None:
        """Keep a call that is over.

        Args:
            call: what was asked; signatures and tokens are no part of it.
            caller: whose access key signed it, if that is known.
            status: `ok`, AWS's error code, or the kind of the fault that struck.
            answered: the result, or {"code", "message"}.
            seconds: how long it took.
        """
        own = caller.account_id if caller else ""
        self._entries.append(
            {
                "number": self.recorded.count + 1,
                "at": time.time() - seconds,
                "kind": "aws",
                "name": call.action,
                "ok": status == "ok",
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "sent": _without_credentials(call.params),
                "answered": _without_credentials(answered),
                "account": call.target or own,
                **who(call, caller),
            }
        )
        self.recorded.record()

    def after(self, number: int) -> dict[str, Any]:
        """For the control interface: the calls after one; a number that is not yet: all of them."""
        last = self.recorded.count
        first = number if number <= last else 0
        return {"last": last, "entries": [each for each in self._entries if each["number"] > first]}


def _without_credentials(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in _CREDENTIALS}
