"""`altcontact check` and `altcontact doctor` where the AWS settings are wrong, as processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from tests.launcher import launcher

if TYPE_CHECKING:
    from pathlib import Path

SECRET: Final = "S3CR3T"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}
MFA: Final = (
    "[default]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = src\n"
    "mfa_serial = arn:aws:iam::111122223333:mfa/jane.doe\n"
    "[profile src]\naws_access_key_id = AKIA\naws_secret_access_key = made-up\n"
)
CASES: Final = {
    "broken key": ({**KEYS, "AWS_ACCESS_KEY_ID": f"{SECRET}\nx"}, "", "AWS_ACCESS_KEY_ID contains"),
    "printed text": ({}, f"[default]\ncredential_process = echo {SECRET}\n", "credential_process"),
    "nothing to start": ({}, "[default]\ncredential_process =\n", "Couldn't start the program"),
    "MFA": ({}, MFA, "MFA code"),
    "region": ({**KEYS, "AWS_REGION": "eu west 1"}, "", "did you mean eu-west-1?"),
    "endpoint": ({**KEYS, "AWS_ENDPOINT_URL": "nonsense"}, "", "not a valid URL"),
    "web identity": (
        {"AWS_ROLE_ARN": "arn:aws:iam::1:role/x", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent"},
        "",
        "Couldn't read the file in AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
}


def environment(folder: Path, given: dict[str, str], config: str) -> dict[str, str]:
    """These AWS settings and no others."""
    file = folder / "config"
    file.write_text(config)
    unwanted = ("ALTCONTACT_", "SLACK_", "AWS_", "HTTP", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {
        **kept,
        "ALTCONTACT_DATABASE": str(folder / "altcontact.db"),
        "AWS_CONFIG_FILE": str(file),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        **given,
    }


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["check", "doctor"])
def test_a_wrong_setting_is_told_as_itself(command: str, name: str, tmp_path: Path) -> None:
    """The cause and the setting are named; nobody is asked, nothing secret is shown."""
    given, config, words = CASES[name]
    done = launcher(measured=True).run(command, environment=environment(tmp_path, given, config))
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert words in " ".join(said.split())
    for other in (SECRET, "jane.doe", "Traceback", "Enter MFA", "network", "captive portal"):
        assert other not in said


@pytest.mark.parametrize(
    ("given", "command"),
    [
        (
            {"AWS_ENDPOINT_URL": "http://me:secret@127.0.0.1:9"},
            "curl -sS -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:9",
        ),
        (
            {
                "AWS_REGION": "cn-north-1",
                "AWS_ENDPOINT_URL": "",
                "HTTPS_PROXY": "http://127.0.0.1:9",
            },
            "https://sts.cn-north-1.amazonaws.com.cn",
        ),
    ],
)
def test_the_doctors_command_goes_to_what_did_not_answer(
    given: dict[str, str], command: str, tmp_path: Path
) -> None:
    """Not to a region that nobody uses."""
    wanted = environment(tmp_path, {**KEYS, **given}, "")
    done = launcher(measured=True).run("doctor", environment=wanted)
    assert command in done.stdout
    assert "secret@" not in done.stdout
