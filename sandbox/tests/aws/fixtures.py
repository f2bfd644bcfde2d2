"""A running AWS sandbox for every test that wants one, set back to its start before each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from botocore.config import Config

Connect = Callable[..., Any]

_LOADER = botocore.loaders.create_loader()
"""Keeps what it read of botocore's files, which takes longer than all else that a client needs."""


@pytest.fixture(scope="session")
def _aws() -> Iterator[AwsSandbox]:
    with AwsSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def aws(_aws: AwsSandbox) -> AwsSandbox:
    """A running sandbox with the callers' accounts, no contacts, and nothing set."""
    _aws.reset()
    return _aws


@pytest.fixture
def connect(aws: AwsSandbox) -> Iterator[Connect]:
    """`connect(service, caller="management")`: a boto3 client of the sandbox that never retries."""
    with ExitStack() as stack:

        def make(service: str, caller: str = "management", **config: Any) -> Any:  # noqa: ANN401 - boto3
            environment = aws.environment(caller)
            core = botocore.session.Session()
            core.register_component("data_loader", _LOADER)
            client: Any = boto3.Session(
                botocore_session=core,
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=environment.get("AWS_SESSION_TOKEN"),
                region_name=environment["AWS_DEFAULT_REGION"],
            ).client(
                service,  # type: ignore[call-overload] # any of three services
                endpoint_url=environment["AWS_ENDPOINT_URL"],
                config=Config(retries={"total_max_attempts": 1}, **config),
            )
            stack.callback(client.close)
            return client

        yield make
