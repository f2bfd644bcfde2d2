"""Real botocore, wrongly configured: each trouble is reported as itself, and by what names it.

Nothing is sent to AWS here: requests go to a closed port of this machine, or to a server on it.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from bot.aws.gateway import AwsGateway
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.scope import AwsTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.failures import Failure

KEYS: Final = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}
CLOSED: Final = "http://127.0.0.1:9"
ROLE_ARN: Final = "role_arn = arn:aws:iam::111122223333:role/x\n"
ROLE: Final = f"[default]\n{ROLE_ARN}"
SOURCE: Final = "[src]\naws_access_key_id = AKIA\naws_secret_access_key = made-up\n"
MFA: Final = "mfa_serial = arn:aws:iam::111122223333:mfa/jane.doe\n"
START: Final = "https://corp.awsapps.com/start"
SSO: Final = (
    f"[default]\nsso_start_url = {START}\nsso_region = us-east-1\n"
    "sso_account_id = 111122223333\nsso_role_name = x\n"
)
SSO_FILE: Final = (
    f".aws/sso/cache/{hashlib.sha1(START.encode(), usedforsecurity=False).hexdigest()}.json"
)
TOKEN: Final = json.dumps(
    {"startUrl": START, "accessToken": "S3CR3T", "expiresAt": "2099-01-01T00:00:00Z"}
)
EXPIRED: Final = TOKEN.replace("2099", "2019")
SECRET: Final = "S3CR3T"
"""What stands for something secret in the cases below."""


@dataclass(frozen=True)
class Case:
    """One wrong configuration, and what is said of it."""

    name: str
    code: FailureCode
    says: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    config: str = ""
    credentials: str = ""
    files: dict[str, str | bytes] = field(default_factory=dict)


def process(name: str, code: FailureCode, command: str) -> Case:
    """A `credential_process` that runs this."""
    config = f"[default]\ncredential_process = {command}\n"
    return Case(f"process {name}", code, ("credential_process",), config=config)


def printed(**fields: object) -> str:
    """A command that prints this as JSON."""
    return (
        f"echo '{json.dumps({'Version': 1, 'AccessKeyId': 'a', 'SecretAccessKey': 'b', **fields})}'"
    )


INVALID, UNAVAILABLE, EXPIRY, CONFIGURATION, REGION, ENDPOINT, PROXY = (
    FailureCode.CREDENTIALS_INVALID,
    FailureCode.CREDENTIALS_UNAVAILABLE,
    FailureCode.CREDENTIALS_EXPIRED,
    FailureCode.AWS_CONFIGURATION,
    FailureCode.REGION_INVALID,
    FailureCode.ENDPOINT_INVALID,
    FailureCode.PROXY_FAILED,
)
CONTAINER: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
WEB: Final = {
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "~/token",
}
CASES: Final = (
    *(
        Case(f"{name} {what}", INVALID, (name, words), {**KEYS, name: value})
        for name in (*KEYS, "AWS_SESSION_TOKEN")
        for what, value, words in (
            ("broken", f"{SECRET}\nX", "line break"),
            ("trailing", f"{SECRET}\r\n", "line break"),
            ("spaced", f" {SECRET}", "space"),
            ("umlaut", f"{SECRET}ä", "character"),
            ("quoted", f'"{SECRET}"', "quote"),
        )
    ),
    Case("key alone", INVALID, ("AWS_SECRET_ACCESS_KEY is missing",), {"AWS_ACCESS_KEY_ID": "A"}),
    Case(
        "secret alone",
        FailureCode.CREDENTIALS_MISSING,
        ("AWS_ACCESS_KEY_ID is not",),
        {"AWS_SECRET_ACCESS_KEY": SECRET},
    ),
    Case(
        "profile without credentials",
        FailureCode.CREDENTIALS_MISSING,
        ("profile in AWS_PROFILE has none", "correct AWS_PROFILE"),
        {"AWS_PROFILE": "p"},
        f"[profile p]\nsso_start_url = {START}\n",
    ),
    Case("nothing", FailureCode.CREDENTIALS_MISSING, ("AWS_EC2_METADATA_DISABLED",)),
    Case(
        "file with a key alone",
        INVALID,
        ("aws_secret_access_key is missing", "credentials file"),
        credentials="[default]\naws_access_key_id = AKIA\n",
    ),
    Case(
        "file with a broken key",
        INVALID,
        ("aws_access_key_id", "credentials file", "line break"),
        credentials=f"[default]\naws_access_key_id = {SECRET}\n  x\naws_secret_access_key = y\n",
    ),
    *(
        Case(f"{variable} {value!r}", REGION, (variable, meant), {**KEYS, variable: value})
        for variable in ("AWS_REGION", "AWS_DEFAULT_REGION")
        for value, meant in (
            ("eu west 1", "eu-west-1"),
            ("eu-west-1\n", "eu-west-1"),
            (" us-east-2", "us-east-2"),
            ("cn_north_1", "cn-north-1"),
            ("us-gov-west-1/", "us-gov-west-1"),
            ("eü-west-1", "eu-west-1"),
            ("EU-WEST-1", "eu-west-1"),
            ("Us-East-2", "us-east-2"),
        )
    ),
    Case("region of a file", REGION, ("configuration file",), KEYS, "[default]\nregion = e u\n"),
    *(
        Case(
            f"endpoint {value}",
            ENDPOINT,
            ("AWS_ENDPOINT_URL",),
            {**KEYS, "AWS_ENDPOINT_URL": value},
        )
        for value in (
            "nonsense",
            "ftp://x",
            "http://a b",
            "http://[::1",
            "http://h:99999",
            "http://h:x",
        )
    ),
    *(
        Case(
            f"endpoint of one service {value}",
            ENDPOINT,
            ("endpoint in AWS_ENDPOINT_URL_STS",),
            {**KEYS, "AWS_ENDPOINT_URL": CLOSED, "AWS_ENDPOINT_URL_STS": value},
        )
        for value in ("nonsense", "http://a b")
    ),
    Case(
        "endpoint refused",
        FailureCode.UNREACHABLE,
        ("Couldn't reach the AWS endpoint in AWS_ENDPOINT_URL.", "Check AWS_ENDPOINT_URL"),
        {**KEYS, "AWS_ENDPOINT_URL": CLOSED},
    ),
    Case(
        "endpoint not found",
        FailureCode.UNREACHABLE,
        ("Couldn't reach the AWS endpoint in AWS_ENDPOINT_URL_STS.",),
        {
            **KEYS,
            "AWS_ENDPOINT_URL": CLOSED,
            "AWS_ENDPOINT_URL_STS": "http://localstak.invalid:4566",
        },
    ),
    Case(
        "proxy refused",
        PROXY,
        ("HTTPS_PROXY",),
        {**KEYS, "HTTPS_PROXY": CLOSED, "AWS_ENDPOINT_URL": "https://aws.invalid"},
    ),
    Case(
        "proxy is no URL",
        PROXY,
        ("HTTPS_PROXY",),
        {**KEYS, "HTTPS_PROXY": "http://h:x", "AWS_ENDPOINT_URL": "https://aws.invalid"},
    ),
    process("prints text", INVALID, f"echo {SECRET}"),
    process("prints a list", INVALID, "echo '[]'"),
    process("prints no keys", INVALID, "echo '{\"Version\": 1}'"),
    process("prints another version", INVALID, "echo '{\"Version\": 2}'"),
    process("prints no text", INVALID, r"printf '\377'"),
    process("prints no time", INVALID, printed(Expiration="soon")),
    process("prints a time without a zone", INVALID, printed(Expiration="2099-01-01T00:00:00")),
    process("prints numbers", INVALID, printed(AccessKeyId=1)),
    process("prints expired ones", EXPIRY, printed(Expiration="2019-01-01T00:00:00Z")),
    process("fails", UNAVAILABLE, f"sh -c 'echo {SECRET} >&2; exit 3'"),
    process("is not there", UNAVAILABLE, "/nonexistent/program"),
    process("is a folder", UNAVAILABLE, "/"),
    process("is nothing", UNAVAILABLE, ""),
    process("is unquoted", UNAVAILABLE, "echo 'hello"),
    Case("container elsewhere", UNAVAILABLE, (CONTAINER, "host"), {CONTAINER: "http://x.example/"}),
    Case("container nonsense", UNAVAILABLE, (CONTAINER,), {CONTAINER: "nonsense"}),
    Case(
        "container token file",
        UNAVAILABLE,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",),
        {CONTAINER: f"{CLOSED}/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nonexistent"},
    ),
    Case(
        "container token",
        UNAVAILABLE,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "line break"),
        {CONTAINER: f"{CLOSED}/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{SECRET}\nx"},
    ),
    *(
        Case(f"SSO {name}", EXPIRY, ("aws sso login", words), config=SSO, files={SSO_FILE: text})
        for name, text, words in (
            ("cut off", TOKEN[:40], "damaged"),
            ("empty", "", "damaged"),
            ("binary", b"\xff\xfe", "damaged"),
            ("undated", TOKEN.replace("2099-01-01T00:00:00Z", "soon"), "damaged"),
            ("broken", TOKEN.replace(SECRET, f"{SECRET}\\n"), "damaged"),
            ("of another shape", "[]", "isn't valid"),
            ("expired", EXPIRED, "expired"),
        )
    ),
    Case("SSO never signed in", EXPIRY, ("aws sso login", "signed in"), config=SSO),
    Case(
        "SSO session that is not there",
        CONFIGURATION,
        ("sso_session",),
        config="[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = x\n",
    ),
    Case("web identity file", UNAVAILABLE, ("AWS_WEB_IDENTITY_TOKEN_FILE",), WEB),
    Case("web identity empty", INVALID, ("AWS_WEB_IDENTITY_TOKEN_FILE",), WEB, files={"token": ""}),
    Case(
        "web identity binary",
        UNAVAILABLE,
        ("AWS_WEB_IDENTITY_TOKEN_FILE",),
        WEB,
        files={"token": b"\xff"},
    ),
    Case(
        "web identity without a role",
        CONFIGURATION,
        ("AWS_ROLE_ARN",),
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "~/token"},
        files={"token": "token"},
    ),
    Case(
        "MFA",
        FailureCode.MFA_REQUIRED,
        ("mfa_serial",),
        config=f"{ROLE}source_profile = src\n{MFA}",
        credentials=SOURCE,
    ),
    Case(
        "MFA of the source",
        FailureCode.MFA_REQUIRED,
        ("mfa_serial",),
        config=f"{ROLE}source_profile = b\n[profile b]\n{ROLE_ARN}source_profile = src\n{MFA}",
        credentials=SOURCE,
    ),
    Case("role without a source", INVALID, ("source_profile",), config=ROLE),
    Case(
        "role of a missing source",
        CONFIGURATION,
        ("source_profile",),
        config=f"{ROLE}source_profile = x\n",
    ),
    Case(
        "role in a loop",
        CONFIGURATION,
        ("source_profile", "loop"),
        config=f"{ROLE}source_profile = default\n",
    ),
    Case(
        "role of another source",
        CONFIGURATION,
        ("credential_source",),
        config=f"{ROLE}credential_source = Moon\n",
    ),
    Case(
        "role of an empty source",
        UNAVAILABLE,
        ("credential_source",),
        config=f"{ROLE}credential_source = Environment\n",
    ),
    Case(
        "role that is no ARN",
        CONFIGURATION,
        ("role_arn",),
        config="[default]\nrole_arn = x\nsource_profile = src\n",
        credentials=SOURCE,
    ),
    Case("profile", CONFIGURATION, ("AWS_PROFILE",), {**KEYS, "AWS_PROFILE": "jane.doe"}),
    Case(
        "default profile",
        CONFIGURATION,
        ("AWS_DEFAULT_PROFILE",),
        {**KEYS, "AWS_DEFAULT_PROFILE": "x"},
    ),
    Case("unparsable file", CONFIGURATION, ("~/.aws/config", "line 1"), KEYS, f"hello {SECRET} ["),
    Case("file with a section twice", CONFIGURATION, ("line 2",), KEYS, "[default]\n[default]\n"),
    Case(
        "unparsable credentials", CONFIGURATION, ("~/.aws/credentials",), KEYS, credentials=SECRET
    ),
    *(
        Case(name, CONFIGURATION, (name,), {**KEYS, name: "x"})
        for name in (
            "AWS_STS_REGIONAL_ENDPOINTS",
            "AWS_DEFAULTS_MODE",
            "AWS_METADATA_SERVICE_TIMEOUT",
            "AWS_REQUEST_CHECKSUM_CALCULATION",
            "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
            "AWS_ACCOUNT_ID_ENDPOINT_MODE",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        )
    ),
    Case("aws login", CONFIGURATION, ("botocore[crt]",), config="[default]\nlogin_session = x\n"),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without AWS settings, and an AWS that is a closed port."""
    (tmp_path / ".aws").mkdir()
    unwanted = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")
    for name in tuple(os.environ):
        if name.upper().startswith(unwanted):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    # Found out by botocore when it is imported.
    cache = str(tmp_path / ".aws" / "sso" / "cache")
    for kind in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(kind, "_SSO_TOKEN_CACHE_DIR", cache)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", CLOSED)
    return tmp_path


