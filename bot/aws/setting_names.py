"""Names the variable or file that an AWS setting comes from; never its value.

Values may be secret, and names of profiles and paths may contain a person's name. So a file is
named by its variable, or by AWS's usual path.
"""

from __future__ import annotations

import difflib
import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import botocore.session

from bot.aws.regions import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIAL_SOURCES: Final[Mapping[str, str]] = {
    "env": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
    "explicit": "the given access key",
    "shared-credentials-file": "the AWS credentials file",
    "config-file": "the AWS configuration file",
    "custom-process": "credential_process in the AWS configuration",
    "assume-role": "the profile that assumes a role (role_arn in the AWS configuration)",
    "assume-role-with-web-identity": "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN",
    "sso": "the IAM Identity Center (SSO) sign-in of the profile",
    "login": "the “aws login” sign-in of the profile",
    "container-role": "AWS_CONTAINER_CREDENTIALS_FULL_URI or "
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "iam-role": "the instance metadata service (IMDS)",
    "boto-config": "the boto configuration file (BOTO_CONFIG, ~/.boto)",
    "ec2-credentials-file": "AWS_CREDENTIAL_FILE",
}
"""The source by the name of botocore's credential provider."""

_VARIABLE: Final[Mapping[str, str]] = {
    "account_id_endpoint_mode": "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "ca_bundle": "AWS_CA_BUNDLE",
    "defaults mode": "AWS_DEFAULTS_MODE",
    "metadata endpoint mode": "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "metadata endpoint": "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "metadata_service_timeout": "AWS_METADATA_SERVICE_TIMEOUT",
    "request_checksum_calculation": "AWS_REQUEST_CHECKSUM_CALCULATION",
    "request_min_compression_size_bytes": "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "response_checksum_validation": "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "role arn": "AWS_ROLE_ARN or role_arn",
    "source_profile": "source_profile",
    "source profile": "source_profile",
    "credential_source": "credential_source",
    "credential source": "credential_source",
    "sso-session": "sso_session",
    "sso_region": "sso_region",
    "sso_start_url": "sso_start_url",
    "sts regional endpoints": "AWS_STS_REGIONAL_ENDPOINTS",
    "visited profiles": "source_profile",
}
"""Settings in botocore's messages, and their names for users; the first match counts."""

_NUMBERS: Final = (
    "AWS_MAX_ATTEMPTS",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_METADATA_SERVICE_TIMEOUT",
)
_REGION: Final = re.compile(r"[a-z0-9-]{1,63}")


def region_from_environment() -> tuple[str, str]:
    """The region in the environment, and its variable; both empty if there is none.

    AWS's other SDKs and its command line read AWS_REGION; boto3 only reads AWS_DEFAULT_REGION.
    """
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := os.environ.get(name):
            return value, name
    return "", ""


def region_source(region: str) -> str:
    """The source of this region."""
    value, name = region_from_environment()
    return name if value == region else "region in the AWS configuration file"


def is_well_formed_region(region: str) -> bool:
    """Whether it can be a region: part of a host name, and in lower case, as signatures need it."""
    return _REGION.fullmatch(region) is not None


@functools.cache
def listed_regions() -> frozenset[str]:
    """Every region that the installed SDK knows, in all partitions. New ones may be missing."""
    session = botocore.session.Session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for service in ("sts", "ec2")
        for region in session.get_available_regions(service, partition, allow_non_regional=False)
    )


def similar_region(region: str) -> str:
    """The known region that was most likely meant; a common one if none is similar."""
    wanted = re.sub(r"[^a-z0-9]+", "-", region.strip().lower())
    found = difflib.get_close_matches(wanted, sorted(listed_regions()), n=1)
    return found[0] if found else DEFAULT


def setting_in(message: str) -> str:
    """The setting that botocore's message is about; empty if it names none."""
    text = message.lower()
    return next((name for words, name in _VARIABLE.items() if words in text), "")


def number_at_fault() -> str:
    """The variable that should be a number but isn't; empty if all are."""
    return next((name for name in _NUMBERS if not os.environ.get(name, "0").isdigit()), "")


def file_name(path: object) -> str:
    """How to name a file of AWS's configuration: by its variable, or by its usual path."""
    usual = {
        "AWS_CONFIG_FILE": "~/.aws/config",
        "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    }
    for variable, standard in usual.items():
        given = os.environ.get(variable)
        if Path(given or standard).expanduser() == Path(str(path)):
            return f"the file that {variable} names" if given else standard
    return "the AWS configuration file"


def profile_source() -> str:
    """The variable that names the profile in use; empty if none does."""
    names = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
    return next((name for name in names if name in os.environ), "")


def invalid_endpoint_source() -> str:
    """The variables with an endpoint that isn't a URL; empty if there are none."""
    return " and ".join(
        name for name, url in _endpoints().items() if url and not is_server_url(url)
    )


def endpoint_source(url: str) -> str:
    """The variables with the endpoint of a request; empty if there are none."""
    try:
        asked = urlsplit(url).netloc
    except ValueError:
        return ""
    return " and ".join(
        name
        for name, given in _endpoints().items()
        if is_server_url(given) and urlsplit(given).netloc == asked
    )


def is_server_url(url: str) -> bool:
    """Whether it is an HTTP or HTTPS URL; botocore only notices when it signs or sends."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in {"http", "https"} and host.split() == [host] and parts.port != 0
    except ValueError:
        return False


def _endpoints() -> dict[str, str]:
    names = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL"))
    return {name: os.environ[name] for name in names}


def ca_bundle_source() -> str:
    """The setting of the CA certificates in use; empty if they are the SDK's own."""
    names = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    return next((name for name in names if os.environ.get(name)), "")


def proxy_source() -> str:
    """The variables that set a proxy."""
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    return " and ".join(name for name in names if os.environ.get(name))
