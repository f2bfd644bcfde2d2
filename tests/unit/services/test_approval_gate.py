"""The approval gate within seconds of a fix, while AWS may still return what was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.fixes import FixState
from bot.domain.readings import Present
from bot.services.approval_gate import NeedsApproval
from bot.services.fix_result import FixOutcome
from bot.services.undo import UndoAttempt
from tests.unit.fakes import ABSENT, CONTACT, OTHER, SECURITY, THIRD, account, fix_request
from tests.unit.services.fix_world import ANA, NAME, World, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.contacts import AlternateContact
    from tests.unit.services.fix_world import Process


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An account whose compliant contacts a second person has to agree to overwrite."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def process(world: World) -> Process:
    """The bot, which has just set the account's first contact."""
    made = world.process(gated=True)
    made.store.accounts.remember([account(1)])
    record_of(made.fixes.fix(fix_request(), NAME, ANA))
    return made


def test_an_undo_right_after_the_fix_is_made(world: World, process: Process) -> None:
    """Neither the gate nor the write takes the stale reads for a change of somebody else's."""
    world.gateway.say(1, ABSENT, ABSENT, ABSENT)
    fix = process.store.fixes.get(1)
    assert fix is not None
    result = process.undos.undo(fix, ANA, "undo-1")
    assert isinstance(result, UndoAttempt)
    assert result.result.outcome is FixOutcome.VERIFIED, result.result
    assert (account(1).id, SECURITY) not in world.gateway.held


@pytest.mark.parametrize("wanted", [THIRD, OTHER])
def test_what_a_fix_has_just_written_is_overwritten_only_with_approval(
    world: World, process: Process, wanted: AlternateContact
) -> None:
    """It is compliant, even if a stale read returns another contact, or the very one wanted."""
    shown = CONTACT if wanted is THIRD else OTHER
    world.gateway.say(1, Present(OTHER) if wanted is OTHER else ABSENT)
    request = fix_request("form-2", wanted=wanted, shown=shown, shown_at=world.clock.now())
    result = process.fixes.fix(request, NAME, ANA)
    assert isinstance(result, NeedsApproval), result
    assert result.before == CONTACT
    assert world.gateway.writes == [CONTACT]


def test_the_same_contact_again_needs_no_approval(world: World, process: Process) -> None:
    """Nothing is overwritten: AWS has it, as the next read shows."""
    again = fix_request("form-2", shown=CONTACT, shown_at=world.clock.now())
    fix = record_of(process.fixes.fix(again, NAME, ANA))
    assert (fix.state, fix.already_there) == (FixState.CONFIRMED, True)
    assert world.gateway.writes == [CONTACT]
