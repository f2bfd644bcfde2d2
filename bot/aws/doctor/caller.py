"""The doctor's checks of the AWS caller: its credentials, its organization, and its reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.aws.access_denied import DENIED
from bot.aws.doctor import remedies
from bot.aws.doctor.doctor_session import line
from bot.aws.doctor.remedies import SERVICE
from bot.aws.error_mapping import UnusableAnswer
from bot.aws.sessions import has_contacts_api, has_listed_contacts_api
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, ScopeKind
from bot.services.doctor import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.aws.doctor.doctor_session import DoctorSession
    from bot.aws.sessions import Clients
    from bot.domain.failures import Failure
    from bot.services.doctor import CheckResult


class CallerChecks:
    """Finds out who the caller is, and records it for the checks that follow."""

    def __init__(self, session: DoctorSession, clients: Clients) -> None:
        self._session = session
        self._clients = clients

    def caller(self) -> Iterator[CheckResult]:
        """Whose credentials they are, and in which partition."""
        try:
            account_id, arn = self._session.call("GetCallerIdentity", self._identity)
        except GatewayError as error:
            self._session.in_the_way = "AWS couldn't identify the caller"
            result = self._session.failed("Caller", error.failure, "sts:GetCallerIdentity")
            if self._session.assumes and error.failure.code in DENIED:
                result = replace(result, snippet=remedies.assuming_statement(self._session.assumes))
            yield result
            return
        self._session.account_id, self._session.partition = account_id, arn[1]
        kind, _, rest = arn[5].partition("/")
        # What follows a role is the session's name, which is often an email address.
        self._session.role_name = rest.partition("/")[0] if kind == "assumed-role" else ""
        who = {
            "assumed-role": f"role {self._session.role_name}",
            "user": "an IAM user",
            "root": "the root user",
        }.get(kind, "a principal of another kind")
        message = f"account {account_id}, {who}, partition {self._session.partition}."
        if not has_contacts_api(self._session.partition):
            remedy = "Verify the contacts manually in each account's console:"
            message += " This partition has no API for alternate contacts."
            snippet = "https://console.amazonaws-us-gov.com/billing/home#/account"
            yield line("Caller", State.WARNING, message, remedy, snippet)
        elif not has_listed_contacts_api(self._session.partition):
            message += " AWS lists no Account Management endpoint in this partition."
            remedy = "If requests fail, verify the contacts manually in each account's console."
            yield line("Caller", State.WARNING, message, remedy)
        elif kind == "root":
            remedy = "Run the bot with a role that has only the permissions in its IAM policy:"
            yield line(
                "Caller",
                State.WARNING,
                message,
                remedy,
                remedies.for_cause(FailureCode.DENIED, "", ""),
            )
        else:
            yield line("Caller", State.OK, message)

    def organization(self) -> Iterator[CheckResult]:
        """Which organization the caller is in, and with which features."""
        if self._session.in_the_way:
            yield self._session.not_tested("Organization")
            return
        try:
            found = self._session.call("DescribeOrganization", self._described)
        except GatewayError as error:
            self._session.role = CallerRole.UNKNOWN
            cause = error.failure.cause
            if (
                self._session.wanted is not ScopeKind.ORGANIZATION
                and cause is FailureCode.NO_ORGANIZATION
            ):
                self._session.role = CallerRole.STANDALONE
                message = "the account isn't in one; only this account is checked."
                yield line("Organization", State.OK, message)
                return
            action = "organizations:DescribeOrganization"
            needed = self._session.wanted is not ScopeKind.ACCOUNT
            report = self._session.failed if needed else self._session.optional_failed
            yield self._with_extent(report("Organization", error.failure, action), cause)
            self._session.in_the_way = "the organization is unknown"
            return
        self._session.organization = found
        manages = self._session.organization["MasterAccountId"] == self._session.account_id
        self._session.role = CallerRole.MANAGEMENT if manages else CallerRole.MEMBER
        identity = self._session.organization["Id"]
        if self._session.wanted is ScopeKind.ACCOUNT:
            message = f"{identity}; ALTCONTACT_SCOPE limits checks to this one account."
            yield line("Organization", State.OK, message)
        elif self._session.organization.get("FeatureSet") != "ALL":
            message = (
                f"{identity} has consolidated billing only; members' contacts need all features."
            )
            remedy = "In the management account, run this. Every member account must then agree:"
            yield line("Organization", State.FAILURE, message, remedy, remedies.ENABLE_FEATURES)
            self._session.in_the_way = "not all features of the organization are on"
        else:
            yield line("Organization", State.OK, f"{identity}, with all features.")

    def _with_extent(self, result: CheckResult, cause: FailureCode) -> CheckResult:
        """The same, with what is checked nonetheless if AWS denied to say more."""
        if self._session.wanted is not None or not cause.is_denial:
            return result
        _, extent = self._session.extent()
        return replace(result, message=f"{result.message} {extent}")

    def place(self) -> Iterator[CheckResult]:
        """The calling account's role in its organization."""
        if self._session.alone:
            return
        if not self._session.organization:
            yield self._session.not_tested("Calling account")
            return
        found: list[str] = []
        problem: Failure | None = None
        try:
            found = self._session.call("ListDelegatedAdministrators", self._administrators)
        except GatewayError as error:
            problem = error.failure
        if self._session.role is CallerRole.MANAGEMENT or self._session.account_id in found:
            yield self._may_ask(found)
        elif problem is None or problem.cause is FailureCode.WRONG_CALLER:
            yield self._may_not_ask(alone=problem is not None)
            return
        else:
            self._session.role = CallerRole.UNKNOWN
        if problem is not None:
            yield self._session.optional_failed(
                "Delegation", problem, "organizations:ListDelegatedAdministrators"
            )

    def _may_ask(self, administrators: list[str]) -> CheckResult:
        registered = ", ".join(administrators)
        if self._session.role is CallerRole.MANAGEMENT:
            others = f"; delegated administrators: {registered}" if registered else ""
            return line("Calling account", State.OK, f"is the management account{others}.")
        self._session.role = CallerRole.DELEGATED_ADMINISTRATOR
        message = f"is a delegated administrator for {SERVICE}."
        return line("Calling account", State.OK, message)

    def _may_not_ask(self, *, alone: bool) -> CheckResult:
        """Neither; `alone` if it can't list accounts either, and so checks only itself."""
        self._session.in_the_way = "the calling account doesn't have access to other accounts"
        message = "is neither the management account nor a delegated administrator"
        remedy = "In the management account, run this, or run the bot there:"
        snippet = remedies.register(self._session.account_id)
        if alone and self._session.wanted is None:
            state, extent = self._session.extent()
            return line("Calling account", state, f"{message}. {extent}", remedy, snippet)
        return line("Calling account", State.FAILURE, f"{message}.", remedy, snippet)

    def _identity(self) -> tuple[str, list[str]]:
        answer = self._clients.sts().get_caller_identity()
        account_id, arn = answer.get("Account", ""), answer.get("Arn", "").split(":")
        if len(arn) < 6 or not account_id:  # noqa: PLR2004 - the parts of an ARN
            raise UnusableAnswer
        return account_id, arn

    def _described(self) -> Mapping[str, Any]:
        client = self._clients.organizations(self._session.partition)
        found = client.describe_organization().get("Organization", {})
        if not found.get("Id") or not found.get("MasterAccountId"):
            raise UnusableAnswer
        return found

    def _administrators(self) -> list[str]:
        client = self._clients.organizations(self._session.partition)
        answer = client.list_delegated_administrators(ServicePrincipal=SERVICE)
        return [administrator["Id"] for administrator in answer.get("DelegatedAdministrators", [])]
