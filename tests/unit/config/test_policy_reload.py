"""Reloading the policy of a running bot."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.config.load import Settings, load
from bot.config.policy_reload import PolicyReload, ReloadablePolicy
from bot.domain.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from bot.domain.policy.policy import Policy

FILE = "altcontact.toml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(text: str) -> ReloadablePolicy:
    """The source of a bot that was started with a file of this text."""
    Path(FILE).write_text(text)
    read = partial(load, {}, needs_slack=False)
    return ReloadablePolicy(read(), read)


def test_a_changed_policy_is_taken() -> None:
    """A reload takes the policy of the changed file, with the types, and counts its tables."""
    source = started('[policy]\ndomains = "a.example"\n')
    before = source.current()
    Path(FILE).write_text(
        'types = "BILLING"\n[policy]\ndomains = "a.example"\n'
        "[[policy.override]]\nmatch.name = 'a'\nsecurity = 'optional'\n"
    )
    with capture_logs() as logged:
        found = source.reload()
    assert found.changed
    assert (found.sections, found.sections_before, found.restart_for) == (2, 1, ())
    assert source.current() is found.policy
    assert source.current() != before
    assert found.message == "Policy reloaded: 2 sections (previously 1)."
    assert found.restart_message == ""
    assert logged == [
        {
            "event": "policy reloaded",
            "log_level": "info",
            "changed": True,
            "sections": 2,
            "sections_before": 1,
            "restart_for": [],
        }
    ]


def test_an_unchanged_policy() -> None:
    """A reload of the same tables, on whichever lines, says so."""
    source = started('[policy]\nsecurity = "optional"\n')
    Path(FILE).write_text('# New.\n[policy]\nsecurity = "optional"\n')
    found = source.reload()
    assert not found.changed
    assert found.message == "Policy unchanged."


@pytest.mark.parametrize("text", ["[policy]\nsecurity = 1\n", "scope = 'x'\n", "[policy\n"])
def test_a_wrong_file_changes_nothing(text: str) -> None:
    """Anything wrong in the file, outside the policy too, leaves everything as it was."""
    source = started('[policy]\nsecurity = "optional"\n')
    before = source.current()
    Path(FILE).write_text(text)
    with capture_logs() as logged, pytest.raises(SettingsError) as caught:
        source.reload()
    assert len(caught.value.problems) == 1
    assert source.current() is before
    assert logged == [{"event": "policy not reloaded", "log_level": "warning", "problems": 1}]


def test_other_settings_need_a_restart() -> None:
    """Other settings that changed are named without their values, until the file is as it was."""
    source = started("")
    Path(FILE).write_text(
        "slack_bot_token = 'xoxb-hush'\nschedule = '0 1 * * *'\n"
        "[[aws]]\nname = 'a'\nprofile = 'p'\n"
    )
    for _ in range(2):
        found = source.reload()
        assert found.restart_for == ("slack_bot_token", "schedule", "aws")
        assert found.restart_message == (
            "`slack_bot_token`, `schedule`, `aws` also changed. Restart the bot to apply them."
        )
        assert not found.changed
    Path(FILE).write_text("")
    assert source.reload().restart_for == ()


def test_words() -> None:
    """One setting and the same number of tables have words of their own."""
    policy = started("").current()
    found = PolicyReload(
        policy, changed=True, sections=3, sections_before=3, restart_for=("schedule",)
    )
    assert found.message == "Policy reloaded: 3 sections."
    assert found.restart_message == "`schedule` also changed. Restart the bot to apply it."


def test_reloads_do_not_cross() -> None:
    """Of reloads at the same time each reads the file after the one before has been taken."""
    seen: list[int] = []
    inside = threading.Lock()

    def read() -> Settings:
        assert inside.acquire(blocking=False)
        seen.append(len(seen))
        found = load({}, needs_slack=False)
        inside.release()
        return found

    source = ReloadablePolicy(load({}, needs_slack=False), read)
    threads = [threading.Thread(target=source.reload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == list(range(8))


def test_a_policy_that_cannot_be_recorded_is_not_used() -> None:
    """It is recorded before it is used, with the digest of the file as `sha256sum` shows it."""
    source = started('[policy]\nsecurity = "optional"\n')
    before = source.current()
    Path(FILE).write_text('[policy]\nsecurity = "required"\n')
    digest = hashlib.sha256(Path(FILE).read_bytes()).hexdigest()

    def fail(policy: Policy) -> None:
        assert policy.digest == digest != before.digest
        raise StoreError("The disk is full.")

    with pytest.raises(StoreError, match="full"):
        source.reload(fail)
    assert source.current() is before
    assert source.reload().policy.digest == digest
