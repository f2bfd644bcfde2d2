"""What commands may do where the bot's next start restores a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.app.bulk_command import bulk_command
from bot.app.one_shot import check_once
from bot.config.settings import Settings
from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def test_no_command_makes_a_database_that_is_to_be_restored(tmp_path: Path) -> None:
    """The bot would take it for its own, and restore nothing."""
    file = tmp_path / "bot.db"
    settings = Settings(database=file, backup="s3://corp-backup/altcontact")
    with pytest.raises(StoreError, match="There is no database") as caught:
        check_once(settings)
    assert "altcontact run" in caught.value.remedy
    with (
        pytest.raises(StoreError, match="There is no database"),
        bulk_command(settings, "cli:alice", applies=True),
    ):
        pass
    assert not file.exists()
