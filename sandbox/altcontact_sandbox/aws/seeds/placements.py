"""Says where made-up accounts stand in the tree of OUs, and which tags they have."""

from __future__ import annotations

from typing import Final

from altcontact_sandbox.sample_names import ENVIRONMENTS, TEAMS

_DIVISIONS: Final = ("Commerce", "Fulfilment", "Customers", "Data", "Platform", "Corporate")
_SECURITY: Final = {"security-tooling": "/Security/Tooling", "audit": "/Security/Audit"}
_BY_ENVIRONMENT: Final = {
    "prod": "/Production",
    "staging": "/Development/Staging",
    "dev": "/Development",
    "test": "/Development/Test",
    "sandbox": "/Sandbox",
}
_LEAVING: Final = frozenset({"SUSPENDED", "CLOSED", "PENDING_CLOSURE"})


def ou_path_of(name: str, state: str) -> str:
    """The OU of an account named `team-environment`, as most organizations would have it."""
    if name == "management":
        return "/"
    if name in _SECURITY:
        return _SECURITY[name]
    if state in _LEAVING:
        return "/Suspended"
    team, environment = _parts(name)
    place = _BY_ENVIRONMENT.get(environment, "/Sandbox/Laboratory")
    if environment == "prod" and team:
        division = _DIVISIONS[TEAMS.index(team) * len(_DIVISIONS) // len(TEAMS)]
        return f"{place}/{division}"
    return place


def tags_of(name: str) -> dict[str, str]:
    """The tags that such an account has, if its name tells any."""
    team, environment = _parts(name)
    tags = {"team": team, "environment": environment}
    return {key: value for key, value in tags.items() if value}


def _parts(name: str) -> tuple[str, str]:
    """Its team and its environment; empty where the name tells none."""
    if name == "workload":
        return "", "prod"
    for team in TEAMS:
        environment = name.removeprefix(f"{team}-").split("-", 1)[0]
        if name.startswith(f"{team}-") and environment in ENVIRONMENTS:
            return team, environment
    return "", ""
