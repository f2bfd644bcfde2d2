"""The use case *preview again*: what a run held back, with what AWS has by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import RunRefused
from bot.domain.runs import ItemState
from bot.services.bulk_preview import PreviewRequest
from bot.services.run_control import required_run

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.domain.runs import Run
    from bot.services.bulk_preview import BulkPreview
    from bot.services.ports.store import Store


class HeldBackPreview:
    """Previews the contacts that a run held back. Safe to call from several threads.

    Args:
        store: runs and accounts.
        previews: makes previews; it can't write.
    """

    def __init__(self, store: Store, previews: BulkPreview) -> None:
        self._store = store
        self._previews = previews

    def preview(self, run_id: int, actor: Actor, key: str) -> Run:
        """Preview the same contacts again, before and after, as AWS has them now.

        Args:
            run_id: the run that held them back.
            actor: who requests it.
            key: unique to this request, and the same if it is delivered twice.

        Raises:
            RunRefused: the run held back no contact that it was to write.
            StoreError: it couldn't be read or recorded.
        """
        run = required_run(self._store.runs, run_id)
        items = self._store.runs.items(run_id, [ItemState.HELD_BACK])
        wanted = {
            (item.account_id, item.type): item.wanted for item in items if item.wanted is not None
        }
        known = (self._store.accounts.get(id_) for id_ in dict.fromkeys(id_ for id_, _ in wanted))
        accounts = [account for account in known if account is not None]
        if not accounts:
            raise RunRefused(
                f"Run {run_id} held back no contact that can be previewed again.",
                "To choose accounts yourself, type /altcontact fix",
            )
        types = dict.fromkeys(contact_type for _, contact_type in wanted)
        request = PreviewRequest(
            key, actor, accounts, tuple(types), wanted, channel=run.channel, read_all=True
        )
        return self._previews.preview(request).run
