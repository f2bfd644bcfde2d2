"""What kubectl makes of the manifests; `.ci/deploy` checks them by Kubernetes's schemas as well."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.integration.deploy.policies import ROOT

if TYPE_CHECKING:
    from pathlib import Path

KUBERNETES: Final = ROOT / "deploy/kubernetes"
SETTINGS: Final = {
    "ALTCONTACT_BACKUP",
    "ALTCONTACT_CHANNEL",
    "ALTCONTACT_FIXERS",
    "ALTCONTACT_LOG_FORMAT",
}
OVERLAYS: Final = ("http", "http-postgresql", "postgresql", "socket-mode")

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")


def rendered(folder: str, root: Path = KUBERNETES) -> dict[str, dict[str, Any]]:
    """The manifests, by kind, of config maps by kind and name; there is one of each."""
    return read(["kubectl", "kustomize", str(root / folder)])


def read(command: list[str], folder: Path = ROOT) -> dict[str, dict[str, Any]]:
    """The manifests that a command prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found = list(yaml.safe_load_all(done.stdout))
    kinds = {
        f"ConfigMap/{each['metadata']['name'].rpartition('-')[0]}"
        if each["kind"] == "ConfigMap"
        else each["kind"]: each
        for each in found
    }
    assert len(kinds) == len(found)
    return kinds


def container(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The bot's container."""
    [found] = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_has_what_it_is_named_for(overlay: str) -> None:
    """Its secrets, its number of replicas, and how they are replaced."""
    manifests = rendered(f"overlays/{overlay}")
    spec = manifests["Deployment"]["spec"]
    names = {each["name"] for each in container(manifests)["env"]}
    http, postgresql = "http" in overlay, "postgresql" in overlay
    assert ("SLACK_SIGNING_SECRET_FILE" in names) is http
    assert ("SLACK_APP_TOKEN_FILE" in names) is not http
    assert {"Ingress", "Service"} <= set(manifests) or not http
    assert ("ALTCONTACT_DATABASE_FILE" in names) is postgresql
    assert ("PodDisruptionBudget" in manifests) is postgresql
    if postgresql:
        assert (spec["replicas"], spec["strategy"]["type"]) == (2, "RollingUpdate")
    else:
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    if http:
        [rule] = manifests["Ingress"]["spec"]["rules"]
        assert [each["path"] for each in rule["http"]["paths"]] == ["/slack/events"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_can_do_little(overlay: str) -> None:
    """As the pod security standard `restricted` asks for, and with any user but root."""
    manifests = rendered(f"overlays/{overlay}")
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(manifests)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "Secret" not in manifests


def test_the_example_is_an_installation() -> None:
    """In a namespace of its own, with the five values."""
    manifests = rendered("example")
    assert {each["metadata"].get("namespace") for each in manifests.values()} == {
        None,
        "altcontact",
    }
    assert container(manifests)["image"] == "registry.example/altcontact:0.1.0"
    role = manifests["ServiceAccount"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert role.endswith(":role/altcontact")
    assert set(manifests["ConfigMap/altcontact"]["data"]) == SETTINGS


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of one's own, made with the commands of the page in a copy of the repository."""
    shutil.copytree(KUBERNETES, tmp_path / "deploy/kubernetes")
    page = (ROOT / "docs/deploy/kubernetes.md").read_text(encoding="utf-8")
    [copy] = re.findall(r"^\$ (cp -r .+)$", page, re.MULTILINE)
    subprocess.run(shlex.split(copy), cwd=tmp_path, check=True)
    [show] = re.findall(r"^\$ (kubectl kustomize .+?) *(?:#.*)?$", page, re.MULTILINE)
    assert read(shlex.split(show), tmp_path) == rendered("example")
    return tmp_path / shlex.split(show)[-1]


def test_a_policy_leaves_the_values_as_they_are(own: Path) -> None:
    """What is commented out is all that it needs; the channel and the others stay."""
    (own / "altcontact.toml").write_text("[policy]\nsecurity = 'required'\n", encoding="utf-8")
    uncomment(
        own, "components:", "  - ../components/policy", "  - name: altcontact-p", "    files:"
    )
    manifests = read(["kubectl", "kustomize", str(own)])
    assert set(manifests["ConfigMap/altcontact"]["data"]) == SETTINGS
    policy = manifests["ConfigMap/altcontact-policy"]
    volumes = manifests["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": policy["metadata"]["name"]} in [each.get("configMap") for each in volumes]
    assert "ServiceAccount" in manifests


def test_https_leaves_the_values_as_they_are(own: Path) -> None:
    """The host is one's own, and the role is still there."""
    uncomment(own, "  - target: {kind: Ingress", "    patch: |-", "      - {op:")
    file = own / "kustomization.yaml"
    text = file.read_text(encoding="utf-8")
    assert "../overlays/socket-mode # or http," in text
    file.write_text(text.replace("../overlays/socket-mode", "../overlays/http"), encoding="utf-8")
    manifests = read(["kubectl", "kustomize", str(own)])
    ingress = manifests["Ingress"]["spec"]
    assert [each["host"] for each in ingress["rules"]] == ["altcontact.your.domain"]
    assert ingress["tls"][0]["hosts"] == ["altcontact.your.domain"]
    assert ingress["ingressClassName"] == "nginx"
    assert manifests["ServiceAccount"]["metadata"]["annotations"]


def uncomment(folder: Path, *beginnings: str) -> None:
    """Remove the # from the lines that begin so in a `kustomization.yaml`."""
    file = folder / "kustomization.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    bare = [line.removeprefix("#") for line in lines]
    lines = [
        plain if plain.startswith(beginnings) else line
        for line, plain in zip(lines, bare, strict=True)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_network_policy_is_of_the_bot_alone_and_lets_names_be_asked_for(overlay: str) -> None:
    """Kustomize adds labels to selectors of pods: no name server would have the bot's."""
    policy = rendered(f"overlays/{overlay}")["NetworkPolicy"]["spec"]
    assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "altcontact"}}
    anywhere = {
        port["port"] for each in policy["egress"] if "to" not in each for port in each["ports"]
    }
    assert {53, 443} <= anywhere
    assert (5432 in anywhere) is ("postgresql" in overlay)
    peers = [peer for each in (*policy["egress"], *policy["ingress"]) for peer in _peers(each)]
    assert not [peer for peer in peers if "podSelector" in peer]


def _peers(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [*rule.get("to", ()), *rule.get("from", ())]