def failed(target: AwsTarget = AwsTarget()) -> Failure:  # noqa: B008 - frozen
    """Why the caller cannot be found out."""
    gateway = AwsGateway(None, tries={}, connect_seconds=5, read_seconds=5, target=target)
    with pytest.raises(GatewayError) as caught:
        gateway.scope()
    return caught.value.failure


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_configuration_is_told_as_itself(
    case: Case, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its cause, the variable or file at fault, and a next step; nothing secret, no prompt."""
    for name, value in case.env.items():
        monkeypatch.setenv(name, value.replace("~", str(home)))
    if case.config:
        (home / ".aws" / "config").write_text(case.config)
    if case.credentials:
        (home / ".aws" / "credentials").write_text(case.credentials)
    for name, text in case.files.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("asked for a code"))
    why = failed()
    told = f"{why.message} {why.remedy}"
    assert why.cause is case.code, told
    for words in case.says:
        assert words in told
    assert not any(each in told for each in (SECRET, "jane.doe", str(home), "captive portal"))
    assert caplog.text == ""


def test_a_region_that_is_mistyped_is_suggested(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region that might be new is asked; where its host does not exist the typo is reported."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name, value in {**KEYS, "AWS_REGION": "eu-wset-1"}.items():
        monkeypatch.setenv(name, value)

    def unresolved(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unresolved)
    why = failed()
    assert why.cause is FailureCode.REGION_INVALID
    assert "AWS_REGION" in why.message
    assert "eu-west-1" in why.remedy
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert failed().cause is FailureCode.UNREACHABLE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, for localhost."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    key = file.with_suffix(".key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[str]:
    """A server of TLS that nobody trusts; its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://localhost:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_an_endpoint_without_tls_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS to a port of plain HTTP: the variable is at fault, and no proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                connection.recv(1024)

        threading.Thread(target=serve, daemon=True).start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        why = failed()
    assert why.cause is FailureCode.TLS_FAILED
    assert "AWS_ENDPOINT_URL" in why.message
    assert "doesn't use encryption" in why.message
    assert "scheme" in why.remedy


@pytest.mark.parametrize(
    ("bundle", "says"),
    [
        (None, ("isn't trusted", "self-signed", "AWS_CA_BUNDLE")),
        ("/nonexistent.pem", ("AWS_CA_BUNDLE", "Couldn't read the file")),
        ("", ("AWS_CA_BUNDLE", "contains no certificate")),
        ("hello", ("AWS_CA_BUNDLE", "contains no certificate")),
    ],
    ids=["self-signed", "missing", "empty", "wrong"],
)
def test_a_certificate_that_is_not_trusted_is_told(
    bundle: str | None,
    says: tuple[str, ...],
    home: Path,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has to be given as CA certificates is named, and what is wrong with the given file."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    if bundle is not None:
        file = home / "bundle.pem"
        if not bundle.startswith("/"):
            file.write_text(bundle)
        monkeypatch.setenv("AWS_CA_BUNDLE", bundle if bundle.startswith("/") else str(file))
    why = failed()
    assert why.cause is FailureCode.TLS_FAILED
    assert all(words in f"{why.message} {why.remedy}" for words in says), why


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("env", "config", "profile", "region"),
    [
        ({"AWS_REGION": "cn-north-1"}, "", "", "cn-north-1"),
        ({"AWS_DEFAULT_REGION": "us-gov-west-1"}, "", "", "us-gov-west-1"),
        ({"AWS_REGION": "cn-north-1", "AWS_DEFAULT_REGION": "us-east-1"}, "", "", "cn-north-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "", "", "eu-west-1"),
        ({}, "[default]\nregion = eu-west-3\n", "", "eu-west-3"),
        ({"AWS_REGION": "eu-west-1"}, "[default]\nregion = eu-west-3\n", "", "eu-west-1"),
        ({"AWS_REGION": "eu-west-1"}, "[profile cn]\nregion = cn-north-1\n", "cn", "cn-north-1"),
        ({"AWS_REGION": "eu-west-1"}, "[profile cn]\n", "cn", "eu-west-1"),
        ({}, "", "", "us-east-1"),
    ],
)
def test_both_region_variables_count(
    env: dict[str, str],
    config: str,
    profile: str,
    region: str,
    *,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS_REGION goes first, as with AWS's other SDKs; a named profile's own goes before both."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name, value in {**KEYS, **env}.items():
        monkeypatch.setenv(name, value)
    (home / ".aws" / "config").write_text(config)
    if profile:
        with (home / ".aws" / "credentials").open("w") as file:
            file.write(SOURCE.replace("src", profile))
    asked: list[str] = []

    def resolve(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    failed(AwsTarget(profile=profile))
    suffix = ".amazonaws.com.cn" if region.startswith("cn-") else ".amazonaws.com"
    assert asked[0] == f"sts.{region}{suffix}"
