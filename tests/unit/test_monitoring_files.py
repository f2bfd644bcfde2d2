"""What is in `deploy/monitoring/`, against what the bot serves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from bot.domain.figures import Figures
from tests.unit.http.sample_state import TROUBLED, WELL
from tests.unit.http.test_metrics import asked, of
from tests.unit.promql import Scrapes, evaluate, metric_names

if TYPE_CHECKING:
    from bot.services.monitoring import BotState

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy/monitoring"
RULES: Final[list[dict[str, Any]]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][
    0
]["rules"]
NAMES: Final = [rule["alert"] for rule in RULES]


def scrape(state: BotState, limited: int = 0) -> str:
    """What a bot in this state answers, after so many answers of Slack with 429."""
    metrics = of(state)
    metrics.slack_limited("views.publish")
    for _ in range(limited):
        metrics.slack_limited("views.publish")
    return asked(metrics)


def firing(scrapes: Scrapes) -> set[str]:
    """The alerts whose expressions hold."""
    return {rule["alert"] for rule in RULES if evaluate(rule["expr"], scrapes)}


def test_nothing_fires_where_all_is_well() -> None:
    """With one replica, and with a second that follows."""
    one = {("altcontact", "a"): scrape(WELL)}
    assert firing(Scrapes(one)) == set()
    two = {**one, ("altcontact", "b"): scrape(replace(WELL, leads=False))}
    assert firing(Scrapes(two)) == set()


def test_what_fires_for_a_bot_in_trouble() -> None:
    """Each alert has its trouble, but those of a bot without figures or metrics."""
    trouble = Scrapes(
        {("altcontact", "a"): scrape(TROUBLED, limited=31)},
        {("altcontact", "a"): scrape(WELL)},
    )
    assert firing(trouble) == set(NAMES) - {"AltcontactDown", "AltcontactDatabaseUnreadable"}


def test_a_bot_that_is_gone() -> None:
    """Nothing is scraped, which is an alert of its own."""
    assert firing(Scrapes({})) == {"AltcontactDown"}


def test_a_bot_without_its_database() -> None:
    """It isn't ready, and says that it can't read; what it doesn't know raises no other alert."""
    state = replace(TROUBLED, figures=None, copies={}, silences={}, rates=WELL.rates, leads=True)
    assert firing(Scrapes({("altcontact", "a"): scrape(state)})) == {
        "AltcontactDatabaseUnreadable",
        "AltcontactNotReady",
        "AltcontactReplicaNotReady",
    }


def test_a_bot_that_never_completed_a_check() -> None:
    """An age that is infinite is above every limit."""
    state = replace(WELL, figures=Figures())
    fired = firing(Scrapes({("altcontact", "a"): scrape(state)}))
    assert fired == {"AltcontactNoCompleteCheck"}


