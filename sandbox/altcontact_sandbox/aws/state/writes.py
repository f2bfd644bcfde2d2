"""Every attempt to put or delete a contact, so that a test can prove what was written and for whom.

`Stats` counts, and `Recorder` keeps the last calls of any kind; this keeps the writes of a whole
run. Values are digests: enough to see that a repeated write wrote the same, and no personal data.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.aws.account.contacts import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altcontact_sandbox.aws.protocol.messages import Call
    from altcontact_sandbox.aws.sts.callers import Caller

MAX_WRITES: Final = 20_000
"""The most attempts that are kept: those of a run over a thousand accounts and many retries."""

OPERATIONS: Final = frozenset({"PutAlternateContact", "DeleteAlternateContact"})


def value_digest(contact: Mapping[str, Any]) -> str:
    """What stands for a contact in the log: the same for equal contacts.

    Args:
        contact: the four `FIELDS`, as AWS's API names them.
    """
    fields = json.dumps([contact.get(name, "") for name in FIELDS])
    return hashlib.sha256(fields.encode()).hexdigest()


class WriteLog:
    """The attempts in the order of their ends, whether they were carried out or not."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_WRITES)
        self._applied: set[str] = set()
        self._count = 0

    def applied(self, call: Call) -> None:
        """Keep that a write was carried out, whatever becomes of its answer."""
        self._applied.add(call.request_id)

    def record(self, call: Call, caller: Caller | None, status: str, seconds: float) -> None:
        """Keep an attempt that is over; calls of other operations are ignored.

        Args:
            call: what was asked.
            caller: whose access key signed it, if that is known.
            status: `ok`, AWS's error code, or the kind of the fault that struck.
            seconds: how long it took.
        """
        if call.operation not in OPERATIONS:
            return
        self._count += 1
        is_put = call.operation == "PutAlternateContact"
        self._entries.append(
            {
                "number": self._count,
                "at": time.time() - seconds,
                "operation": call.operation,
                "account_id": call.text("AccountId") or (caller.account_id if caller else ""),
                "contact_type": call.text("AlternateContactType"),
                "value": value_digest(call.params) if is_put else "",
                "status": status,
                "applied": call.request_id in self._applied,
                **who(call, caller),
            }
        )
        self._applied.discard(call.request_id)

    def as_json(self) -> list[dict[str, Any]]:
        """For the control interface."""
        return list(self._entries)


def who(call: Call, caller: Caller | None) -> dict[str, str]:
    """How CloudTrail would name a call and who made it; empty where the key is not known."""
    return {
        "request_id": call.request_id,
        "user_agent": call.user_agent,
        "caller": caller.name if caller else "",
        "arn": caller.arn if caller else "",
        "session": caller.session_name if caller and caller.session else "",
    }
