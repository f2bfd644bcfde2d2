"""The errors that this program raises on purpose.

    AltcontactError              what happened, and the next step
    ├── SettingsError            settings are missing or wrong; nothing was started
    ├── GatewayError             AWS could not do what was asked (carries a `Failure`)
    │   └── ContactRefused       AWS named the fields it does not take
    ├── StoreError               the database cannot be used
    ├── TooManyChecks            a person started too many checks lately
    ├── ExemptionRefused         a finding was not set aside, or what set it aside not ended
    ├── NotifierError            Slack did not take a message
    │   ├── PostRefused          it surely was not posted
    │   ├── PostInDoubt          it may have been posted: look before posting again
    │   ├── MessageGone          the message to update is not there any more
    │   ├── MessageLocked        the message to update may not be edited any more
    │   └── HistoryUnreadable    the channel's history cannot be looked at
    └── FixError                 a fix was not made
        ├── NotAllowed           the person doesn't have the right to do this
        │   └── RightsUnknown    whether they have it could not be found out
        └── FixUnderWay          somebody else is fixing this contact right now

What a person reads is `str(error)` and `error.remedy`. No text of an error holds a name, an email
address, a phone number or a token. botocore's and slack_sdk's exceptions stay in their adapters.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.failures import Failure


class AltcontactError(Exception):
    """Base of all. `remedy` is the next step for the person who reads it, or empty."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class SettingsError(AltcontactError):
    """Settings are missing or wrong; the message names every one of them, as `problems` do."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class GatewayError(AltcontactError):
    """AWS could not do what was asked; `failure` says why.

    `maybe_done` tells whether AWS may have carried out a write all the same: the answer to this
    try, or to one before it, was lost.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, failure.remedy)
        self.failure = failure
        self.maybe_done = failure.cause.leaves_a_write_in_doubt


class ContactRefused(GatewayError):
    """AWS refused fields of a contact: `fields` is {name | title | email | phone: why}."""

    def __init__(self, failure: Failure, fields: Mapping[str, str]) -> None:
        super().__init__(failure)
        self.fields = dict(fields)


class StoreError(AltcontactError):
    """The database cannot be opened, read or written."""


class TooManyChecks(AltcontactError):
    """A person started too many checks lately; the remedy says when they can start the next."""


class ExemptionRefused(AltcontactError):
    """A finding was not set aside or verified, or what set it aside was not ended.

    `field` is what of the form is not right: `findings`, `types`, `reason` or `until`; empty where
    it is none of them. `by` is the Slack user who was quicker, where one was.
    """

    def __init__(self, message: str, remedy: str = "", *, field: str = "", by: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field
        self.by = by


class NotifierError(AltcontactError):
    """Slack did not take a message.

    `retry_after` is how many seconds Slack asked to wait, where it asked. `permanent` is true
    where trying again changes nothing until a person mends something (a revoked token, an
    archived channel); `code` is Slack's own word for it.
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
    """The answer was lost: the message may or may not stand in the channel."""


class MessageGone(NotifierError):
    """The message to update was deleted."""


class MessageLocked(NotifierError):
    """The message to update stands, but may not be edited any more."""


class HistoryUnreadable(NotifierError):
    """The channel's history cannot be read, so a post in doubt cannot be looked for."""


class FixError(AltcontactError):
    """A fix was not made; nothing was written."""


class NotAllowed(FixError):
    """The person doesn't have the right to do this.

    `user_ids` and `group_ids` are those of Slack who have it.
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

    def of(self, what: str) -> NotAllowed:
        """The same refusal, of something else than changing contacts: `what` is said first."""
        return type(self)(f"{what} {self}", self.remedy, self.user_ids, self.group_ids)


class RightsUnknown(NotAllowed):
    """Slack could not say whether the person may do this, so it was not done.

    They may try again: nothing that they typed is to be thrown away.
    """


class FixUnderWay(FixError):
    """A fix of the same contact has not ended yet."""


def new_error_id() -> str:
    """Eight characters, shown to a person and logged, by which the log line is found."""
    return secrets.token_hex(4)
