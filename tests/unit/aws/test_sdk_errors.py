"""Every exception class of the AWS SDK is classified, and told in words of its own trouble."""

from __future__ import annotations

import http.client
import importlib
import inspect
import json
import pkgutil
import ssl
from typing import TYPE_CHECKING, Final

import boto3
import botocore
import botocore.exceptions
import pytest
import urllib3.exceptions

from bot.aws.access_denied import Request
from bot.aws.credential_errors import explain_credentials
from bot.aws.error_mapping import RAISED_BY_BOTOCORE, explain
from bot.aws.sdk_errors import CODES, code_of
from bot.aws.setting_names import CREDENTIAL_SOURCES
from bot.aws.setup_errors import explain_settings
from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from bot.domain.failures import Failure

OTHERS: Final = (http.client, json, json.decoder, ssl, urllib3.exceptions)
"""Libraries below the SDK, whose exceptions come through it."""

SILENT: Final = {FailureCode.TIMED_OUT, FailureCode.UNREACHABLE, FailureCode.MALFORMED}
OF_THE_NETWORK: Final = ("network", "dns", "captive portal")


def name_of(kind: type[BaseException]) -> str:
    """Module and name, as the table has them."""
    return f"{kind.__module__}.{kind.__qualname__}"


def modules() -> Iterator[ModuleType]:
    """All modules of botocore and boto3 that can be imported here."""
    for package in (botocore, boto3):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".vendored." in found.name:
                continue  # kept for old imports; botocore's own exceptions merely inherit from it
            try:
                yield importlib.import_module(found.name)
            except ImportError:
                continue  # needs the optional awscrt


def exceptions(module: ModuleType) -> Iterator[type[BaseException]]:
    """The exception classes that a module defines."""
    for found in vars(module).values():
        if (
            inspect.isclass(found)
            and issubclass(found, Exception)
            and found.__module__ == module.__name__
        ):
            yield found


def walk() -> list[type[BaseException]]:
    """Those of the SDK, and what inherits from them, by name."""
    found = {each for module in modules() for each in exceptions(module)}
    waiting = [botocore.exceptions.BotoCoreError]
    while waiting:
        subclasses = [
            each
            for each in waiting.pop().__subclasses__()
            if each.__module__.partition(".")[0] in {"botocore", "boto3"}
        ]
        found |= set(subclasses)
        waiting += subclasses
    return sorted(found, key=name_of)


SDK: Final = walk()
BELOW: Final = sorted({each for module in OTHERS for each in exceptions(module)}, key=name_of)


def leaves(kind: type[BaseException]) -> bool:
    """Whether a call can raise it: these modules' callers catch it, and a warning is logged."""
    caught = {"botocore.model", "botocore.eventstream", "botocore.utils"}
    return kind.__module__ not in caught and not issubclass(kind, Warning)


def bare(kind: type[BaseException]) -> Exception:
    """An exception of this class that was given nothing, as a strange one may be."""
    made = kind.__new__(kind)
    assert isinstance(made, Exception)
    vars(made).update(
        partial=b"" if kind.__module__ == "http.client" else 1,
        expected=1,
        length=b"",
        response=None,
    )  # for their own `repr`
    if isinstance(made, botocore.exceptions.ClientError):
        made.response, made.operation_name = {"Error": {"Code": "ValidationException"}}, "Op"
    return made


def test_the_walk_finds_the_sdks_exceptions() -> None:
    """It is not the walk that finds none."""
    assert {"NoCredentialsError", "ClientError", "Boto3Error", "ResponseParserError"} <= {
        each.__qualname__ for each in SDK
    }
    assert len(SDK) > 100


def test_each_class_of_the_sdk_is_classified() -> None:
    """A class that a newer version adds is to be put into the table of `bot/aws/sdk_errors.py`."""
    assert [name for each in SDK if (name := name_of(each)) not in CODES] == []


@pytest.mark.parametrize("kind", [*SDK, *BELOW], ids=name_of)
def test_each_exception_is_told_with_a_next_step(kind: type[BaseException]) -> None:
    """Wherever it is raised: never as the bot's own trouble, nor as the network's if it is not."""
    error = bare(kind)
    told = [explain(error, Request("Op")), explain_settings(error, "us-east-1")]
    told += [explain_credentials(error, method, _answered) for method in CREDENTIAL_SOURCES]
    for why in told:
        assert why.cause is not FailureCode.INTERNAL
        assert why.message.endswith(".")
        assert len(why.remedy) > 10
        if code_of(error) not in SILENT and why.cause not in SILENT:
            assert not any(word in f"{why.message} {why.remedy}".lower() for word in OF_THE_NETWORK)


@pytest.mark.parametrize("kind", [each for each in (*SDK, *BELOW) if leaves(each)], ids=name_of)
def test_each_exception_is_caught(kind: type[BaseException]) -> None:
    """None that a call can raise ends a check as a defect."""
    assert issubclass(kind, RAISED_BY_BOTOCORE)


def test_an_unknown_class_counts_as_its_base() -> None:
    """What no table names is reported by what it inherits from, else as the SDK's own fault."""
    odd = type("OddError", (botocore.exceptions.EndpointConnectionError,), {})
    assert code_of(odd(endpoint_url="u")) is FailureCode.UNREACHABLE
    assert code_of(type("Strange", (Exception,), {})()) is FailureCode.SDK_FAULT
    why = explain(bare(botocore.exceptions.UnknownServiceError), Request("Op"))
    assert "UnknownServiceError" in why.message


def _answered(error: Exception) -> Failure:
    return explain(error, Request(""))
