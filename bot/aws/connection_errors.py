"""Explains why a request to AWS got no answer: the network, DNS, a proxy, or TLS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.aws.sdk_errors import code_of, nested
from bot.aws.setting_names import ca_bundle_source, endpoint_source, listed_regions, proxy_source
from bot.aws.setup_errors import invalid_endpoint, invalid_region
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from bot.domain.failures import Failure

ON_THE_WAY: Final = frozenset(
    {
        FailureCode.ENDPOINT_INVALID,
        FailureCode.PROXY_FAILED,
        FailureCode.TLS_FAILED,
        FailureCode.UNREACHABLE,
    }
)
"""Causes that the chained exceptions explain more precisely."""

_REGIONAL: Final = re.compile(
    r"[a-z-]+\.([A-Za-z0-9-]+)\.(?:[a-z0-9.-]*\.)?(?:amazon|aws|c2s|sc2s)"
)
_REASONS: Final = (
    ("self-signed", "it is self-signed"),
    ("self signed", "it is self-signed"),
    ("unable to get local issuer", "its issuer is unknown"),
    ("certificate has expired", "it has expired"),
    ("not yet valid", "it is not valid yet"),
    ("hostname mismatch", "it was issued for another host"),
    ("subjectaltname", "it was issued for another host"),
    ("doesn't match", "it was issued for another host"),
)
_NO_TLS: Final = ("wrong_version_number", "wrong version number", "record layer failure")
"""OpenSSL's messages if the other side doesn't use TLS, most often because it is plain HTTP."""


def explain_connection(error: Exception, code: FailureCode) -> Failure:
    """Why no answer came.

    Args:
        error: what was raised.
        code: the failure code of its class.
    """
    causes = list(nested(error))
    codes = {code_of(each) for each in causes[1:]} | {code}
    if FailureCode.TLS_FAILED in codes:
        return _tls_failed(causes, _url_of(error))
    if FailureCode.PROXY_FAILED in codes:
        return _proxy_failed("can't be reached")
    if FailureCode.ENDPOINT_INVALID in codes:
        # The endpoint's own URL was checked when the client was made.
        return _proxy_failed("is not a valid URL") if proxy_source() else invalid_endpoint()
    if any("Invalid header value" in str(each) for each in causes):
        return failure(FailureCode.CREDENTIALS_INVALID)
    region = _region_of(error)
    if region and region not in listed_regions():
        return invalid_region(region)
    return _unreachable(code, _url_of(error))


def _unreachable(code: FailureCode, url: str) -> Failure:
    endpoint = endpoint_source(url)
    if not endpoint:
        return failure(code)
    return failure(
        code,
        message=f"Couldn't reach the AWS endpoint in {endpoint}.",
        remedy=f"Check {endpoint}, and the network and DNS between the bot and that endpoint, then "
        "check again.",
    )


def _tls_failed(causes: list[BaseException], url: str) -> Failure:
    source = ca_bundle_source()
    text = " ".join(str(each) for each in causes).lower()
    unreadable = any(
        isinstance(each, FileNotFoundError | IsADirectoryError | PermissionError) for each in causes
    )
    if unreadable or "no_certificate_or_crl_found" in text or "no certificate or crl" in text:
        named = source or "ca_bundle in the AWS configuration file"
        return failure(
            FailureCode.TLS_FAILED,
            message=f"Couldn't read the file of CA certificates in {named}, or it contains no "
            "certificate.",
            remedy=f"Correct {named}: it must name a file of certificates in PEM format.",
        )
    reason = next((words for sign, words in _REASONS if sign in text), "")
    if not reason and "certificate" not in text:
        if (endpoint := endpoint_source(url)) and any(sign in text for sign in _NO_TLS):
            message = f"The AWS endpoint in {endpoint} doesn't use encryption (TLS)."
            remedy = f"Correct {endpoint}: its scheme or its port is wrong."
            return failure(FailureCode.TLS_FAILED, message=message, remedy=remedy)
        return failure(FailureCode.TLS_FAILED)
    because = f": {reason}" if reason else ""
    named = source or "AWS_CA_BUNDLE"
    return failure(
        FailureCode.TLS_FAILED,
        message=f"The TLS certificate presented for AWS isn't trusted{because}.",
        remedy=f"If a proxy inspects TLS, add its CA certificate to the file in {named}. "
        "Otherwise find out what responds in place of AWS.",
    )


def _proxy_failed(what: str) -> Failure:
    source = proxy_source()
    named = f"the proxy in {source}" if source else "the configured proxy"
    remedy = f"Correct {source}, or list AWS's hosts in NO_PROXY." if source else ""
    message = f"{named[0].upper()}{named[1:]} {what}."
    return failure(FailureCode.PROXY_FAILED, message=message, remedy=remedy)


def _region_of(error: Exception) -> str:
    """The region in the host of the request; empty if it has none."""
    try:
        host = urlsplit(_url_of(error)).hostname or ""
    except ValueError:
        return ""
    found = _REGIONAL.match(host)
    return found[1] if found else ""


def _url_of(error: Exception) -> str:
    """The URL of the request; empty if botocore doesn't say."""
    return str(getattr(error, "kwargs", {}).get("endpoint_url", ""))
