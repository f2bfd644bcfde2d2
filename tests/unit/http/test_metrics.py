"""The metrics: their names, their labels, and what they say of a bot."""

from __future__ import annotations

import ast
import math
import platform
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.aws.access_denied import Request
from bot.domain.figures import Figures
from bot.http import metrics as names
from bot.http.metrics import PrometheusMetrics
from bot.http.state_metrics import StateMetrics
from tests.unit.http.sample_state import TROUBLED, WELL

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.monitoring import BotState

ROOT: Final = Path(__file__).parents[3]
PERSONAL = (
    "ana.lima@corp.example",
    "+351 21 792 3400",
    "Ana Lima",
    "xoxb-1-secret",
    "111122223333",
    'a"} 1\nevil{b="',
    "",
)
"""What must not get into a label, whoever passes it."""


def asked(metrics: PrometheusMetrics) -> str:
    """What `GET /metrics` answers."""
    started: list[Any] = []

    def start(*arguments: object) -> Callable[[bytes], object]:
        started.extend(arguments)
        return started.append

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "QUERY_STRING": ""}
    text = b"".join(metrics.app()(environ, start)).decode()
    assert started[0] == "200 OK"
    assert dict(started[1])["Content-Type"].startswith("text/plain")
    return text


def scraped(metrics: PrometheusMetrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """{(name, label values in the order of their names): value} of every sample."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(asked(metrics))
        for sample in family.samples
    }


def of(state: BotState) -> PrometheusMetrics:
    """The metrics of a bot in this state."""
    metrics = PrometheusMetrics("1.2.3")
    metrics.add(StateMetrics(lambda: state))
    return metrics


def test_what_is_reported_is_counted() -> None:
    """Calls by operation and outcome, and how long they took."""
    metrics = PrometheusMetrics("1.2.3")
    metrics.aws_call("ListAccounts", 0.2, "ok")
    metrics.aws_call("ListAccounts", 0.3, "throttled")
    metrics.slack_call("chat.postMessage", 1.5, "ok")
    metrics.slack_limited("views.publish")
    metrics.acked(0.04)
    metrics.database("write", 0.02, failed=False)
    metrics.database("write", 9.0, failed=True)
    found = scraped(metrics)
    assert found["altcontact_aws_calls_total", ("ListAccounts", "ok")] == 1
    assert found["altcontact_aws_calls_total", ("ListAccounts", "throttled")] == 1
    assert found["altcontact_aws_call_duration_seconds_sum", ("ListAccounts",)] == 0.5
    assert found["altcontact_slack_calls_total", ("chat.postMessage", "ok")] == 1
    assert found["altcontact_slack_rate_limited_total", ("views.publish",)] == 1
    assert found["altcontact_ack_duration_seconds_bucket", ("0.05",)] == 1
    assert found["altcontact_ack_duration_seconds_bucket", ("0.025",)] == 0
    assert found["altcontact_database_transaction_duration_seconds_count", ("write",)] == 2
    assert found["altcontact_database_failures_total", ("write",)] == 1
    assert found["altcontact_database_failures_total", ("read",)] == 0
    assert ("altcontact_build_info", (platform.python_version(), "1.2.3")) in found
    assert not any("_created" in name for name, _ in found)


def test_a_bot_on_which_all_is_well() -> None:
    """Each state is there, those that are not so as 0."""
    found = scraped(of(WELL))
    assert found["altcontact_ready", ()] == 1
    assert found["altcontact_problem", ("database",)] == 0
    assert found["altcontact_thread_silence_seconds", ("connect",)] == 0.5
    assert found["altcontact_slack_silence_seconds", ()] == 0.7
    assert found["altcontact_leader", ()] == 1
    assert found["altcontact_leader_token", ()] == 4
    assert found["altcontact_leader_age_seconds", ()] == 3600
    assert found["altcontact_database_up", ()] == 1
    assert found["altcontact_aws_rate_calls_per_second", ("read",)] == 10
    assert found["altcontact_findings", ("security", "missing", "very_high")] == 6
    assert found["altcontact_scan_age_seconds", ()] == 3600
    assert found["altcontact_scan_duration_seconds", ()] == 90
    assert found["altcontact_scan_accounts", ("compliant",)] == 144
    assert found["altcontact_scan_accounts", ("weak",)] == 0
    assert found["altcontact_scans_total", ("complete",)] == 1
    assert found["altcontact_scans_total", ("cut_off",)] == 0
    assert found["altcontact_scan_running", ()] == 0
    assert found["altcontact_announcements_waiting", ()] == 0
    assert found["altcontact_announcements_waiting_age_seconds", ()] == 0
    assert found["altcontact_fixes", ("confirmed",)] == 3
    assert found["altcontact_fixes", ("failed",)] == 0
    assert found["altcontact_checkpoint_age_seconds", ()] == 3600
    assert found["altcontact_checkpoint_failing", ()] == 0


def test_a_bot_in_trouble() -> None:
    """What is wrong can be seen, with its cause."""
    found = scraped(of(TROUBLED))
    assert found["altcontact_ready", ()] == 0
    assert found["altcontact_problem", ("slack",)] == 1
    assert found["altcontact_problem", ("thread",)] == 1
    assert found["altcontact_slack_silence_seconds", ()] == math.inf
    assert found["altcontact_leader", ()] == 0
    assert ("altcontact_leader_age_seconds", ()) not in found
    assert found["altcontact_aws_rate_calls_per_second", ("read",)] == 0.5
    assert found["altcontact_aws_quota_calls_per_second", ("read",)] == 10
    assert found["altcontact_findings", ("billing", "unknown", "none")] == 2
    assert found["altcontact_accounts_unchecked", ("denied",)] == 2
    assert found["altcontact_scan_last_failure", ("throttled",)] == 1
    assert found["altcontact_scan_running", ()] == 1
    assert found["altcontact_announcements_waiting", ()] == 4
    assert found["altcontact_announcements_waiting_age_seconds", ()] == 2 * 86_400
    assert found["altcontact_fixes_in_doubt", ()] == 1
    assert found["altcontact_snapshot_age_seconds", ()] == math.inf
    assert found["altcontact_snapshot_failing", ()] == 1


def test_a_bot_without_its_database() -> None:
    """What doesn't come from there is still answered."""
    found = scraped(of(replace(TROUBLED, figures=None, copies={})))
    assert found["altcontact_database_up", ()] == 0
    assert found["altcontact_ready", ()] == 0
    assert not any(name.startswith("altcontact_scan") for name, _ in found)
    assert not any(name.startswith("altcontact_findings") for name, _ in found)


def test_a_bot_that_has_never_checked() -> None:
    """The age of its last complete check is infinite, so that an alert can be raised."""
    found = scraped(of(replace(WELL, figures=Figures())))
    assert found["altcontact_scan_age_seconds", ()] == math.inf
    assert not any(name == "altcontact_scan_duration_seconds" for name, _ in found)


@pytest.mark.parametrize("hostile", PERSONAL)
def test_no_text_from_outside_gets_into_a_label(hostile: str) -> None:
    """Whatever is passed for a name that the code doesn't have counts as `other`."""
    metrics = of(WELL)
    metrics.aws_call(hostile, 0.1, hostile)
    metrics.slack_call(hostile, 0.1, hostile)
    metrics.slack_limited(hostile)
    metrics.database(hostile, 0.1, failed=True)
    found = scraped(metrics)
    assert found["altcontact_aws_calls_total", ("other", "other")] == 1
    assert found["altcontact_slack_calls_total", ("other", "other")] == 1
    assert found["altcontact_slack_rate_limited_total", ("other",)] == 1
    assert not hostile or hostile not in asked(metrics)


def test_every_operation_of_aws_that_the_code_uses_has_a_name() -> None:
    """None counts as `other`."""
    used = {
        node.args[0].value
        for path in (ROOT / "bot/aws").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"Request", "call"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {"GetAlternateContact", "PutObject"} <= used
    assert used - {""} <= names.AWS_OPERATIONS
    assert all(Request(each).action for each in names.AWS_OPERATIONS)


def test_every_method_of_slack_that_the_code_uses_has_a_name() -> None:
    """None counts as `other`."""
    families = "api|apps|auth|chat|conversations|files|usergroups|users|views|bots|reactions"
    used = {
        _method(found)
        for path in (ROOT / "bot/slack").rglob("*.py")
        for found in re.findall(
            rf"\.((?:{families})_\w+)(?:\(|,|\))", path.read_text(encoding="utf-8")
        )
    }
    assert {"chat.postMessage", "views.open", "usergroups.users.list"} <= used
    assert used - {"api.call"} <= names.SLACK_METHODS  # that one is how slack_sdk makes them all


def _method(name: str) -> str:
    """Slack's name of a method of slack_sdk."""
    return name.replace("_", ".")


def test_names_follow_prometheus_conventions() -> None:
    """A prefix, a unit where there is one, `_total` for counters alone, and a help text."""
    for family in text_string_to_metric_families(asked(of(TROUBLED))):
        if not family.name.startswith("process_"):
            assert re.fullmatch(r"altcontact_[a-z]+(_[a-z]+)*", family.name), family.name
        assert family.documentation.endswith(".") or family.name.startswith("process_")
        if family.type == "histogram":
            assert family.name.endswith("_duration_seconds")
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)
        else:
            assert not family.name.endswith("_total")


def test_the_docs_list_every_metric_and_no_other() -> None:
    """With its type, its labels and its help text."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in page.splitlines()
        if line.startswith("| `altcontact_")
    ]
    documented = {row[0].strip("`"): (row[1], row[2], row[3]) for row in rows}
    assert len(documented) == len(rows)
    metrics = of(TROUBLED)
    metrics.aws_call("ListAccounts", 0.2, "ok")
    metrics.slack_call("chat.postMessage", 1.5, "ok")
    metrics.slack_limited("views.publish")
    served = {}
    for family in (*metrics.registry.collect(), *of(WELL).registry.collect()):
        if family.name.startswith("process_") or not family.samples:
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = [label for label in family.samples[0].labels if label != "le"]
        shown = ", ".join(f"`{label}`" for label in labels)
        served[name] = (family.type, shown, family.documentation)
    assert documented == served
