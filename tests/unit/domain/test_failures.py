"""Causes: each has words and a remedy that help the person who reads them."""

from __future__ import annotations

import pytest

from bot.domain.errors import (
    AltcontactError,
    ContactRefused,
    GatewayError,
    NotAllowed,
    PostRefused,
)
from bot.domain.failures import FailureCode, failure


@pytest.mark.parametrize("cause", FailureCode)
def test_every_cause_has_words_and_a_mend(cause: FailureCode) -> None:
    """What happened and the next step are full sentences, for every cause."""
    why = failure(cause)
    assert why.cause is cause
    assert why.message.endswith(".")
    assert len(why.remedy) > 10
    assert why.code == ""


def test_no_two_causes_say_the_same() -> None:
    """A reader can tell causes apart by their words."""
    assert len({failure(cause).message for cause in FailureCode}) == len(FailureCode)


def test_words_mend_and_code_may_be_given() -> None:
    """A place that knows more says it, and what it leaves out is as usual."""
    why = failure(FailureCode.DENIED, code="AccessDeniedException", message="No.", remedy="Ask.")
    assert (why.code, why.message, why.remedy) == ("AccessDeniedException", "No.", "Ask.")
    assert failure(FailureCode.DENIED, message="No.").remedy == failure(FailureCode.DENIED).remedy


def test_credentials_and_the_clock_are_of_the_caller() -> None:
    """Causes for which no other account would fare better are credentials and the clock."""
    mine = {cause for cause in FailureCode if cause.of_the_caller}
    assert mine == {
        FailureCode.CREDENTIALS_EXPIRED,
        FailureCode.CREDENTIALS_MISSING,
        FailureCode.CREDENTIALS_INVALID,
        FailureCode.CREDENTIALS_UNAVAILABLE,
        FailureCode.MFA_REQUIRED,
        FailureCode.AWS_CONFIGURATION,
        FailureCode.REGION_INVALID,
        FailureCode.ENDPOINT_INVALID,
        FailureCode.CLOCK_WRONG,
    }
    assert mine - {cause for cause in FailureCode if cause.of_the_settings} == {
        FailureCode.CLOCK_WRONG
    }


def test_errors_say_what_happened_and_what_to_do() -> None:
    """Every error reads as its words, and carries its remedy and what its handler needs."""
    why = failure(FailureCode.REFUSED)
    refused = ContactRefused(why, {"phone": "too long"})
    assert isinstance(refused, GatewayError)
    assert (str(refused), refused.remedy) == (why.message, why.remedy)
    assert refused.fields == {"phone": "too long"}
    limited = PostRefused("Too many.", code="ratelimited", retry_after=3.0)
    assert (limited.code, limited.retry_after, limited.permanent) == ("ratelimited", 3.0, False)
    assert str(NotAllowed("You may not.", "Ask.")) == "You may not."
    assert AltcontactError("It failed.").remedy == ""
