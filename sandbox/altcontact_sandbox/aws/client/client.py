"""Drives a running sandbox's AWS through its control interface, from this process or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altcontact_sandbox.aws.client.accounts import AccountsClient

if TYPE_CHECKING:
    from collections.abc import Mapping


class AwsControl(AccountsClient):
    """The control interface of the sandbox's AWS at `url`. Safe to use from several threads.

    Raises (all methods):
        SandboxError: what was asked for is wrong, or nothing answers there.
    """

    def environment(self, caller: str = "management") -> dict[str, str]:
        """The variables with which AWS's SDKs call here as one of the sandbox's callers.

        Args:
            caller: `management`, `delegated`, `delegated_other`, `member`, `standalone`,
                `govcloud`, `china` or `eusc`.
        """
        held: dict[str, str] = self._call("GET", f"/callers/{caller}")
        return {**held, "AWS_ENDPOINT_URL": self.url}

    def expire(self, caller: str = "management") -> None:
        """Let a caller's credentials expire now."""
        self._call("POST", f"/callers/{caller}/expire")

    def renew(self, caller: str = "management") -> dict[str, str]:
        """Give a caller new credentials; the old ones expire. Returns the new environment."""
        self._call("POST", f"/callers/{caller}/renew")
        return self.environment(caller)

    def role(
        self,
        name: str = "altcontact-reader",
        *,
        caller: str = "management",
        external_id: str = "",
        trusts: str = "",
        session_name: str = "",
    ) -> str:
        """Create a role that may be assumed; its ARN.

        Args:
            name: what its ARN ends with.
            caller: which ready-made caller who assumes it becomes, in the caller's own account.
            external_id: what its trust policy asks for, if anything.
            trusts: the id of the account whose callers may assume it; any, where it is empty.
            session_name: the one session name that its trust policy allows; any, if empty.
        """
        wanted = {
            "name": name,
            "caller": caller,
            "external_id": external_id,
            "trusts": trusts,
            "session_name": session_name,
        }
        arn: str = self._call("POST", "/roles", wanted)["arn"]
        return arn

    # Strictness

    def trusted_access(self, on: bool) -> None:  # as the FBT rule allows: one plain truth value
        """Turn trusted access for account.amazonaws.com on or off."""
        self._call("PATCH", "/settings", {"trusted_access": on})

    def deny(self, action: str, account_id: str | None = None, by: str = "iam") -> None:
        """Deny an action (`account:GetAlternateContact`, `*`), by `iam` or by an `scp`.

        Args:
            action: the IAM action.
            account_id: the account acted on; None is any.
            by: whose denial it is.
        """
        self._call("POST", "/denials", {"action": action, "account_id": account_id, "by": by})

    def allow(self, **wanted: str | None) -> None:
        """Take back denials by their `action`, `by` and `account_id`; what is left out is any."""
        self._call("DELETE", "/denials", wanted)

    def clear_denials(self) -> None:
        """Allow everything again that policies denied."""
        self._call("DELETE", "/denials")

    def attach_policy(self, document: Mapping[str, Any], principal: str) -> None:
        """Enforce an identity policy: what it doesn't allow is denied to that role or user.

        Args:
            document: the policy, as IAM has it.
            principal: the ARN of the role or user: `arn:aws:iam::111111111111:role/altcontact` is
                that of the caller `management`.
        """
        self._call("PUT", "/policies", {"principal": principal, "document": document})

    def detach_policies(self) -> None:
        """Enforce no identity policy any more."""
        self._call("DELETE", "/policies")

    def all_features(self, on: bool) -> None:
        """Turn all features of the organization on, or leave it consolidated billing alone."""
        self._call("PATCH", "/settings", {"all_features": on})

    def outage(self, on: bool) -> None:
        """Let AWS be down: every call is answered 503, and an HTML page."""
        self._call("PATCH", "/settings", {"outage": on})

    def throttling(self, on: bool) -> None:
        """Throttle every call of Account Management and Organizations."""
        self._call("PATCH", "/settings", {"throttling": on})

    def clock_skew(self, seconds: float) -> None:
        """Let AWS's clock be so far ahead of this machine's; behind it, below 0."""
        self._call("PATCH", "/settings", {"clock_skew_seconds": seconds})

    def quotas(self, on: bool) -> None:
        """Turn all quotas on or off."""
        self._call("PATCH", "/settings", {"quotas_enabled": on})

    def quota(self, operation: str, rate: float, burst: int, partition: str = "aws") -> None:
        """Set one operation's quota: calls a second, and calls at once."""
        quota = {"operation": operation, "rate": rate, "burst": burst, "partition": partition}
        self._call("PUT", "/quotas", quota)

    def latency(self, milliseconds: float) -> None:
        """Make every call take so much longer."""
        self._call("PATCH", "/settings", {"latency_ms": milliseconds})

    def delay(self, seconds: float) -> None:
        """Make writes show only so much later."""
        self._call("PATCH", "/settings", {"delay_seconds": seconds})

    def pages(self, *sizes: int) -> None:
        """Set how many entries the pages of Organizations' listings hold, in turn; 0: none."""
        self._call("PATCH", "/settings", {"page_sizes": list(sizes)})

    def state_fields(self, *names: str) -> None:
        """Set which of `State` and `Status` an account shows."""
        self._call("PATCH", "/settings", {"state_fields": list(names)})

    def paths(self, on: bool) -> None:
        """Set whether accounts show their `Paths`, and OUs their `Path`."""
        self._call("PATCH", "/settings", {"paths": on})

    # Faults and counters

    def fault(
        self,
        kind: str,
        operation: str | None = None,
        *,
        account_id: str | None = None,
        contact_type: str | None = None,
        count: int | None = None,
        after: int = 0,
        seconds: float | None = None,
        percent: float | None = None,
        seed: int = 0,
    ) -> int:
        """Add a fault, as `altcontact_sandbox.aws.state.faults.Fault` describes it; its id."""
        fault = {
            "kind": kind,
            "operation": operation,
            "account_id": account_id,
            "contact_type": contact_type,
            "count": count,
            "after": after,
            "seconds": seconds,
            "percent": percent,
            "seed": seed,
        }
        added: int = self._call("POST", "/faults", fault)["id"]
        return added

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force; `struck` says how many calls each has struck."""
        faults: list[dict[str, Any]] = self._call("GET", "/faults")
        return faults

    def clear_faults(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all; calls that hang go on."""
        self._call("DELETE", "/faults" if fault_id is None else f"/faults/{fault_id}")

    def stats(self) -> dict[str, Any]:
        """Calls, throttled calls, each operation's counts, and the writes carried out."""
        stats: dict[str, Any] = self._call("GET", "/stats")
        return stats

    def reset_stats(self) -> None:
        """Count from nothing again."""
        self._call("DELETE", "/stats")

    def writes(self) -> list[dict[str, Any]]:
        """Every attempt to put or delete a contact since the last reset, as docs/sandbox.md shows.

        The last 20,000 of them, in the order of their ends, carried out or not.
        """
        writes: list[dict[str, Any]] = self._call("GET", "/writes")
        return writes

    def state(self) -> dict[str, Any]:
        """Everything that is set."""
        state: dict[str, Any] = self._call("GET", "/state")
        return state

    def world(self, since: int = -1, timeout: float = 0.0) -> dict[str, Any]:
        """Everything at once: {"changes", "accounts", "settings"}, as docs/sandbox.md shows it.

        Args:
            since: the `changes` of an earlier answer; comes back once something has changed.
            timeout: but after so many seconds, 50 at most, at the latest.
        """
        world: dict[str, Any] = self._call("GET", f"/world?since={since}&timeout={timeout}")
        return world

    def wire(self, since: int = 0, timeout: float = 0.0) -> dict[str, Any]:
        """The last 1,000 calls: {"last", "entries"}, as docs/sandbox.md shows an entry.

        Args:
            since: the `last` of an earlier answer: gives what came after; comes back once
                something has.
            timeout: but after so many seconds, 50 at most, at the latest.
        """
        calls: dict[str, Any] = self._call("GET", f"/wire?since={since}&timeout={timeout}")
        return calls

    def reset(self) -> None:
        """Set everything as it was at the start: the callers' accounts alone, without contacts."""
        self._call("POST", "/reset")
