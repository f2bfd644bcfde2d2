"""moto's server: an AWS that others wrote, for tests that need a second opinion, S3 or KMS."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from altcontact_sandbox.loopback import NO_CERTIFICATES
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@contextmanager
def serve() -> Iterator[str]:
    """Run the server on a loopback port; its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def forget(url: str) -> None:
    """Empty the server."""
    httpx.post(f"{url}/moto-api/reset", trust_env=False, verify=NO_CERTIFICATES).raise_for_status()


def lead_there(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3's own chain find the server, and credentials that it accepts."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMANAGEMENT000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
