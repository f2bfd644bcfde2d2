"""The doctor's checks of AWS: the caller, its reach, and each permission to read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.aws.doctor import remedies
from bot.aws.doctor.caller import CallerChecks
from bot.aws.doctor.doctor_session import DoctorSession, line
from bot.aws.doctor.policy import PolicyChecks
from bot.aws.doctor.remedies import SERVICE
from bot.aws.sessions import has_contacts_api
from bot.aws.write_origin import SESSION_NAME, session_name
from bot.domain.accounts import ACTIVE
from bot.domain.contacts import ContactType
from bot.domain.errors import GatewayError
from bot.domain.readings import Present, Unreadable
from bot.domain.scope import CallerRole
from bot.services.doctor import Check, Section, State
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.aws.account_api import Contacts
    from bot.aws.sessions import Clients
    from bot.domain.policy.policy import Policy
    from bot.domain.scope import Scope
    from bot.services.doctor import CheckResult

_PAGE: Final = 20
_DOCTOR: Final = "doctor"
"""Stands for a person where the doctor tries a session of its own."""

_WIDE: Final = {CallerRole.MANAGEMENT, CallerRole.DELEGATED_ADMINISTRATOR, CallerRole.UNKNOWN}
"""The roles that can check an organization; `UNKNOWN` if the role couldn't be found out."""


