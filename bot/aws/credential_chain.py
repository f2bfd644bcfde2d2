"""Loads credentials with boto3's own chain, and names the source that failed.

Nothing is ever prompted for: a profile that needs an MFA code is rejected before botocore asks for
one.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore.credentials import (
    AssumeRoleProvider,
    CredentialResolver,
    create_credential_resolver,
)
from botocore.loaders import create_loader

from bot.aws.access_denied import Request
from bot.aws.credential_errors import explain_credentials, require_sendable
from bot.aws.error_mapping import explain
from bot.aws.regions import home_region
from bot.aws.setting_names import is_server_url, is_well_formed_region, region_from_environment
from bot.aws.setup_errors import SetupError, explain_settings, invalid_region
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.loaders import Loader
    from botocore.session import Session

    from bot.domain.failures import Failure


_TALKATIVE: Final = ("botocore.credentials", "botocore.tokens")
"""Loggers that repeat what is raised right after, with tracebacks that may contain secrets."""


def open_core(profile: str | None) -> Session:
    """Botocore's session of a profile, or of the environment.

    Raises:
        SetupError: the AWS configuration is wrong.
    """
    for logger in _TALKATIVE:
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
        settings = core.get_scoped_config()  # parses the files, and looks for the profile
        region = _region(settings, named=profile is not None)
        if region:
            core.set_config_variable("region", region)
        partition = str(settings.get("role_arn", "")).removeprefix("arn:").partition(":")[0]
        region = region or core.get_config_variable("region") or home_region(partition)
        chain: CredentialResolver = create_credential_resolver(core, region_name=region)
    except Exception as exc:  # noqa: BLE001 - wrong settings raise many types
        raise SetupError(explain_settings(exc)) from None
    core.register_component("credential_provider", _NamedChain(chain, core))
    return core


@cache
def _loader(data_path: str | None) -> Loader:
    """What reads botocore's models: one for all sessions, as they keep them, and take long to read.

    A session of a role, and of a person in it, has clients within milliseconds then.
    """
    return create_loader(data_path)


def _region(settings: Mapping[str, Any], *, named: bool) -> str:
    """The region to use instead of the one that botocore finds; empty for that one.

    A profile that the settings name may belong to another partition than the environment's region,
    so the profile's own region comes first.
    """
    return (str(settings.get("region", "")) if named else "") or region_from_environment()[0]


def make_client(session: boto3.Session, service: str, region: str, config: Config) -> Any:  # noqa: ANN401 - a client of any service
    """A client that checks its credentials before each request.

    If they can't be used, its calls raise `SetupError`.

    Raises:
        SetupError: the settings are wrong, or the credentials cannot be loaded.
    """
    if not is_well_formed_region(region):
        raise SetupError(invalid_region(region))
    try:
        # The stubs only have overloads for literal names.
        client = session.client(service, region_name=region, config=config)  # type: ignore[call-overload]
        _require_url(client.meta.endpoint_url)
    except Exception as exc:  # noqa: BLE001 - wrong settings raise many types
        raise SetupError(explain_settings(exc, region)) from None
    client.meta.events.register("before-sign", _checked_before_signing(session))
    return client


class _NamedChain(CredentialResolver):
    """The same sources in the same order; one that fails is named."""

    def __init__(self, chain: CredentialResolver, core: Session) -> None:
        super().__init__(chain.providers)
        self._core = core

    def load_credentials(self) -> Credentials | None:
        """The credentials of the first source that has any.

        Raises:
            SetupError: a source failed.
        """
        for provider in self.providers:
            if provider.METHOD == AssumeRoleProvider.METHOD:
                _refuse_mfa(self._core)
            try:
                found: Credentials | None = provider.load()
            except Exception as exc:  # noqa: BLE001 - sources raise many types
                raise SetupError(_explain(exc, str(provider.METHOD))) from None
            if found is not None:
                return found
        return None


def _refuse_mfa(core: Session) -> None:
    """Look for an MFA device in the profile in use, and in those that it gets credentials from.

    Raises:
        SetupError: there is one.
    """
    profiles: Mapping[str, Mapping[str, Any]] = core.full_config.get("profiles", {})
    name = core.get_config_variable("profile") or "default"
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        profile = profiles.get(name, {})
        if "role_arn" not in profile or "web_identity_token_file" in profile:
            return
        if profile.get("mfa_serial"):
            raise SetupError(failure(FailureCode.MFA_REQUIRED))
        name = str(profile.get("source_profile", name))


def _require_url(endpoint: str) -> None:
    """Check the endpoint before anything is signed for it.

    Raises:
        ValueError: it is not an HTTP or HTTPS URL.
    """
    if not is_server_url(endpoint):
        raise ValueError("the endpoint is not a URL")


def _checked_before_signing(session: boto3.Session) -> Callable[..., None]:
    def check(**_: object) -> None:
        credentials = session.get_credentials()
        if credentials is None:
            return  # botocore reports that itself
        method = str(credentials.method)
        try:
            frozen = credentials.get_frozen_credentials()
        except Exception as exc:  # noqa: BLE001 - sources raise many types
            raise SetupError(_explain(exc, method)) from None
        require_sendable(frozen, method)

    return check


def _explain(error: Exception, method: str) -> Failure:
    return explain_credentials(error, method, lambda each: explain(each, Request("")))
