"""The errors that this program raises on purpose.

    AltcontactError              what happened, and the next step
    ├── SettingsError            settings are missing or wrong; nothing was started
    ├── GatewayError             a request to AWS failed (carries a `Failure`)
    │   ├── WriteNotSent         this process may no longer be the one to send a write
    │   └── ContactRefused       AWS rejected fields of a contact, and named them
    ├── StoreError               the database cannot be used
    │   └── NotLeading           only the leader may do this, and another process leads
    ├── SnapshotSuperseded       newer snapshots are there that aren't of this database
    ├── ListenError              the HTTP server can't listen on its address
    ├── TooManyChecks            a person started too many checks lately
    ├── ExemptionRefused         an exemption was not granted, or not ended
    ├── RunRefused               a run was not begun, stopped or continued
    ├── NotifierError            Slack did not accept a message
    │   ├── PostRefused          it was certainly not posted
    │   ├── PostInDoubt          it may have been posted: look before posting again
    │   ├── MessageGone          the message to update no longer exists
    │   ├── MessageLocked        the message to update can no longer be edited
    │   ├── FileGone             the file to share isn't in Slack any more
    │   └── HistoryUnreadable    the channel's history can't be read
    └── FixError                 a fix was not made
        ├── NotAllowed           the person doesn't have the right to do this
        │   └── RightsUnknown    it is unknown whether they have it
        ├── NobodyCanApprove     a change needs approval, and nobody can give it
        ├── ApprovalClosed       a request was decided before, or is void
        ├── ApprovalRefused      the reason for a decision is missing
        └── FixUnderWay          somebody else is fixing this contact right now

Users see `str(error)` and `error.remedy`. No error text contains a name, an email address, a phone
number or a token. botocore's and slack_sdk's exceptions stay in their adapters.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.failures import Failure


class AltcontactError(Exception):
    """The base class of all. `remedy` is the next step for the reader, or empty."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One setting that is invalid or missing.

    `where` is its name, with file and line if it has them; `key` is only the name, and `line` is
    0 if there is none. `snippet` is the line to use in a shell or the file instead, and `remedy`
    introduces it; both are empty if there is no suggestion.
    """

    where: str
    what: str
    example: str = ""
    snippet: str = ""
    remedy: str = ""
    key: str = ""
    line: int = 0

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        # A remedy with a snippet introduces it, and the example says the same.
        more = f"For example: {self.example}" if self.example else ""
        more = more or ("" if self.snippet else self.remedy)
        return f"{text}{'' if text.endswith('.') else '.'} {more}" if more else text


class SettingsError(AltcontactError):
    """Settings are missing or wrong; the message names every one of them, as `problems` do."""

    def __init__(self, message: str, problems: tuple[SettingProblem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class GatewayError(AltcontactError):
    """A request to AWS failed; `failure` says why.

    `maybe_done` says whether AWS may have carried out a write anyway: the answer to this attempt,
    or to an earlier one, was lost. `aws_request_id` is AWS's id of the refused request, if it
    answered.
    """

    def __init__(self, failure: Failure, aws_request_id: str = "") -> None:
        super().__init__(failure.message, failure.remedy)
        self.failure = failure
        self.aws_request_id = aws_request_id
        self.maybe_done = failure.cause.leaves_a_write_in_doubt


class WriteNotSent(GatewayError):
    """A write wasn't sent, since this process may no longer be the one to send it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.maybe_done = False


class ContactRefused(GatewayError):
    """AWS rejected fields of a contact: `fields` is {name | title | email | phone: why}."""

    def __init__(
        self, failure: Failure, fields: Mapping[str, str], aws_request_id: str = ""
    ) -> None:
        super().__init__(failure, aws_request_id)
        self.fields = dict(fields)


class StoreError(AltcontactError):
    """The database cannot be opened, read or written."""


class ListenError(AltcontactError):
    """The HTTP server can't listen on the address that a setting gives."""


class SnapshotSuperseded(AltcontactError):
    """Newer snapshots are there that aren't of this database, so none was saved."""