class AwsChecks:
    """The checks of AWS; each is a call that only reads.

    Args:
        session: collects what is found out.
        clients: boto3's clients.
        contacts: the contacts that a caller can reach.
        writes: whether contacts will be changed as well.
        sample: whether one contact is read; a bot that has just started reads them all anyway.
        policy: what accounts should have, which decides what else must be read.
        organization: the organization's name in the settings, shown in each line.
    """

    def __init__(
        self,
        session: DoctorSession,
        clients: Clients,
        contacts: Callable[[Scope], Contacts],
        *,
        writes: bool,
        sample: bool,
        policy: Policy | None = None,
        organization: str = "",
    ) -> None:
        self._session = session
        self._clients = clients
        self._contacts = contacts
        self._writes = writes
        self._sample = sample
        self._policy = policy
        self._organization = organization

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        caller = CallerChecks(self._session, self._clients)
        policy = PolicyChecks(self._session, self._clients, self._contacts, self._policy)
        checks = (
            ("Caller", caller.caller),
            ("Organization", caller.organization),
            ("Calling account", caller.place),
            ("Trusted access", self._check_access),
            ("Accounts", self._check_accounts),
            ("Contacts", self._check_contact),
            ("Primary contacts", policy.primary),
            ("OUs", policy.units),
            ("Tags", policy.tags),
            ("Account name", self._check_name),
            ("Writing", self._check_writing),
            ("Session names", self._check_session_names),
            ("IAM policy", self._check_policy),
        )
        return tuple(self._check(name, run) for name, run in checks)

    def _check(self, name: str, run: Callable[[], Iterable[CheckResult]]) -> Check:
        """A check whose lines show the organization's name, if it has one."""
        organization = self._organization
        if not organization:
            return Check(Section.AWS, name, run)

        def named() -> Iterator[CheckResult]:
            for result in run():
                yield replace(result, name=f"{result.name} ({organization})")

        return Check(Section.AWS, f"{name} ({organization})", named, organization)

    def _check_access(self) -> Iterator[CheckResult]:
        name, action = "Trusted access", "organizations:ListAWSServiceAccessForOrganization"
        if self._session.alone:
            return
        if self._session.role not in _WIDE or not self._session.organization:
            yield self._session.not_tested(name)
            return
        client = self._clients.organizations(self._session.partition)
        pages = client.get_paginator("list_aws_service_access_for_organization")

        def services() -> list[str]:
            enabled = pages.paginate().search("EnabledServicePrincipals[].ServicePrincipal")
            return [str(service) for service in enabled]

        try:
            enabled = self._session.call("ListAWSServiceAccessForOrganization", services)
        except GatewayError as error:
            yield self._session.optional_failed(name, error.failure, action)
            return
        if SERVICE in enabled:
            yield line(name, State.OK, f"is on for {SERVICE}.")
            return
        self._session.in_the_way = self._session.in_the_way or "trusted access is off"
        remedy = "In the management account, run:"
        message = f"is off for {SERVICE}, so no member account can be reached."
        yield line(name, State.FAILURE, message, remedy, remedies.ENABLE_ACCESS)

    def _check_accounts(self) -> Iterator[CheckResult]:
        if self._session.alone:
            return
        if self._session.role not in _WIDE or not self._session.organization:
            yield self._session.not_tested("Accounts")
            return
        try:
            client = self._clients.organizations(self._session.partition)
            answer = self._session.call(
                "ListAccounts", lambda: client.list_accounts(MaxResults=_PAGE)
            )
        except GatewayError as error:
            failed = self._session.failed("Accounts", error.failure, "organizations:ListAccounts")
            if self._session.wanted is None and error.failure.cause.is_denial:
                failed = replace(failed, message=f"{failed.message} {self._session.extent()[1]}")
            yield failed
            self._session.in_the_way = self._session.in_the_way or "the accounts can't be listed"
            return
        special = {self._session.account_id, self._session.organization["MasterAccountId"]}
        others = (
            account["Id"]
            for account in answer.get("Accounts", [])
            if account["Id"] not in special
            and account.get("State", account.get("Status")) == ACTIVE
        )
        self._session.other = next(others, "")
        yield line("Accounts", State.OK, "can be listed.")

    def _check_contact(self) -> Iterator[CheckResult]:
        if not self._sample or (
            self._session.partition and not has_contacts_api(self._session.partition)
        ):
            return
        if not self._session.reaches_subject:
            yield self._session.not_tested("Contacts")
            return
        account_id = self._session.subject
        contact_type = ContactType.SECURITY
        reading = self._contacts(self._session.scope).read(
            account_id, contact_type, Priority.INTERACTIVE
        )
        if isinstance(reading, Unreadable):
            yield self._session.failed("Contacts", reading.failure, "account:GetAlternateContact")
            return
        held = "has one" if isinstance(reading, Present) else "has none"
        message = f"can be read. Tried with account {account_id}, which {held} for {contact_type}."
        yield line("Contacts", State.OK, message)

    def _check_name(self) -> Iterator[CheckResult]:
        """Needed only if one account is checked: others' names come with the list."""
        if (
            not self._session.alone
            or not self._session.account_id
            or not has_contacts_api(self._session.partition)
        ):
            return
        client = self._clients.account(self._session.partition)
        try:
            self._session.call("GetAccountInformation", client.get_account_information)
        except GatewayError:
            message = "can't be read, which is optional; the bot shows the account's ID instead."
            yield line("Account name", State.OK, message)
            return
        yield line("Account name", State.OK, "can be read.")

    def _check_writing(self) -> Iterator[CheckResult]:
        if not self._session.account_id or not has_contacts_api(self._session.partition):
            return
        if not self._writes:
            message = "it isn't needed, because nobody has permission to change contacts."
            yield line("Writing", State.NOT_TESTED, message)
            return
        if not self._session.alone and not self._session.organization:
            yield self._session.not_tested("Writing")
            return
        message = "the doctor changes nothing. To change contacts, the role's policy needs this:"
        owner = self._session.organization.get("MasterAccountId", self._session.account_id)
        wide = (
            bool(self._session.organization)
            and self._session.role in _WIDE
            and not self._session.alone
        )
        statement = remedies.writing_statement(
            self._session.partition, self._session.account_id, owner if wide else ""
        )
        yield line("Writing", State.NOT_TESTED, message, snippet=statement)

    def _check_session_names(self) -> Iterator[CheckResult]:
        """Whether the assumed role allows a session to be named after a person."""
        if not self._writes or not self._session.assumes or not self._session.account_id:
            return
        name = "Session names"

        def ask() -> str:
            return self._clients.sts_for(_DOCTOR).get_caller_identity()["Arn"]

        try:
            arn = self._session.call("GetCallerIdentity", ask)
        except GatewayError as error:
            yield self._session.optional_failed(name, error.failure, "sts:AssumeRole")
            return
        if arn.endswith(f"/{session_name(_DOCTOR)}"):
            message = "name the person who requested a change, so that CloudTrail shows them."
            yield line(name, State.OK, message)
            return
        message = (
            f"the role's trust policy allows only the name {SESSION_NAME}, so CloudTrail doesn't "
            "show who requested a change."
        )
        remedy = "In the condition of the role's trust policy, allow names that begin with it:"
        yield line(name, State.WARNING, message, remedy, remedies.SESSION_NAMES)

    def _check_policy(self) -> Iterator[CheckResult]:
        if self._session.missing:
            lacking = ", ".join(sorted(self._session.missing))
            state = State.FAILURE if any(self._session.missing.values()) else State.WARNING
            remedy = "Add this to the policy of the bot's role:"
            snippet = remedies.reading_policy(list(self._session.missing))
            yield line("IAM policy", state, f"lacks {lacking}.", remedy, snippet)
        elif not self._session.incomplete:
            yield line("IAM policy", State.OK, "allows everything that the bot reads.")
