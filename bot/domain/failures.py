"""Every reason why something could not be checked, with its message and its remedy."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureCode(StrEnum):
    """Why something could not be checked."""

    TRUSTED_ACCESS_OFF = "trusted_access_off"
    PERMISSION_MISSING = "permission_missing"
    DENIED_BY_SCP = "denied_by_scp"
    WRONG_CALLER = "wrong_caller"
    MANAGEMENT_OUT_OF_REACH = "management_out_of_reach"
    ACCOUNT_STATE = "account_state"
    DENIED = "denied"
    CREDENTIALS_EXPIRED = "credentials_expired"
    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_INVALID = "credentials_invalid"
    CREDENTIALS_UNAVAILABLE = "credentials_unavailable"
    MFA_REQUIRED = "mfa_required"
    AWS_CONFIGURATION = "aws_configuration"
    REGION_INVALID = "region_invalid"
    ENDPOINT_INVALID = "endpoint_invalid"
    CLOCK_WRONG = "clock_wrong"
    THROTTLED = "throttled"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    PROXY_FAILED = "proxy_failed"
    MALFORMED = "malformed"
    AWS_FAULT = "aws_fault"
    REFUSED = "refused"
    REQUEST_INVALID = "request_invalid"
    SDK_FAULT = "sdk_fault"
    NO_ORGANIZATION = "no_organization"
    NO_API = "no_api"
    ENDPOINT_UNLISTED = "endpoint_unlisted"
    NOT_REACHED = "not_reached"
    NOT_ASKED = "not_asked"
    SLACK_UNREACHABLE = "slack_unreachable"
    SLACK_REFUSED = "slack_refused"
    PLACE_UNREAD = "place_unread"
    PLACE_NOT_ASKED = "place_not_asked"
    NOT_KNOWN = "not_known"
    INTERNAL = "internal"

    @property
    def of_the_caller(self) -> bool:
        """Whether it is about the caller or its settings, so that every account fails alike."""
        return self.of_the_settings or self is FailureCode.CLOCK_WRONG

    @property
    def of_the_settings(self) -> bool:
        """Whether other credentials or AWS settings, which may be there by now, would help."""
        return self in {
            FailureCode.CREDENTIALS_EXPIRED,
            FailureCode.CREDENTIALS_MISSING,
            FailureCode.CREDENTIALS_INVALID,
            FailureCode.CREDENTIALS_UNAVAILABLE,
            FailureCode.MFA_REQUIRED,
            FailureCode.AWS_CONFIGURATION,
            FailureCode.REGION_INVALID,
            FailureCode.ENDPOINT_INVALID,
        }

    @property
    def of_the_asking(self) -> bool:
        """Whether nothing was requested at all, so that the next attempt may well succeed."""
        return self in {FailureCode.NOT_REACHED, FailureCode.NOT_ASKED}

    @property
    def is_denial(self) -> bool:
        """Whether AWS denied the call, so that it did nothing."""
        return self in {
            FailureCode.TRUSTED_ACCESS_OFF,
            FailureCode.PERMISSION_MISSING,
            FailureCode.DENIED_BY_SCP,
            FailureCode.WRONG_CALLER,
            FailureCode.MANAGEMENT_OUT_OF_REACH,
            FailureCode.ACCOUNT_STATE,
            FailureCode.DENIED,
        }

    @property
    def leaves_a_write_in_doubt(self) -> bool:
        """Whether a write that failed this way may have been carried out: its answer was lost.

        A connection, also its TLS layer or a proxy, can break after the request was sent.
        """
        return self in {
            FailureCode.TIMED_OUT,
            FailureCode.UNREACHABLE,
            FailureCode.ENDPOINT_UNLISTED,
            FailureCode.TLS_FAILED,
            FailureCode.PROXY_FAILED,
            FailureCode.MALFORMED,
            FailureCode.AWS_FAULT,
            FailureCode.SDK_FAULT,
            FailureCode.NOT_REACHED,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause with its message and its remedy; `code` is AWS's error code, where there is one."""

    cause: FailureCode
    message: str
    remedy: str = ""
    code: str = ""


