"""Checkpoints: their form, their names, and where they go."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.checkpoints import (
    MAX_BYTES,
    Checkpoint,
    LogHead,
    Signature,
    UnreadableCheckpoint,
    from_object,
    to_object,
)

AT = datetime(2026, 11, 27, 9, 0, 5, 123456, tzinfo=UTC)
HASH = "0123456789abcdef" * 4
ONE = Checkpoint(7, LogHead(1234, HASH), AT, "1.2.3")
SIGNATURE = Signature("arn:aws:kms:us-east-1:111122223333:key/k", "ECDSA_SHA_256", b"\x00\xff")

checkpoints = st.builds(
    Checkpoint,
    st.integers(1, 10**9),
    st.builds(LogHead, st.integers(1, 10**12), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2}([.+-]?[a-z0-9]{1,8})?", fullmatch=True),
)
signatures = st.none() | st.builds(
    Signature, st.text(min_size=1), st.text(min_size=1), st.binary(min_size=1, max_size=6144)
)


@given(checkpoints, signatures)
def test_what_is_written_is_read(checkpoint: Checkpoint, signature: Signature | None) -> None:
    """An object gives back its checkpoint and its signature."""
    assert from_object(to_object(checkpoint, signature)) == (checkpoint, signature)


def test_an_object_is_json_that_people_can_read() -> None:
    """It says how many entries there were, the last one's hash, when, and by which version."""
    body = to_object(ONE, SIGNATURE)
    assert json.loads(body) == {
        "checkpoint": {
            "format": 1,
            "sequence": 7,
            "count": 1234,
            "hash": HASH,
            "at": "2026-11-27T09:00:05.123456+00:00",
            "version": "1.2.3",
        },
        "signature": {"key": SIGNATURE.key, "algorithm": "ECDSA_SHA_256", "value": "AP8="},
    }
    longest = Signature(SIGNATURE.key, "ML_DSA_SHAKE_256", b"x" * 6144)
    assert len(to_object(ONE, longest)) < MAX_BYTES


def test_names_sort_by_time_and_tell_contents_apart() -> None:
    """A later checkpoint has a later name; an equal one has the same, in any time zone."""
    assert ONE.name.startswith("2026-11-27T09-00-05Z-00000007-")
    later = Checkpoint(8, ONE.head, AT + timedelta(hours=1), "1.2.3")
    assert ONE.name < later.name
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    assert Checkpoint(7, ONE.head, elsewhere, "1.2.3").name == ONE.name
    assert Checkpoint(7, LogHead(1234, "f" * 64), AT, "1.2.3").name != ONE.name


def changed(**members: object) -> bytes:
    """An object with other members of its checkpoint; None takes one out."""
    content = json.loads(to_object(ONE, None))
    content["checkpoint"] |= members
    kept = {name: value for name, value in content["checkpoint"].items() if value is not None}
    return json.dumps({"checkpoint": kept}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"checkpoint": []}',
        changed(format=2),
        changed(sequence=0),
        changed(sequence=True),
        changed(sequence="7"),
        changed(count=-1),
        changed(count=2**63),
        changed(count=1.0),
        changed(count=None),
        changed(hash="F" * 64),
        changed(hash=5),
        changed(at="today"),
        changed(at="2026-11-27T10:00:05.123456+01:00"),
        changed(at=5),
        changed(version="1 2"),
        changed(note="not signed"),
        to_object(ONE, None).replace(b"{\n", b'{"note": 1,', 1),
        to_object(ONE, SIGNATURE).replace(b"AP8=", b"?"),
        to_object(ONE, SIGNATURE).replace(b'"value"', b'"valve"'),
    ],
)
def test_what_is_no_checkpoint_is_refused(body: bytes) -> None:
    """Nothing is guessed, and nothing that a signature doesn't cover is accepted."""
    with pytest.raises(UnreadableCheckpoint):
        from_object(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """No content raises anything else."""
    with pytest.raises(UnreadableCheckpoint):
        from_object(body)
