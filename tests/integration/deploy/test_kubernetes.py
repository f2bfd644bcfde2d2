"""What kubectl makes of the manifests; `.ci/deploy` checks them by Kubernetes's schemas as well."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any, Final

import pytest
import yaml

from tests.integration.deploy.policies import ROOT

KUBERNETES: Final = ROOT / "deploy/kubernetes"
OVERLAYS: Final = ("http", "http-postgresql", "postgresql", "socket-mode")

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")


def rendered(folder: str) -> dict[str, dict[str, Any]]:
    """The manifests, by kind; there is one of each."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / folder)],  # noqa: S607 - found above
        capture_output=True,
        text=True,
        check=True,
    )
    found = list(yaml.safe_load_all(done.stdout))
    kinds = {each["kind"]: each for each in found}
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
    assert set(manifests["ConfigMap"]["data"]) == {
        "ALTCONTACT_BACKUP",
        "ALTCONTACT_CHANNEL",
        "ALTCONTACT_FIXERS",
        "ALTCONTACT_LOG_FORMAT",
    }