def test_installations_do_not_hide_each_other() -> None:
    """One without a leader is found beside one that has one."""
    scrapes = Scrapes(
        {
            ("first", "a"): scrape(WELL),
            ("second", "b"): scrape(replace(WELL, leads=False)),
        }
    )
    (rule,) = [rule for rule in RULES if rule["alert"] == "AltcontactNoLeader"]
    assert evaluate(rule["expr"], scrapes) == [{"job": "second"}]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_alert_says_what_happened_and_what_to_do(rule: dict[str, Any]) -> None:
    """In a sentence that names only labels that it has, and a section of the runbook."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"\d+m", rule["for"])
    summary = rule["annotations"]["summary"]
    assert summary.endswith(".")
    grouped = re.search(r"by \(([^)]*)\)", rule["expr"])
    labels = set(grouped.group(1).split(", ")) if grouped else set()
    assert set(re.findall(r"\$labels\.(\w+)", summary)) <= labels
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor == rule["alert"].lower()
    assert f"\n## {rule['alert']}\n" in (ROOT / page).read_text(encoding="utf-8")


def test_the_runbook_has_no_other_alerts() -> None:
    """In the order of the rules."""
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == NAMES


def served() -> set[str]:
    """The names of all samples that a bot may serve."""
    metrics = of(TROUBLED)
    metrics.aws_call("ListAccounts", 0.2, "ok")
    metrics.slack_call("chat.postMessage", 1.5, "ok")
    metrics.slack_limited("views.publish")
    return {sample.name for family in metrics.registry.collect() for sample in family.samples}


def test_rules_and_dashboard_name_only_metrics_that_exist() -> None:
    """And the dashboard leaves out none that the docs call important: each area has a panel."""
    expressions = [rule["expr"] for rule in RULES]
    dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    for panel in panels:
        assert panel["targets"], panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        expressions += [target["expr"] for target in panel["targets"]]
    used = {name for expression in expressions for name in metric_names(expression)}
    assert used <= served()
    for area in ("findings", "scan", "aws", "slack", "ack", "announcements", "fixes", "database"):
        assert any(name.startswith(f"altcontact_{area}") for name in used), area


def test_what_every_replica_reads_from_the_database_is_not_added_up() -> None:
    """Three replicas have the findings of one; a dashboard shows one installation at a time."""
    with_database = {family.name for family in of(TROUBLED).registry.collect()}
    without = of(replace(TROUBLED, figures=None, copies={})).registry.collect()
    shared = with_database - {family.name for family in without}
    assert {"altcontact_findings", "altcontact_scans", "altcontact_fixes"} <= shared
    dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    targets = [target for panel in dashboard["panels"] for target in panel.get("targets", ())]
    for expression in [each["expr"] for each in (*RULES, *targets)]:
        for name in metric_names(expression):
            if name.removesuffix("_total") in shared:
                inner = rf"\b(max|min)( by \([^)]*\))? ?\((increase\(|delta\()?{name}\b"
                assert re.search(inner, expression), expression
    [job] = [each for each in dashboard["templating"]["list"] if each["name"] == "job"]
    assert not job["multi"]


def test_the_dashboards_panels_do_not_overlap() -> None:
    """Each lies within 24 columns, on no other, and has an id of its own."""
    panels = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("expression", ["rate(altcontact_ready[5m]) > 0", "a + b", "max(a) >"])
def test_what_the_evaluation_does_not_know_is_an_error(expression: str) -> None:
    """So that no rule passes because it wasn't understood."""
    with pytest.raises(ValueError, match=r"not known here|is missing"):
        evaluate(expression, Scrapes({}))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool isn't on PATH")
@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_promtool_accepts_them(command: tuple[str, ...]) -> None:
    """The rules pass their own tests, too."""
    ended = subprocess.run(
        ["promtool", *command],  # noqa: S607 - found on PATH
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_alert_has_a_test_for_promtool() -> None:
    """In the order of the rules: it must not fire at once, and fires later."""
    tests = yaml.safe_load((FOLDER / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    tested = [[each["alertname"] for each in test["alert_rule_test"]] for test in tests]
    assert tested == [[name, name] for name in NAMES]
    assert all(test["alert_rule_test"][0]["exp_alerts"] == [] for test in tests)
    assert all(len(test["alert_rule_test"][1]["exp_alerts"]) == 1 for test in tests)


def test_the_operator_finds_the_pods_of_the_manifests() -> None:
    """By a label and a port that they have."""
    monitor = yaml.safe_load((FOLDER / "podmonitor.yaml").read_text(encoding="utf-8"))["spec"]
    base = ROOT / "deploy/kubernetes/base"
    custom = yaml.safe_load((base / "kustomization.yaml").read_text(encoding="utf-8"))
    labels = {key: value for each in custom["labels"] for key, value in each["pairs"].items()}
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    pod = yaml.safe_load((base / "deployment.yaml").read_text(encoding="utf-8"))["spec"]["template"]
    ports = {port["name"] for each in pod["spec"]["containers"] for port in each.get("ports", ())}
    assert {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]} <= ports
