"""Headings of alerts: how many accounts have which problem, and how many had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.alert_summary import AccountState
from bot.domain.failures import FailureCode
from bot.domain.rule_catalog import Rule
from bot.slack.views.blocks import accounts, contacts

if TYPE_CHECKING:
    from bot.domain.alert_summary import AlertSummary
    from bot.domain.contacts import ContactType

_PROBLEMS: Final = {
    Rule.MISSING: ("is", "are", "were", "missing"),
    Rule.DIFFERENT: ("differs", "differ", "differed", "from the policy"),
    Rule.FORBIDDEN: ("isn't", "aren't", "weren't", "allowed"),
    Rule.PLACEHOLDER: ("has", "have", "had", "placeholder values"),
    Rule.IMPOSSIBLE_PHONE: ("has", "have", "had", "an invalid phone number"),
    Rule.FREE_MAIL: ("uses", "use", "used", "a free email provider"),
    Rule.DISPOSABLE_MAIL: ("uses", "use", "used", "disposable email"),
    Rule.FOREIGN_DOMAIN: ("uses", "use", "used", "an email domain outside the policy"),
    Rule.MEMBER_MAILBOX: ("goes", "go", "went", "to one person's mailbox"),
    Rule.PERSON_LEFT: ("goes", "go", "went", "to a person who left"),
    Rule.ROOT_EMAIL: ("repeats", "repeat", "repeated", "the root email address"),
    Rule.PRIMARY_CONTACT: ("repeats", "repeat", "repeated", "the primary contact's phone number"),
    Rule.SAME_FOR_ALL: ("shares", "share", "shared", "one email address with the other contacts"),
    Rule.CONTESTED: ("keeps", "keep", "kept", "changing back and forth"),
    Rule.CHANGED: ("was", "were", "were", "changed"),
    Rule.UNREADABLE: ("can't", "can't", "couldn't", "be checked"),
    Rule.UNSUPPORTED: ("can't", "can't", "couldn't", "be checked"),
}
"""A rule's violation as a predicate: of one contact, of several, in the past, and the rest."""

_CAUSES: Final = {
    FailureCode.TRUSTED_ACCESS_OFF: "trusted access is off",
    FailureCode.PERMISSION_MISSING: "the bot's role lacks a permission",
    FailureCode.DENIED_BY_SCP: "a service control policy denies access",
    FailureCode.WRONG_CALLER: "the bot runs in the wrong account",
    FailureCode.MANAGEMENT_OUT_OF_REACH: "the management account is out of reach",
    FailureCode.ACCOUNT_STATE: "AWS doesn't allow it in the account's state",
    FailureCode.DENIED: "AWS denied access",
    FailureCode.CREDENTIALS_EXPIRED: "the AWS credentials have expired",
    FailureCode.CREDENTIALS_MISSING: "there are no AWS credentials",
    FailureCode.CREDENTIALS_INVALID: "the AWS credentials are invalid",
    FailureCode.CREDENTIALS_UNAVAILABLE: "the source of AWS credentials is unavailable",
    FailureCode.MFA_REQUIRED: "the AWS profile requires an MFA code",
    FailureCode.AWS_CONFIGURATION: "the AWS configuration has an error",
    FailureCode.REGION_INVALID: "the AWS region doesn't exist",
    FailureCode.ENDPOINT_INVALID: "the AWS endpoint is invalid",
    FailureCode.CLOCK_WRONG: "the bot's clock is wrong",
    FailureCode.THROTTLED: "AWS throttled the requests",
    FailureCode.TIMED_OUT: "AWS didn't respond in time",
    FailureCode.UNREACHABLE: "AWS is unreachable",
    FailureCode.TLS_FAILED: "the encrypted connection to AWS failed",
    FailureCode.PROXY_FAILED: "the proxy can't be used",
    FailureCode.MALFORMED: "the response isn't from AWS",
    FailureCode.AWS_FAULT: "AWS had an internal error",
    FailureCode.REFUSED: "AWS rejected the request",
    FailureCode.REQUEST_INVALID: "the request was invalid",
    FailureCode.SDK_FAULT: "the AWS SDK failed",
    FailureCode.NO_ORGANIZATION: "the bot's account isn't in an organization",
    FailureCode.NO_API: "this partition has no API for it",
    FailureCode.ENDPOINT_UNLISTED: "this partition has no endpoint for it",
    FailureCode.NOT_REACHED: "the check was stopped",
    FailureCode.NOT_ASKED: "some data wasn't requested",
    FailureCode.SLACK_UNREACHABLE: "Slack is unreachable",
    FailureCode.SLACK_REFUSED: "Slack didn't list the members",
    FailureCode.PLACE_UNREAD: "OUs or tags couldn't be read",
    FailureCode.PLACE_NOT_ASKED: "OUs or tags weren't requested",
    FailureCode.NOT_KNOWN: "some data isn't available",
    FailureCode.INTERNAL: "the bot had an internal error",
}


