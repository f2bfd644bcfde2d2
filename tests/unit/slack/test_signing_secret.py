"""The signing secret, read again if a signature doesn't match it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from slack_sdk.signature import SignatureVerifier

from bot.domain.errors import SettingProblem, SettingsError
from bot.slack.signing_secret import MOST_WAITING, SigningSecret

WAIT = 60.0
BODY = b"command=%2Faltcontact"


class Place:
    """Where the secret is."""

    def __init__(self, value: str = "old") -> None:
        self.value: str | Exception = value
        self.reads = 0
        self.open = threading.Event()
        self.open.set()

    def read(self) -> str:
        """Read it."""
        self.reads += 1
        assert self.open.wait(WAIT)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def secret(place: Place, **settings: float) -> SigningSecret:
    """A secret from there, which may be read at any time."""
    return SigningSecret(
        "old",
        place="the file /x",
        read=place.read,
        **{"interval": 0.0, "within": WAIT, "former_for": WAIT} | settings,
    )


def accepts(tested: SigningSecret, signed_with: str) -> bool:
    """Whether a request passes that is signed with this."""
    now = str(int(time.time()))
    signature = SignatureVerifier(signed_with).generate_signature(timestamp=now, body=BODY)
    assert signature is not None
    return tested.has_signed(BODY, now, signature)


def test_a_rotated_secret_is_read_again() -> None:
    """What the new one signed passes at once, and for a while what the former one signed."""
    place = Place()
    tested = secret(place)
    assert accepts(tested, "old")
    assert place.reads == 0
    place.value = "new"
    with structlog.testing.capture_logs() as logged:
        assert accepts(tested, "new")
        assert accepts(tested, "old")
        assert accepts(tested, "new")
    assert place.reads == 1
    assert [(line["event"], line["place"]) for line in logged] == [
        ("signing secret replaced", "the file /x")
    ]
    assert not accepts(tested, "forged")


def test_the_former_secret_ends() -> None:
    """After its time it is as wrong as any other."""
    place = Place()
    tested = secret(place, former_for=0.0)
    place.value = "new"
    assert accepts(tested, "new")
    assert not accepts(tested, "old")


def test_a_secret_counts_once_slack_signs_with_it() -> None:
    """A typo that was saved, or a forged request, ends nothing; a rotation may be undone."""
    place = Place()
    tested = secret(place, former_for=0.0)
    place.value = "typo"
    assert not accepts(tested, "forged")
    assert accepts(tested, "old")
    place.value = "new"
    assert not accepts(tested, "forged")
    place.value = SettingsError("", (SettingProblem("SLACK_SIGNING_SECRET", "is gone"),))
    assert accepts(tested, "new"), "it was read before"
    place.value = "old"
    assert accepts(tested, "old")


def test_forged_requests_read_it_rarely() -> None:
    """Not again within the interval, whatever comes."""
    place = Place()
    tested = secret(place, interval=WAIT)
    assert [accepts(tested, "forged") for _ in range(5)] == [False] * 5
    assert place.reads == 1


def test_a_slow_reading_is_waited_for_by_few() -> None:
    """A request waits for so long, a crowd not at all; and there is one reading at a time."""
    place = Place("new")
    place.open.clear()
    hasty, tested = secret(place, within=0.01), secret(place)
    assert not accepts(hasty, "new")
    with ThreadPoolExecutor(MOST_WAITING) as pool:
        waiting = [pool.submit(accepts, tested, "new") for _ in range(MOST_WAITING)]
        while tested.waiting < MOST_WAITING:
            threading.Event().wait(0.001)
        assert not accepts(tested, "new")
        place.open.set()
        assert [each.result(WAIT) for each in waiting] == [True] * MOST_WAITING
    assert place.reads == 2


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            SettingsError("", (SettingProblem("SLACK_SIGNING_SECRET", "couldn't read it"),)),
            "SLACK_SIGNING_SECRET: couldn't read it.",
        ),
        (OSError("hush"), "Reading it failed (OSError)."),
    ],
)
def test_what_cannot_be_read_is_logged_once(error: Exception, problem: str) -> None:
    """And the secret in use stays."""
    place = Place()
    tested = secret(place)
    place.value = error
    with structlog.testing.capture_logs() as logged:
        assert not accepts(tested, "forged")
        assert not accepts(tested, "forged")
        assert accepts(tested, "old")
    assert [(line["event"], line["problem"]) for line in logged] == [
        ("signing secret not read", problem)
    ]


def test_one_that_cannot_change() -> None:
    """It is never read again, and the remedy says to restart."""
    fixed, place = SigningSecret("old"), Place()
    assert accepts(fixed, "old")
    assert not accepts(fixed, "new")
    assert "restart" in fixed.remedy
    assert "into the file /x" in secret(place).remedy


def test_no_thread_and_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the machine can't start a thread, or the bot stops, nothing is read."""
    place = Place("new")
    tested = secret(place)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert not accepts(tested, "new")
    monkeypatch.undo()
    tested.stop()
    assert not accepts(tested, "new")
    assert place.reads == 0


def no_thread(_: threading.Thread) -> None:
    """What happens at the limit of threads."""
    raise RuntimeError("can't start new thread")


def test_no_secret_is_no_secret() -> None:
    """What a key of nothing signs would be anybody's."""
    with pytest.raises(ValueError, match="empty"):
        SigningSecret("")
