"""The files under `deploy/`: that they refer to what exists, and choose what the docs say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.config.secret_references import ManagedSecret, parse_arn
from bot.config.settings import PREFIX, Settings
from tests.integration.deploy.policies import EVERYTHING, ROOT, SECRET, TEMPLATE, Installation
from tests.integration.deploy.terraform import blocks, local_values, texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MODULES: Final = (
    ROOT / "deploy/terraform",
    ROOT / "deploy/terraform/modules/permissions",
    ROOT / "deploy/terraform/examples/socket-mode",
    ROOT / "deploy/terraform/examples/http-postgresql",
)
NEEDED: Final = {"image", "subnet_ids", "channel", "secret_arn"}
"""The variables that have no default."""


def _ids(paths: Any) -> list[str]:  # noqa: ANN401 - any sequence of paths
    return [str(path.relative_to(ROOT)) for path in paths]


def _declared(module: Mapping[str, list[Any]], kind: str) -> set[str]:
    """The names of blocks: of resources and data sources with their type."""
    found = set()
    for each in module.get(kind, []):
        for name, content in each.items():
            if kind in {"resource", "data"}:
                found |= {f"{name}.{inner}" for inner in content}
            else:
                found.add(name)
    return found


@pytest.mark.parametrize("folder", MODULES, ids=_ids(MODULES))
def test_terraform_refers_to_what_is_declared(folder: Path) -> None:
    """Every variable, local value, resource, data source and module; and none is left unused."""
    module = blocks(folder)
    content = "\n".join(texts(module))
    for kind, pattern in {
        "variable": r"\bvar\.(\w+)",
        "resource": r"(?<![.\w])(aws_\w+\.\w+)",
        "data": r"\bdata\.(\w+\.\w+)",
        "module": r"\bmodule\.(\w+)",
    }.items():
        used = set(re.findall(pattern, content))
        if kind == "resource":
            used -= {each.removeprefix("data.") for each in _declared(module, "data")}
        assert used <= _declared(module, kind), kind
        if kind == "variable":
            assert used == _declared(module, kind)
    values = local_values(module) if "locals" in module else {}
    assert set(re.findall(r"\blocal\.(\w+)", content)) == set(values)


@pytest.mark.parametrize("folder", MODULES, ids=_ids(MODULES))
def test_a_module_is_called_with_its_variables(folder: Path) -> None:
    """All that it needs, and nothing that it doesn't have."""
    for each in blocks(folder).get("module", []):
        for call in each.values():
            called = (folder / call["source"]).resolve()
            declared = {
                name: content
                for variable in blocks(called)["variable"]
                for name, content in variable.items()
            }
            given = set(call) - {"source"}
            assert given <= set(declared)
            assert {name for name, each in declared.items() if "default" not in each} <= given


def test_every_variable_and_output_is_described() -> None:
    """In the file, and the variables in the README's table as well."""
    for folder in MODULES[:2]:
        module = blocks(folder)
        readme = (folder / "README.md").read_text(encoding="utf-8")
        for kind in ("variable", "output"):
            for each in module[kind]:
                for name, content in each.items():
                    assert content["description"].strip(), name
                    assert f"`{name}`" in readme, name


def test_the_simplest_installation_needs_five_values() -> None:
    """Four that have no default, and who may change contacts."""
    module = blocks(MODULES[0])
    declared = {name: content for each in module["variable"] for name, content in each.items()}
    assert {name for name, each in declared.items() if "default" not in each} == NEEDED
    [example] = blocks(MODULES[2])["module"]
    assert set(example["altcontact"]) - {"source"} == {*NEEDED, "fixers"}
    parameters = Installation().template().content["Parameters"]
    needed = {name for name, each in parameters.items() if "Default" not in each}
    page = (ROOT / "docs/deploy/fargate.md").read_text(encoding="utf-8")
    [command] = re.findall(r"--parameter-overrides \\\n(.*?)\n\$", page, re.DOTALL)
    assert set(re.findall(r"(\w+)=", command)) == {*needed, "Fixers"}
    assert len(needed) == 4


def test_the_template_finds_the_secret_by_its_name() -> None:
    """By an ARN without AWS's six characters, which the role may read and the bot understands."""
    chosen = Installation()
    given = {
        name: each for name, each in chosen.template_parameters().items() if name != "SecretArn"
    }
    template = chosen.template(given)
    task, role = template.resource("TaskDefinition"), template.resource("TaskRole")
    assert task is not None
    assert role is not None
    [bot] = task["ContainerDefinitions"]
    environment = {each["Name"]: each["Value"] for each in bot["Environment"]}
    name = SECRET.removesuffix("-AbCdEf")
    assert environment["SLACK_BOT_TOKEN"] == f"{name}:SLACK_BOT_TOKEN::"
    assert environment["SLACK_APP_TOKEN"] == f"{name}:SLACK_APP_TOKEN::"
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    [allowed] = [each["Resource"] for each in statements if each["Sid"] == "ReadSecrets"]
    assert allowed == [f"{name}-??????"]
    reference = parse_arn(environment["SLACK_BOT_TOKEN"])
    assert isinstance(reference, ManagedSecret)
    assert (reference.arn, reference.key) == (name, "SLACK_BOT_TOKEN")


