"""Reads and writes one alternate contact of one account, and reads its primary contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from bot.aws.access_denied import Request
from bot.aws.error_mapping import NOT_FOUND, UnusableAnswer
from bot.aws.sessions import has_contacts_api, has_listed_contacts_api
from bot.aws.write_origin import written_for
from bot.domain.contacts import AlternateContact
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rules.facts import PrimaryContact
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_account.client import AccountClient
    from mypy_boto3_account.type_defs import (
        DeleteAlternateContactRequestTypeDef,
        GetAlternateContactRequestTypeDef,
        GetContactInformationRequestTypeDef,
        PutAlternateContactRequestTypeDef,
    )

    from bot.aws.rate_limiter import Limiters, RateLimiter
    from bot.aws.retrying_calls import ApiCaller
    from bot.aws.sessions import Clients
    from bot.domain.contacts import ContactType
    from bot.domain.failures import Failure
    from bot.domain.fixes import WriteOrigin
    from bot.domain.readings import ContactReading
    from bot.domain.scope import Scope


_T = TypeVar("_T")

_log = structlog.get_logger(__name__)

_WITHOUT_ANSWER: Final = frozenset(
    {FailureCode.UNREACHABLE, FailureCode.TIMED_OUT, FailureCode.MALFORMED}
)
"""Causes that mean that no AWS endpoint answered."""


class Contacts:
    """The alternate contacts that one calling account can reach.

    Args:
        calls: makes the calls.
        clients: boto3's clients.
        limiters: limit the rate of calls.
        scope: who is calling.
    """

    def __init__(
        self, calls: ApiCaller, clients: Clients, limiters: Limiters, scope: Scope
    ) -> None:
        self._calls = calls
        self._clients = clients
        self._limiters = limiters
        self._scope = scope

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Failures of AWS are returned, not raised."""
        if not has_contacts_api(self._scope.partition):
            return Unsupported(failure(FailureCode.NO_API))
        asked: GetAlternateContactRequestTypeDef = {"AlternateContactType": contact_type.value}
        named = self._named(account_id)
        if named:
            asked["AccountId"] = named

        def ask() -> AlternateContact:
            client = self._clients.account(self._scope.partition)
            return _contact(client.get_alternate_contact(**asked), contact_type)

        request = Request("GetAlternateContact", named, self._scope)
        try:
            return Present(self._call(request, ask, self._limiters.read, priority))
        except GatewayError as error:
            return Absent() if error.failure.code == NOT_FOUND else Unreadable(error.failure)

    def write(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact,
        origin: WriteOrigin,
    ) -> str:
        """Write one contact, overwriting what is there; returns AWS's id of the request.

        Raises:
            ContactRefused: AWS rejected fields, and named them.
            GatewayError: the write failed, or got no answer.
        """
        asked: PutAlternateContactRequestTypeDef = {
            "AlternateContactType": contact_type.value,
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone,
        }
        named = self._named(account_id)
        if named:
            asked["AccountId"] = named
        request = Request("PutAlternateContact", named, self._scope)
        return self._change(
            request,
            lambda client: client.put_alternate_contact(**asked),
            self._limiters.write,
            origin,
        )

    def delete(self, account_id: str, contact_type: ContactType, origin: WriteOrigin) -> str:
        """Remove one contact; returns AWS's id of the request. None set is no failure.

        Raises:
            GatewayError: the request failed, or got no answer.
        """
        asked: DeleteAlternateContactRequestTypeDef = {"AlternateContactType": contact_type.value}
        named = self._named(account_id)
        if named:
            asked["AccountId"] = named
        request = Request("DeleteAlternateContact", named, self._scope)
        try:
            return self._change(
                request,
                lambda client: client.delete_alternate_contact(**asked),
                self._limiters.delete,
                origin,
            )
        except GatewayError as error:
            if error.failure.code != NOT_FOUND:
                raise
            return error.aws_request_id

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact, for which AWS stores no email address.

        If AWS says that there is none, it is empty: no contact equals it.
        """
        if not has_contacts_api(self._scope.partition):
            return failure(FailureCode.NO_API)
        asked: GetContactInformationRequestTypeDef = {}
        named = self._named(account_id)
        if named:
            asked["AccountId"] = named

        def ask() -> PrimaryContact:
            client = self._clients.account(self._scope.partition)
            return _primary(client.get_contact_information(**asked))

        request = Request("GetContactInformation", named, self._scope)
        try:
            return self._call(request, ask, self._limiters.primary, priority)
        except GatewayError as error:
            if error.failure.code == NOT_FOUND:
                return PrimaryContact(name="", phone="")
            return error.failure

    def _change(
        self,
        request: Request,
        send: Callable[[AccountClient], Mapping[str, Any]],
        limiter: RateLimiter,
        origin: WriteOrigin,
    ) -> str:
        """Send a change with its origin; returns AWS's id of the request."""
        if not has_contacts_api(self._scope.partition):
            raise GatewayError(failure(FailureCode.NO_API))

        def ask() -> str:
            client = self._clients.account_for(self._scope.partition, origin.user_id)
            with written_for(origin):
                return _request_id(send(client))

        _log_write(request, origin)
        return self._call(request, ask, limiter, _priority(origin))

    def _call(
        self, request: Request, ask: Callable[[], _T], limiter: RateLimiter, priority: Priority
    ) -> _T:
        """Make a call. Without any answer, a partition without an endpoint is the likely cause."""
        try:
            return self._calls.call(request, ask, limiter, priority)
        except GatewayError as error:
            is_listed = has_listed_contacts_api(self._scope.partition)
            if is_listed or error.failure.cause not in _WITHOUT_ANSWER:
                raise
            raise GatewayError(failure(FailureCode.ENDPOINT_UNLISTED)) from None

    def _named(self, account_id: str) -> str:
        """The `AccountId` to pass: none for the caller's own account, whose id AWS rejects."""
        return "" if account_id == self._scope.account_id else account_id


def _contact(answer: Mapping[str, Any], contact_type: ContactType) -> AlternateContact:
    held = answer.get("AlternateContact") or {}
    try:
        contact = AlternateContact(
            name=held["Name"],
            title=held["Title"],
            email=held["EmailAddress"],
            phone=held["PhoneNumber"],
        )
    except KeyError:
        raise UnusableAnswer from None
    if held.get("AlternateContactType", contact_type.value) != contact_type.value:
        raise UnusableAnswer
    return contact


def _primary(answer: Mapping[str, Any]) -> PrimaryContact:
    held = answer.get("ContactInformation") or {}
    try:
        return PrimaryContact(name=held["FullName"], phone=held["PhoneNumber"])
    except KeyError:
        raise UnusableAnswer from None


def _priority(origin: WriteOrigin) -> Priority:
    return Priority.RUN if origin.is_run else Priority.FIX


def _log_write(request: Request, origin: WriteOrigin) -> None:
    _log.info(
        "aws.write",
        operation=request.operation,
        account_id=request.account_id,
        fix=origin.fix_id,
        user=origin.user_id,
    )


def _request_id(answer: Mapping[str, Any]) -> str:
    """AWS's id of a write that it accepted.

    A write has an empty answer, so botocore accepts any body: a proxy's page is refused here.

    Raises:
        UnusableAnswer: it is such a page.
    """
    metadata = answer["ResponseMetadata"]
    headers = metadata.get("HTTPHeaders", {})
    is_page = "html" in headers.get("content-type", "").lower()
    if is_page and headers.get("content-length") != "0":
        raise UnusableAnswer
    return str(metadata.get("RequestId", ""))
