"""The doctor's check of the proxy between the bot and Slack, if there is one."""

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
    """Whether Slack can be reached through the proxy; no line without a proxy.

    Args:
        url: of the Web API.
        timeout: seconds for each step.
    """
    proxy = proxy_for(url)
    if proxy is None:
        return
    if proxy.problem:
        message = f"{proxy.variable} is invalid: {proxy.problem}."
        yield line("Proxy", State.FAILURE, message, "Set an HTTP proxy:", _EXAMPLE)
        return
    host = reachability.host_of(url)
    try:
        reachability.connect(url, proxy.url, timeout)
    except (OSError, HTTPException, ValueError) as error:
        problem = transport_problem(error)
        message = (
            f"couldn't reach {host} through {proxy.host} ({proxy.variable}). {problem.message}"
        )
        remedy = problem.remedy or "Check that the proxy is running and allows Slack. To test:"
        snippet = f"curl -sS -x http://{proxy.host} -o /dev/null https://{host}/"
        yield line("Proxy", State.FAILURE, message, remedy, snippet)
    else:
        message = f"reached {host} through {proxy.host} ({proxy.variable})."
        yield line("Proxy", State.OK, message)
