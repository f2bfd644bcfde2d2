"""The sandbox's ready-made callers, their credentials, and who an access key belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.sandbox.aws.answers import STS, Refusal
from bot.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from bot.sandbox.aws.requests import Signature

MANAGEMENT_ID: Final = "111111111111"
DELEGATED_ID: Final = "222222222222"
DELEGATED_OTHER_ID: Final = "333333333333"
MEMBER_ID: Final = "444444444444"
STANDALONE_ID: Final = "999999999999"

_ROLE: Final = "altcontact"


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

    @property
    def arn(self) -> str:
        """The caller's ARN as `GetCallerIdentity` gives it."""
        if self.session:
            return f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{_ROLE}/bot"
        return f"arn:{self.partition}:iam::{self.account_id}:user/{_ROLE}"


CALLERS: Final = {
    caller.name: caller
    for caller in (
        Caller("management", MANAGEMENT_ID),
        Caller("delegated", DELEGATED_ID),
        Caller("delegated_other", DELEGATED_OTHER_ID),
        Caller("member", MEMBER_ID),
        Caller("standalone", STANDALONE_ID, session=False),
        Caller("govcloud", MANAGEMENT_ID, "aws-us-gov", "us-gov-west-1"),
        Caller("china", MANAGEMENT_ID, "aws-cn", "cn-northwest-1"),
    )
}
"""By name. The last two are the management account as seen in another partition."""


class Keys:
    """The access keys in force; each caller has one, and those before it have expired."""

    def __init__(self) -> None:
        self._owners: dict[str, Caller] = {}
        self._current: dict[str, str] = {}
        self._expired: set[str] = set()
        for caller in CALLERS.values():
            self._issue(caller)

    def environment(self, name: str) -> dict[str, str]:
        """The credentials and the region, as the variables that AWS's SDKs read.

        Raises:
            SandboxError: there is no such caller.
        """
        caller = _caller(name)
        key_id = self._current[name]
        variables = {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": _digest("secret", key_id)[:40],
            "AWS_DEFAULT_REGION": caller.region,
        }
        if caller.session:
            variables["AWS_SESSION_TOKEN"] = _token(key_id)
        return variables

    def expire(self, name: str) -> None:
        """Let the caller's credentials expire from now on."""
        self._expired.add(self._current[_caller(name).name])

    def renew(self, name: str) -> None:
        """Give the caller new credentials; those before expire."""
        self.expire(name)
        self._issue(_caller(name))

    def expired(self) -> list[str]:
        """The names of the callers whose credentials have expired."""
        return [name for name, key_id in self._current.items() if key_id in self._expired]

    def owner(self, key_id: str) -> Caller | None:
        """Whose key this is or was."""
        return self._owners.get(key_id)

    def authenticate(self, service: str, signature: Signature) -> Caller:
        """Find out who is calling.

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
        if signature.key_id in self._expired:
            code = "ExpiredToken" if query else "ExpiredTokenException"
            raise Refusal(code, "The security token included in the request is expired", 403)
        return caller

    def _issue(self, caller: Caller) -> None:
        prefix = "ASIA" if caller.session else "AKIA"
        key_id = prefix + _digest("key", f"{caller.name}/{len(self._owners)}")[:16].upper()
        self._owners[key_id] = caller
        self._current[caller.name] = key_id


def _caller(name: str) -> Caller:
    try:
        return CALLERS[name]
    except KeyError:
        raise SandboxError(
            f"The sandbox has no caller {name!r}.", f"It has {', '.join(CALLERS)}."
        ) from None


def _token(key_id: str) -> str:
    return f"sandbox-session-{_digest('token', key_id)}"


def _digest(purpose: str, text: str) -> str:
    return hashlib.sha256(f"{purpose}/{text}".encode()).hexdigest()
