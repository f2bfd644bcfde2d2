"""`HomePage` on Slack: each person's Home tab, published in order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache
from slack_sdk.errors import SlackApiError

from bot.domain.errors import NotAllowed
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, code_of, explain
from bot.slack.views.home import home_view, problem_home

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.domain.actors import Actor
    from bot.domain.errors import AltcontactError
    from bot.services.ports.home import HomeContent
    from bot.slack.fixers import SlackFixers
    from bot.slack.readers import SlackReaders

_MOST_PEOPLE: Final = 1000


class SlackHomePage:
    """Publishes Homes. Safe to call from several threads, once for each person at a time.

    Each call carries the hash of what was published last, so that one that is late (its answer was
    given up, and Slack takes it in all the same) replaces nothing newer.

    Args:
        client: a client whose calls may be tried again.
        readers: who gets an answer at all.
        fixers: who can change contacts.
    """

    def __init__(self, client: WebClient, readers: SlackReaders, fixers: SlackFixers) -> None:
        self._client = client
        self._readers = readers
        self._fixers = fixers
        self._lock = threading.Lock()
        self._hashes: LRUCache[str, str] = LRUCache(_MOST_PEOPLE)

    def publish(self, actor: Actor, content: HomeContent) -> None:
        """Show a person their Home, or why they can't see it.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        try:
            self._readers.access(actor, is_request=False)
        except NotAllowed as error:
            self.publish_problem(actor, error)
            return
        read_only = self._fixers.read_only
        self._show(actor, home_view(content, fixers=self._fixers.who, read_only=read_only))

    def publish_problem(self, actor: Actor, error: AltcontactError) -> None:
        """Show why there is nothing to see just now.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        self._show(actor, problem_home(error))

    def _show(self, actor: Actor, view: dict[str, Any]) -> None:
        user_id = actor.user_id
        with self._lock:
            known = self._hashes.get(user_id)
        try:
            try:
                answer = self._client.views_publish(user_id=user_id, view=view, hash=known)
            except SlackApiError as error:
                if code_of(error) != "hash_conflict":
                    raise
                # Published meanwhile: by a try of this whose answer was lost, or another process.
                answer = self._client.views_publish(user_id=user_id, view=view)
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error
        shown = answer.get("view")
        if isinstance(shown, dict) and shown.get("hash"):
            with self._lock:
                self._hashes[user_id] = str(shown["hash"])
