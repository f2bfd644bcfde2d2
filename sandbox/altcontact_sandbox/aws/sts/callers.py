"""The sandbox's ready-made callers, their credentials, and who an access key belongs to."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    DELEGATED_OTHER_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    STANDALONE_ID,
    Identity,
)
from altcontact_sandbox.aws.protocol.messages import STS, Refusal
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from altcontact_sandbox.aws.protocol.requests import Signature

_ROLE: Final = "altcontact"
_SESSION: Final = "bot"


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who calls: a role in an account, in one of AWS's partitions.

    A `session` caller has temporary credentials, with a token; another has long-lived keys.
    """

    name: str
    account_id: str
    partition: str = "aws"
    region: str = "us-east-1"
    session: bool = True
    role: str = _ROLE
    session_name: str = field(default=_SESSION, repr=False)

    @property
    def arn(self) -> str:
        """The caller's ARN as `GetCallerIdentity` gives it."""
        if self.session:
            session = f"{self.role}/{self.session_name}"
            return f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{session}"
        return self.principal

    @property
    def principal(self) -> str:
        """The ARN of the role or user, to which policies are attached."""
        kind = f"role/{self.role}" if self.session else f"user/{_ROLE}"
        return f"arn:{self.partition}:iam::{self.account_id}:{kind}"


_USUAL: Final = (
    Caller("management", MANAGEMENT_ID),
    Caller("delegated", DELEGATED_ID),
    Caller("delegated_other", DELEGATED_OTHER_ID),
    Caller("member", MEMBER_ID),
    Caller("standalone", STANDALONE_ID, session=False),
    Caller("govcloud", MANAGEMENT_ID, "aws-us-gov", "us-gov-west-1"),
    Caller("china", MANAGEMENT_ID, "aws-cn", "cn-northwest-1"),
    Caller("eusc", MANAGEMENT_ID, "aws-eusc", "eusc-de-east-1"),
)
"""The last three are the management account as seen in another partition."""


def callers(identity: Identity) -> dict[str, Caller]:
    """The ready-made callers of an organization, by name."""
    return {
        each.name: replace(each, account_id=identity.account(each.account_id)) for each in _USUAL
    }


class AccessKeys:
    """The access keys in force; each caller has one, and those before it have expired.

    Besides there are those of the roles that were assumed, which expire by themselves.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._callers = callers(identity)
        self._owners: dict[str, Caller] = {}
        self._current: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self._expired: set[str] = set()
        for caller in self._callers.values():
            self._current[caller.name] = self._issue(caller)

    def caller(self, name: str) -> Caller:
        """A ready-made caller.

        Raises:
            SandboxError: there is none of that name.
        """
        try:
            return self._callers[name]
        except KeyError:
            raise SandboxError(
                f"The sandbox has no caller {name!r}.", f"It has {', '.join(self._callers)}."
            ) from None

    def environment(self, name: str) -> dict[str, str]:
        """The credentials and the region, as the variables that AWS's SDKs read.

        Raises:
            SandboxError: there is no such caller.
        """
        caller = self.caller(name)
        key_id = self._current[name]
        variables = {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": _secret(key_id),
            "AWS_DEFAULT_REGION": caller.region,
        }
        if caller.session:
            variables["AWS_SESSION_TOKEN"] = _token(key_id)
        return variables

    def assume(self, caller: Caller, until: float) -> dict[str, str]:
        """Temporary credentials as STS gives them, without their expiration.

        Args:
            caller: who is called with them: a ready-made caller in a role and a session.
            until: when they expire, in seconds since 1970.
        """
        key_id = self._issue(caller)
        self._until[key_id] = until
        return {
            "AccessKeyId": key_id,
            "SecretAccessKey": _secret(key_id),
            "SessionToken": _token(key_id),
        }

    def expire(self, name: str) -> None:
        """Let the caller's credentials expire from now on, and those of its assumed roles."""
        caller = self.caller(name)
        self._expired |= {key for key, owner in self._owners.items() if owner.name == caller.name}

    def renew(self, name: str) -> None:
        """Give the caller new credentials; those before expire."""
        self.expire(name)
        self._current[name] = self._issue(self.caller(name))

    def expired(self) -> list[str]:
        """The names of the callers whose credentials have expired."""
        return [name for name, key_id in self._current.items() if key_id in self._expired]

    def owner(self, key_id: str) -> Caller | None:
        """Whose key this is or was."""
        return self._owners.get(key_id)

    def authenticate(self, service: str, signature: Signature, now: float) -> Caller:
        """Find out who is calling.

        Args:
            service: whose words to use.
            signature: what the call is signed with.
            now: the time by AWS's clock, in seconds since 1970.

        Raises:
            Refusal: no credentials, unknown ones, or expired ones, each as the service says it.
        """
        query = service == STS
        if not signature.key_id:
            code = "MissingAuthenticationToken" if query else "MissingAuthenticationTokenException"
            raise Refusal(code, "Request is missing Authentication Token", 403)
        caller = self._owners.get(signature.key_id)
        token = _token(signature.key_id) if caller and caller.session else ""
        if caller is None or signature.token != token:
            code = "InvalidClientTokenId" if query else "UnrecognizedClientException"
            raise Refusal(code, "The security token included in the request is invalid.", 403)
        if signature.key_id in self._expired or now >= self._until.get(signature.key_id, math.inf):
            code = "ExpiredToken" if query else "ExpiredTokenException"
            raise Refusal(code, "The security token included in the request is expired", 403)
        return caller

    def _issue(self, caller: Caller) -> str:
        prefix = "ASIA" if caller.session else "AKIA"
        issued = f"{self._identity.number}/{caller.name}/{len(self._owners)}"
        key_id = prefix + _digest("key", issued)[:16].upper()
        self._owners[key_id] = caller
        return key_id


def _secret(key_id: str) -> str:
    return _digest("secret", key_id)[:40]


def _token(key_id: str) -> str:
    return f"sandbox-session-{_digest('token', key_id)}"


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}/{text}".encode()).hexdigest()
