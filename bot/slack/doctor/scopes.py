"""The doctor's check of the scopes of the bot's token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import State
from bot.slack.doctor.lines import line
from bot.slack.scopes import (
    BOT_SCOPES,
    EMAILS,
    FILES,
    FOR_POLICY,
    HOME_MANIFEST,
    MEMBERS,
    MESSAGES,
    manifest_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.doctor import CheckResult

APPS: Final = "https://api.slack.com/apps"
_ADD: Final = f"Add this to the app's manifest ({APPS}, App Manifest), then install the app again:"
_NO_HOME: Final = (
    f"the app lacks {MESSAGES}, so direct messages get no answer. It was created with an older "
    "manifest, which has no Home either."
)
_NO_FILES: Final = (
    f"the app lacks {FILES}, so results of runs aren't attached to their messages, and previews "
    "can't be downloaded."
)
_RULES: Final = "rules member_mailbox and person_left are off"
_OWNERS: Final = "owners who are named by an email address aren't mentioned"


def check_scopes(
    scopes: frozenset[str], *, wants_members: bool, wants_owners: bool
) -> Iterator[CheckResult]:
    """Whether the token has the scopes that the bot needs, and no others.

    Args:
        scopes: those that it has; empty if Slack didn't say.
        wants_members: whether the policy has a rule about members of the workspace.
        wants_owners: whether the policy names the owners of accounts by a tag.
    """
    if not scopes:
        message, remedy = "Slack didn't list them.", "Compare them with manifest.yml on this page:"
        snippet = f"{APPS} → the app → OAuth & Permissions"
        yield line("Scopes", State.WARNING, message, remedy, snippet)
        return
    lacks_any = False
    absent = frozenset(BOT_SCOPES) - scopes
    if lacking := absent - FOR_POLICY - {FILES, MESSAGES}:
        lacks_any = True
        message = f"the app lacks {', '.join(sorted(lacking))}."
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
    if FILES in absent:
        lacks_any = True
        snippet = manifest_lines({FILES}, purposes=True)
        yield line("Files", State.WARNING, _NO_FILES, _ADD, snippet)
    if needless := sorted(scopes - set(BOT_SCOPES)):
        lacks_any = True
        message = f"more than the bot needs: {', '.join(needless)}."
        remedy = "Remove this from the app's manifest, then install the app again:"
        yield line("Scopes", State.WARNING, message, remedy, manifest_lines(needless))
    if MESSAGES in absent:
        lacks_any = True
        yield line("Home", State.WARNING, _NO_HOME, _ADD, HOME_MANIFEST)
    if not lacks_any:
        number = len(BOT_SCOPES) - len(absent)
        message = f"all {number} that the bot needs are granted, and no others."
        if absent:
            message += f" The policy doesn't need {' and '.join(sorted(absent))}."
        yield line("Scopes", State.OK, message)
