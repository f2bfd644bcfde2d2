"""The doctor's look at the scopes of the bot's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import State
from bot.slack.doctor.lines import line
from bot.slack.scopes import BOT_SCOPES, EMAILS, FOR_POLICY, MEMBERS, manifest_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.doctor import CheckResult

APPS: Final = "https://api.slack.com/apps"
_ADD: Final = f"Add this to the app's manifest ({APPS}, App Manifest), and install it again:"
_RULES: Final = "rules member_mailbox and person_left are off"
_OWNERS: Final = "owners named by an email address are not mentioned"


def check_scopes(
    scopes: frozenset[str], *, wants_members: bool, wants_owners: bool
) -> Iterator[CheckResult]:
    """Whether the token has the scopes that the bot needs, and no other.

    Args:
        scopes: those that it has; empty where Slack did not tell.
        wants_members: whether the policy has a rule about members of the workspace.
        wants_owners: whether the policy names owners of accounts by a tag.
    """
    if not scopes:
        message, remedy = "Slack did not tell them.", "Compare them with manifest.yml here:"
        snippet = f"{APPS} → the app → OAuth & Permissions"
        yield line("Scopes", State.WARNING, message, remedy, snippet)
        return
    lacks_any = False
    absent = frozenset(BOT_SCOPES) - scopes
    if lacking := absent - FOR_POLICY:
        lacks_any = True
        message = f"lack {', '.join(sorted(lacking))}."
        yield line("Scopes", State.FAILURE, message, _ADD, manifest_lines(lacking, purposes=True))
    for wanted, needed, subject in (
        (wants_members, {MEMBERS, EMAILS}, _RULES),
        (wants_owners, {EMAILS}, _OWNERS),
    ):
        if wanted and (lacking := absent & needed):
            lacks_any = True
            message = f"{subject}: the app lacks {' and '.join(sorted(lacking))}."
            yield line(
                "Scopes", State.WARNING, message, _ADD, manifest_lines(lacking, purposes=True)
            )
    if needless := sorted(scopes - set(BOT_SCOPES)):
        lacks_any = True
        message = f"hold more than the bot needs: {', '.join(needless)}."
        remedy = "Take this out of the app's manifest, and install it again:"
        yield line("Scopes", State.WARNING, message, remedy, manifest_lines(needless))
    if not lacks_any:
        number = len(BOT_SCOPES) - len(absent)
        without = f" without {' and '.join(sorted(absent))}, which the policy does not need"
        message = f"all {number} are there{without if absent else ''}, and no other."
        yield line("Scopes", State.OK, message)