_MESSAGES: Final[dict[FailureCode, tuple[str, str]]] = {
    FailureCode.TRUSTED_ACCESS_OFF: (
        "Trusted access for AWS Account Management is off, so no member account can be reached.",
        "In the management account, run: aws organizations enable-aws-service-access "
        "--service-principal account.amazonaws.com",
    ),
    FailureCode.PERMISSION_MISSING: (
        "The bot's role doesn't have permission for this: its IAM policy doesn't allow the action.",
        "Add the action to the bot's IAM policy. docs/install.md has the complete policy.",
    ),
    FailureCode.DENIED_BY_SCP: (
        "A service control policy denies this action.",
        "Ask the administrator of your organization's SCPs to exempt the bot's role.",
    ),
    FailureCode.WRONG_CALLER: (
        "The calling account doesn't have access to other accounts' contacts.",
        "Run the bot in the management account, or register its account as delegated "
        "administrator for account.amazonaws.com.",
    ),
    FailureCode.MANAGEMENT_OUT_OF_REACH: (
        "A delegated administrator can't access the management account's contacts.",
        "Verify the management account manually, or run the bot in the management account.",
    ),
    FailureCode.ACCOUNT_STATE: (
        "AWS doesn't allow this in the account's current state.",
        "Check the account's state in the AWS Organizations console.",
    ),
    FailureCode.DENIED: (
        "AWS denied access without giving a reason.",
        "Check trusted access for account.amazonaws.com, the bot's IAM policy, and your SCPs.",
    ),
    FailureCode.CREDENTIALS_EXPIRED: (
        "The AWS credentials have expired or are no longer valid.",
        "Renew the bot's credentials. A role whose credentials refresh automatically is best.",
    ),
    FailureCode.CREDENTIALS_MISSING: (
        "No AWS credentials were found.",
        "Give the bot a role or a profile where boto3 finds it (such as AWS_PROFILE or a task "
        "role).",
    ),
    FailureCode.CREDENTIALS_INVALID: (
        "The AWS credentials are incomplete or malformed.",
        "Correct the credentials that the bot runs with: AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile in use.",
    ),
    FailureCode.CREDENTIALS_UNAVAILABLE: (
        "The configured source of AWS credentials didn't provide any.",
        "Check the source that the profile or the environment names: a program, a token file, or "
        "a metadata service.",
    ),
    FailureCode.MFA_REQUIRED: (
        "The AWS profile requires an MFA code, and the bot can't enter one.",
        "Use a role or a profile without mfa_serial, or give the bot temporary credentials that "
        "were requested with MFA.",
    ),
    FailureCode.AWS_CONFIGURATION: (
        "The AWS configuration has an error.",
        "Check the AWS configuration file (~/.aws/config, or AWS_CONFIG_FILE) and the variables "
        "whose names begin with AWS_.",
    ),
    FailureCode.REGION_INVALID: (
        "The configured AWS region does not exist.",
        "Correct AWS_REGION, AWS_DEFAULT_REGION, or region in the AWS configuration file.",
    ),
    FailureCode.ENDPOINT_INVALID: (
        "The configured AWS endpoint is not a valid URL.",
        "Correct AWS_ENDPOINT_URL (or the one of the service, such as AWS_ENDPOINT_URL_STS), and "
        "endpoint_url in the AWS configuration file.",
    ),
    FailureCode.CLOCK_WRONG: (
        "AWS rejected the request's timestamp: this machine's clock is wrong.",
        "Set the clock of the machine that the bot runs on: timedatectl set-ntp true",
    ),
    FailureCode.THROTTLED: (
        "AWS kept throttling requests after several retries.",
        "Try again later. Something else is using up this quota; to lower the bot's share, set "
        "ALTCONTACT_READ_RATE and ALTCONTACT_WRITE_RATE.",
    ),
    FailureCode.TIMED_OUT: (
        "AWS didn't respond in time.",
        "Check the network between the bot and AWS, then check again.",
    ),
    FailureCode.UNREACHABLE: (
        "Couldn't reach AWS.",
        "Check the network, proxy and DNS between the bot and AWS, then check again.",
    ),
    FailureCode.TLS_FAILED: (
        "The encrypted (TLS) connection to AWS failed.",
        "If a proxy inspects TLS, set AWS_CA_BUNDLE to the file with its CA certificate.",
    ),
    FailureCode.PROXY_FAILED: (
        "Couldn't use the configured proxy.",
        "Correct HTTPS_PROXY and HTTP_PROXY, or list AWS's hosts in NO_PROXY.",
    ),
    FailureCode.MALFORMED: (
        "The response is invalid, and doesn't seem to come from AWS.",
        "Check for a proxy or a captive portal between the bot and AWS.",
    ),
    FailureCode.AWS_FAULT: (
        "AWS had an internal error.",
        "Try again later. The AWS Health Dashboard shows larger events.",
    ),
    FailureCode.REFUSED: (
        "AWS rejected the request.",
        "Look up the error code in the AWS Account Management API reference.",
    ),
    FailureCode.REQUEST_INVALID: (
        "The AWS SDK rejected the request before sending it: it contains an invalid value.",
        "Correct the value. If you didn't enter one, report this with the bot's version.",
    ),
    FailureCode.SDK_FAULT: (
        "The AWS SDK (boto3) failed before it sent the request.",
        "Reinstall the bot's locked requirements. If this persists, report it with the bot's "
        "version.",
    ),
    FailureCode.NO_ORGANIZATION: (
        "The calling account isn't in an organization.",
        "Set ALTCONTACT_SCOPE=account, or run the bot in an organization.",
    ),
    FailureCode.NO_API: (
        "This partition has no API for alternate contacts.",
        "Verify the contacts manually in each account's console.",
    ),
    FailureCode.ENDPOINT_UNLISTED: (
        "AWS lists no Account Management endpoint in this partition, and the request got no "
        "answer from AWS.",
        "Verify the contacts manually in each account's console.",
    ),
    FailureCode.NOT_REACHED: (
        "The check was stopped before it reached this account.",
        "Check again.",
    ),
    FailureCode.SLACK_UNREACHABLE: (
        "Couldn't reach Slack to list the workspace's members.",
        "Check the network between the bot and Slack, then check again.",
    ),
    FailureCode.SLACK_REFUSED: (
        "Slack didn't list the workspace's members.",
        "Run altcontact doctor to see what the Slack app is missing.",
    ),
    FailureCode.PLACE_UNREAD: (
        "Couldn't read where this account is in the organization, so the policy that applies to it "
        "is unknown.",
        "Allow the bot to read OUs and tags. altcontact doctor shows the missing permission.",
    ),
    FailureCode.PLACE_NOT_ASKED: (
        "This account's place in the organization wasn't requested from AWS, so the policy that "
        "applies to it is unknown.",
        "Check again. If this persists, run altcontact doctor.",
    ),
    FailureCode.NOT_ASKED: (
        "The data that this rule needs wasn't requested this time.",
        "Check again.",
    ),
    FailureCode.NOT_KNOWN: (
        "The data that this rule needs isn't available here.",
        "Run the bot where that data is available, or turn the rule off for this account.",
    ),
    FailureCode.INTERNAL: (
        "The bot had an internal error.",
        "Search the bot's log for the reference ID.",
    ),
}


def failure(cause: FailureCode, *, code: str = "", message: str = "", remedy: str = "") -> Failure:
    """A `Failure` with this cause, and its usual message unless another is given.

    Args:
        cause: the reason.
        code: AWS's error code, where there is one.
        message: instead of the usual one; without personal data.
        remedy: instead of the usual one.
    """
    usual_message, usual_remedy = _MESSAGES[cause]
    return Failure(cause, message or usual_message, remedy or usual_remedy, code)
