"""The doctor's look at the proxy on the way to Slack, if there is one."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from bot.services.doctor import State
from bot.slack.doctor import reachability
from bot.slack.doctor.lines import line
from bot.slack.proxy import proxy_for
from bot.slack.transport_errors import transport_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.services.doctor import CheckResult

_EXAMPLE: Final = "export HTTPS_PROXY=http://user:password@proxy.example:3128 NO_PROXY=localhost"


def check_proxy(url: str, timeout: float) -> Iterator[CheckResult]:
    """Whether the proxy lets the bot through; no line where the way is direct.

    Args:
        url: of the Web API.
        timeout: seconds for each step.
    """
    proxy = proxy_for(url)
    if proxy is None:
        return
    if proxy.problem:
        message = f"{proxy.variable} cannot be used: {proxy.problem}."
        yield line("Proxy", State.FAILURE, message, "Name an HTTP proxy:", _EXAMPLE)
        return
    host = reachability.host_of(url)
    try:
        reachability.connect(url, proxy.url, timeout)
    except (OSError, HTTPException, ValueError) as error:
        problem = transport_problem(error)
        message = (
            f"{host} cannot be reached through {proxy.host} ({proxy.variable}). {problem.message}"
        )
        remedy = problem.remedy or "Check that the proxy runs, and that it allows Slack:"
        snippet = f"curl -sS -x http://{proxy.host} -o /dev/null https://{host}/"
        yield line("Proxy", State.FAILURE, message, remedy, snippet)
    else:
        message = f"{host} is reached through {proxy.host} ({proxy.variable})."
        yield line("Proxy", State.OK, message)