def test_a_private_repository_can_be_pulled_from() -> None:
    """By the role that starts the task, and only if one is named."""
    repository = "arn:aws:ecr:eu-west-1:222222222222:repository/altcontact"
    chosen = Installation()
    for given, pulls in (("", 0), (repository, 1)):
        template = chosen.template(chosen.template_parameters() | {"ImageRepositoryArn": given})
        role = template.resource("ExecutionRole")
        assert role is not None
        statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        found = [each["Resource"] for each in statements if each["Sid"] == "PullImage"]
        assert found == [[repository]] * pulls


def test_with_snapshots_two_tasks_never_run_at_once() -> None:
    """The old task ends before the new one starts; with PostgreSQL they overlap."""
    service = Installation().template().resource("Service")
    assert service is not None
    assert service["DeploymentConfiguration"]["MaximumPercent"] == 100
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 0
    assert service["AvailabilityZoneRebalancing"] == "DISABLED"
    assert "LoadBalancers" not in service
    service = Installation(snapshots=False).template().resource("Service")
    assert service is not None
    assert service["DeploymentConfiguration"]["MaximumPercent"] == 200
    [resource] = [
        each["aws_ecs_service"]["this"]
        for each in blocks(MODULES[0])["resource"]
        if "aws_ecs_service" in each
    ]
    assert resource["deployment_maximum_percent"] == "${local.snapshots ? 100 : 200}"
    assert resource["deployment_minimum_healthy_percent"] == "${local.snapshots ? 0 : 100}"


def test_no_secret_is_in_a_task_definition() -> None:
    """Only its ARN, from which the bot reads it; what isn't used isn't there."""
    task = EVERYTHING.template().resource("TaskDefinition")
    assert task is not None
    [bot] = task["ContainerDefinitions"]
    environment = {each["Name"]: each["Value"] for each in bot["Environment"]}
    assert environment["SLACK_BOT_TOKEN"] == f"{SECRET}:SLACK_BOT_TOKEN::"
    assert environment["SLACK_APP_TOKEN"] == f"{SECRET}:SLACK_APP_TOKEN::"
    assert "SLACK_SIGNING_SECRET" not in environment
    assert "ALTCONTACT_DATABASE" not in environment
    assert environment["ALTCONTACT_BACKUP"].startswith("s3://")
    assert "Secrets" not in bot
    values = local_values(blocks(MODULES[0]))
    assert "secret" not in json.dumps(values["bot"]["environment"])


def test_a_container_can_do_little() -> None:
    """No capability, a root file system that is read-only, and the image's own user."""
    task = EVERYTHING.template().resource("TaskDefinition")
    assert task is not None
    containers = [*task["ContainerDefinitions"]]
    values = local_values(blocks(MODULES[0]))
    for each in containers:
        assert each["ReadonlyRootFilesystem"] is True
        assert each["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]
        assert "User" not in each
    for name in ("bot", "configuration"):
        assert values[name]["readonlyRootFilesystem"] in {True, "true"}
        assert "ALL" in json.dumps(values[name]["linuxParameters"])


OTHERS: Final = frozenset({"ALTCONTACT_CONFIG", "ALTCONTACT_TOML"})
"""The path of the TOML file, and what the task's first container writes into it."""


def _settings() -> set[str]:
    names = {
        name.upper() if name.startswith("slack_") else f"{PREFIX}{name.upper()}"
        for name in Settings.model_fields
    }
    return names | OTHERS


FILES: Final = sorted(
    path
    for folder in ("deploy", "docs/deploy")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "monitoring" not in path.parts
)


@pytest.mark.parametrize("path", FILES, ids=_ids(FILES))
def test_every_setting_exists(path: Path) -> None:
    """Each variable that a file names is one of the bot's."""
    content = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:ALTCONTACT|SLACK)_[A-Z][A-Z_]*[A-Z])\b", content))
    assert {each.removesuffix("_FILE") for each in named} <= _settings()


@pytest.mark.parametrize("path", FILES, ids=_ids(FILES))
def test_every_link_leads_somewhere(path: Path) -> None:
    """Relative links of the pages."""
    if path.suffix == ".md":
        content = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", content):
            assert (path.parent / target).exists(), target


def test_the_template_fits_in_a_request() -> None:
    """CloudFormation takes 51,200 bytes without a bucket to upload to."""
    assert TEMPLATE.stat().st_size < 51_200
