"""What a test sets in the sandbox's Slack, and what it asks of it, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.loopback import NO_CERTIFICATES
from altcontact_sandbox.slack.people.members import DOMAIN
from altcontact_sandbox.slack.workspace import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    Seen = dict[str, Any]

_TIMEOUT: Final = 90.0
"""Seconds for one request: an act waits for the app's ack, over all deliveries."""

_BAD_REQUEST: Final = 400


class SlackFaultSettings:
    """The settings, faults and logs of the sandbox's Slack at `url`.

    Safe to use from several threads.

    Raises (all methods):
        SandboxError: what was asked for is wrong, or nothing answers there.
    """

    def __init__(self, url: str = "") -> None:
        self.url = url
        self._http = httpx.Client(timeout=_TIMEOUT, trust_env=False, verify=NO_CERTIFICATES)

    def hang_up(self) -> None:
        """Close the connections to the sandbox."""
        self._http.close()

    def calls(self, method: str = "") -> list[Seen]:
        """The calls that were accepted, of methods that begin so: [{method, args, time}]."""
        return [call for call in self._get("log")["calls"] if call["method"].startswith(method)]

    def refusals(self) -> list[Seen]:
        """What was refused, and why: [{number, at, method, error, …}]."""
        refused: list[Seen] = self._get("log")["refusals"]
        return refused

    def acks(self) -> list[Seen]:
        """Each delivery: [{type, attempt, seconds until its ack, or None where none came}]."""
        acks: list[Seen] = self._get("log")["acks"]
        return acks

    def wire(self, since: int = 0, timeout: float = 0.0) -> Seen:
        """What went over the wire after an entry: {last, entries}; waits so long for some.

        Each entry: number, at, kind (web_api, socket, http, response_url), name, ok, status,
        milliseconds, sent, answered.
        """
        return self._get("wire", since=since, timeout=timeout)

    def file(self, identity: str) -> bytes:
        """The content of a file that the app shared."""
        return self._fetch("GET", f"files/{identity}").content

    def fault(
        self, method: str, kind: str, count: int = 1, seconds: float = 0.0, code: str = ""
    ) -> None:
        """Let the next calls of a method fail.

        Args:
            method: of the Web API; `*` is any, `response_url` an answer to one.
            kind: ratelimited, error, hang, close, lost_reply, slow, refused, html, malformed,
                bare or charset; see `model.Fault`.
            count: how many calls.
            seconds: `Retry-After`, or how long.
            code: Slack's error code, of `refused`.
        """
        self._set("fault", method=method, kind=kind, count=count, seconds=seconds, code=code)

    def clear_faults(self) -> None:
        """Let no call fail any more."""
        self._set("settings", clear_faults=True)

    def cut_sockets(self, refuse_for: float = 0.0) -> None:
        """Cut every connection, and take none for so many seconds."""
        self._set("cut", seconds=refuse_for)

    def refuse_connections(self, seconds: float) -> None:
        """Take no new connection for so many seconds; 0 takes them again."""
        self._set("refuse", seconds=seconds)

    def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to reconnect, as Slack does every few hours."""
        self._set("disconnect", reason=reason)

    def deaden_sockets(self) -> None:
        """Let every connection stay open, and nothing come of it any more, not even a pong."""
        self._set("die")

    def revoke_token(self, problem: str = "token_revoked") -> None:
        """Refuse the bot's token so: token_revoked, account_inactive, invalid_auth; '' takes it."""
        self._set("settings", token_problem=problem)

    def rotate_tokens(self, *, bot: str = "", app: str = "", signing: str = "") -> None:
        """Take another bot token or app-level token from now on; the former is refused.

        Or sign requests by HTTP with another secret.
        """
        given = {"bot_token": bot, "app_token": app, "signing_secret": signing}
        self._set("settings", **{name: token for name, token in given.items() if token})

    def archive(self, channel: str = ALERTS) -> None:
        """Archive a channel."""
        self._set("channel", id=channel, is_archived=True)

    def remove_bot(self, channel: str = ALERTS) -> None:
        """Put the bot out of a channel."""
        self._set("channel", id=channel, has_bot=False)

    def add_bot(self, channel: str = ALERTS) -> None:
        """Invite the bot to a channel."""
        self._set("channel", id=channel, has_bot=True)

    def refuse_posts(self, code: str, channel: str = ALERTS) -> None:
        """Refuse every post in a channel by an error code; `""` takes them again."""
        self._set("channel", id=channel, post_problem=code)

    def set_channel(self, channel: str = ALERTS, /, **members: bool) -> None:
        """Archive a channel (`is_archived`), or put the bot in or out of it (`has_bot`)."""
        self._set("channel", id=channel, **members)

    def set_group(self, group: str, /, **members: Any) -> None:  # noqa: ANN401 - of several types
        """Change who is in a user group (`members`), or disable or enable it (`deleted`)."""
        self._set("group", id=group, **members)

    def people(self, people: Iterable[Mapping[str, Any]]) -> None:
        """Let members come, or change those who are there; they are listed, and may act.

        Args:
            people: each with a `name` and, where that is wanted, an `id` (that of alice changes
                her), `email`, `deleted` (deactivated), `is_bot`, `is_guest`,
                `is_single_channel_guest`, `is_stranger`, `team_id` and `enterprise_id` (of a
                person of Slack Connect), and `teams` (on Enterprise Grid).
        """
        self._set("people", people=[dict(person) for person in people])

    def set_origin(self, user: str, /, **origin: str) -> None:
        """Change where payloads say that a person is and belongs, whatever `users.info` says.

        Args:
            user: who.
            origin: `team_id`, the workspace in which they act; `home_team_id`, the one that they
                belong to; `enterprise_id`. What is not given is as it would be.
        """
        self._set("origin", user=user, **origin)

    def crowd(self, number: int, seed: int = 1, domain: str = DOMAIN) -> None:
        """Put a crowd of so many believable members in place of the one before.

        Nobody but `users.list` and the like sees them: they are no people of the state.
        """
        self._set("crowd", number=number, seed=seed, domain=domain)

    def scopes(self, granted: Mapping[str, Any] | Iterable[str] | None) -> None:
        """Grant these scopes alone: those of a manifest, or some; None grants all.

        At first those of the shipped manifest are granted.
        """
        if isinstance(granted, Mapping):
            granted = granted["oauth_config"]["scopes"]["bot"]
        self._set("settings", scopes=None if granted is None else sorted(granted))

    def settings(self, **changed: Any) -> None:  # noqa: ANN401 - of several types
        """Change token_problem, scopes, latency, ack_within, post_rate, post_burst and more.

        The others are app_token_problem, clock_skew, events (those that the app subscribes to),
        response_uses, response_life and trigger_life; times are in seconds. With enterprise_id
        the workspace is one of Enterprise Grid, and with is_org_wide the app is installed for the
        whole organization. tier2, tier3 and tier4 are the calls of `users.list` and of
        `usergroups.users.list`, of `users.lookupByEmail` and of `chat.update`, and of
        `users.info`, `views.publish` and the sharing of files that are taken a minute (0: all),
        call_burst how many at once.
        ghost_connections is how many connections Slack's hello counts besides those that stand;
        without says_hello none comes.
        Without has_home the app's Home tab is turned off, as in a manifest of before it had one.
        """
        self._set("settings", **changed)

    def use_http(self, *urls: str) -> None:
        """Deliver to a request URL, as soon as it answers Slack's challenge; none: Socket Mode.

        Several are behind a load balancer, which sends each request to the next of those that
        answered, and to another one if the connection fails.
        """
        self._set("request_urls", urls=urls)

    def reset(self) -> None:
        """As on the first day; connections stay."""
        self._set("reset")

    def _get(self, path: str, **query: float) -> Seen:
        return self._ask("GET", path, params=query)

    def _act(self, act: str, **given: Any) -> Seen:  # noqa: ANN401 - JSON
        # All in ASCII, or httpx refuses half of a surrogate pair, which people can paste.
        return self._ask("POST", f"act/{act}", content=json.dumps(given))

    def _set(self, what: str, **given: Any) -> None:  # noqa: ANN401 - JSON
        self._ask("POST", f"set/{what}", json=given)

    def _ask(self, verb: str, path: str, **how: Any) -> Seen:  # noqa: ANN401 - httpx's own
        told: Seen = self._fetch(verb, path, **how).json()
        return told

    def _fetch(self, verb: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            answer = self._http.request(verb, f"{self.url}/_sandbox/{path}", **how)
        except httpx.HTTPError as error:
            raise SandboxError(f"Nothing responds at {self.url}: {error}.") from error
        if answer.status_code >= _BAD_REQUEST:
            wrong = answer.json()["error"] if answer.status_code == _BAD_REQUEST else answer.text
            raise SandboxError(str(wrong))
        return answer