class NotLeading(StoreError):
    """This process was about to do what only the leader does, and doesn't lead any more."""

    def __init__(self) -> None:
        super().__init__("Another bot process leads now.", "It goes on with this work.")


class TooManyChecks(AltcontactError):
    """A person started too many checks lately; the remedy says when they can start the next."""


class ExemptionRefused(AltcontactError):
    """An exemption or a verification was not granted, or not ended.

    `field` is the form field that is wrong: `findings`, `types`, `reason` or `until`; empty if none
    is. `by` is the Slack user who did it first, if another user did.
    """

    def __init__(self, message: str, remedy: str = "", *, field: str = "", by: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field
        self.by = by


class RunRefused(AltcontactError):
    """A run was not begun, stopped or continued: it isn't in a state in which it could be."""


class NotifierError(AltcontactError):
    """Slack did not accept a message.

    `retry_after` is how many seconds Slack asked to wait, if it did. `permanent` is true if
    retrying can't help until a person repairs something (a revoked token, an archived channel).
    `code` is Slack's error code.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        code: str = "",
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(message, remedy)
        self.code = code
        self.retry_after = retry_after
        self.permanent = permanent


class PostRefused(NotifierError):
    """Slack answered that it did not post the message, or was never reached."""


class PostInDoubt(NotifierError):
    """The answer was lost: the message may or may not be in the channel."""


class MessageGone(NotifierError):
    """The message to update was deleted."""


class MessageLocked(NotifierError):
    """The message to update exists, but can no longer be edited."""


class FileGone(NotifierError):
    """The file to share no longer exists, or is shared already."""


class HistoryUnreadable(NotifierError):
    """The channel's history can't be read, so a post in doubt can't be looked for."""


class FixError(AltcontactError):
    """A fix was not made; nothing was written."""


class NotAllowed(FixError):
    """The person doesn't have the right to do this.

    `user_ids` and `group_ids` are the Slack users and user groups who have it. `is_recorded` is
    true once the refusal is in the audit log, so that it isn't recorded twice.
    """

    def __init__(
        self,
        message: str,
        remedy: str,
        user_ids: tuple[str, ...] = (),
        group_ids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, remedy)
        self.user_ids = user_ids
        self.group_ids = group_ids
        self.is_recorded = False

    def of(self, what: str) -> NotAllowed:
        """The same error for something other than changing contacts: `what` comes first."""
        error = type(self)(f"{what} {self}", self.remedy, self.user_ids, self.group_ids)
        error.is_recorded = self.is_recorded
        return error


class RightsUnknown(NotAllowed):
    """Slack couldn't say whether the person has permission, so nothing was done.

    They can try again, so nothing that they typed may be discarded.
    """


class HeldBack(NotAllowed):
    """A contact of a run isn't written, because runs leave it alone since the preview."""


class NobodyCanApprove(FixError):
    """A change needs approval, and nobody but the requester could give it.

    `run_id` is the run that was previewed. `can_bypass` says whether the policy allows the
    requester to go on alone. `approvers` are the users and user groups that the policy names.
    """

    def __init__(
        self, message: str, *, run_id: int, can_bypass: bool, approvers: tuple[str, ...]
    ) -> None:
        remedy = (
            "Ask an administrator of this bot to name approvers or a second fixer in the policy, "
            'or to set approval = "never" for this account.'
        )
        super().__init__(message, remedy)
        self.run_id = run_id
        self.can_bypass = can_bypass
        self.approvers = approvers


class ApprovalClosed(FixError):
    """A request can't be decided any more. `by` is the Slack user who decided it, if one did."""

    def __init__(self, message: str, remedy: str = "", *, by: str = "") -> None:
        super().__init__(message, remedy)
        self.by = by


class ApprovalRefused(FixError):
    """A decision wasn't recorded, because its reason is too short or too long."""


class FixUnderWay(FixError):
    """A fix of the same contact has not ended yet."""


def new_error_id() -> str:
    """Eight characters that are shown to a person and logged, to find the log line by."""
    return secrets.token_hex(4)