def problem(contact_type: ContactType, rule: Rule) -> tuple[str, str]:
    """What is wrong with one contact, as subject and predicate: `Security contact`, `is missing`.

    The subject of a missing contact is empty: `No security contact`.
    """
    if rule is Rule.MISSING:
        return "", f"No {contact_type.label.lower()} contact"
    one, _, _, rest = _PROBLEMS[rule]
    return f"{contact_type.label} contact", f"{one} {rest}"


def cause_headline(code: FailureCode) -> str:
    """A failure in a few words, to follow a colon."""
    return _CAUSES[code]


def still_without(number: int, readable: int) -> str:
    """How many of the accounts that can be read again have no security contact."""
    if number == readable:
        return "still without a security contact"
    return f"{number:,} of them still {'has' if number == 1 else 'have'} no security contact"


def non_compliant_headline(summary: AlertSummary) -> str:
    """How many accounts or contacts have a problem; in the past once some of them are fixed."""
    open_, total = summary.open_accounts, summary.accounts
    exempt = summary.states.get(AccountState.EXEMPT, 0)
    unresolved = open_ + exempt
    if unresolved == total:
        return _present(summary) if open_ else f"{_present(summary)}, exempt"
    return f"{_past(summary)}, {_left(summary, unresolved)}"


def _present(summary: AlertSummary) -> str:
    number, types, rules = summary.accounts, _types(summary), _rules(summary)
    if len(types) == 1 and rules == {Rule.MISSING}:
        (contact_type,) = types
        has = "has" if number == 1 else "have"
        return f"{accounts(number)} {has} no {contact_type.label.lower()} contact"
    subject = _subject(summary)
    if len(rules) == 1:
        one, many, _, rest = _PROBLEMS[next(iter(rules))]
        return f"{subject} {one if summary.contacts == 1 else many} {rest}"
    return f"{subject} need{'s' if summary.contacts == 1 else ''} attention"


def _past(summary: AlertSummary) -> str:
    types, rules = _types(summary), _rules(summary)
    if len(types) == 1 and rules == {Rule.MISSING}:
        (contact_type,) = types
        return f"{accounts(summary.accounts)} had no {contact_type.label.lower()} contact"
    subject = _subject(summary)
    if len(rules) == 1:
        _, _, past, rest = _PROBLEMS[next(iter(rules))]
        if past == "were" and summary.contacts == 1:
            past = "was"
        return f"{subject} {past} {rest}"
    return f"{subject} needed attention"


def _left(summary: AlertSummary, unresolved: int) -> str:
    if summary.open_accounts:
        same = summary.contacts == summary.accounts
        return f"{unresolved:,} left" if same else f"{accounts(unresolved)} left"
    if unresolved:
        return f"{unresolved:,} exempt"
    fixed = summary.states.get(AccountState.FIXED, 0)
    if fixed != summary.accounts:
        return "none left"
    return "fixed" if fixed == 1 else "all fixed"


def _subject(summary: AlertSummary) -> str:
    """`7 security contacts`, `9 contacts`, or `12 contacts in 7 accounts`."""
    number, types = summary.contacts, _types(summary)
    if len(types) == 1:
        (contact_type,) = types
        label = contact_type.label.lower()
        return f"{number:,} {label} contact{'' if number == 1 else 's'}"
    if number == summary.accounts:
        return contacts(number)
    return f"{contacts(number)} in {accounts(summary.accounts)}"


def _types(summary: AlertSummary) -> set[ContactType]:
    return {contact_type for contact_type, _ in summary.kinds}


def _rules(summary: AlertSummary) -> set[Rule]:
    return {rule for _, rule in summary.kinds}
