"""Maps each exception of the AWS SDK, and of the libraries below it, to a failure code.

The table has every exception class of botocore and boto3, including those of services that this
program doesn't use. A test compares it with the installed versions, so that new classes are
classified before they occur. For other libraries it has the base classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENTRIES: Final = (
    # Credentials
    (FailureCode.CREDENTIALS_MISSING, "botocore.exceptions", "NoCredentialsError NoAuthTokenError"),
    (FailureCode.CREDENTIALS_INVALID, "botocore.exceptions", "PartialCredentialsError"),
    (
        FailureCode.CREDENTIALS_UNAVAILABLE,
        "botocore.exceptions",
        "CredentialRetrievalError MetadataRetrievalError",
    ),
    (
        FailureCode.CREDENTIALS_UNAVAILABLE,
        "botocore.utils",
        "BadIMDSRequestError _RetriesExceededError",
    ),
    (
        FailureCode.CREDENTIALS_EXPIRED,
        "botocore.exceptions",
        "TokenRetrievalError SSOError SSOTokenLoadError UnauthorizedSSOTokenError LoginError "
        "LoginRefreshRequired LoginInsufficientPermissions LoginTokenLoadError "
        "LoginAuthorizationCodeError",
    ),
    (FailureCode.MFA_REQUIRED, "botocore.exceptions", "RefreshWithMFAUnsupportedError"),
    # Configuration
    (
        FailureCode.AWS_CONFIGURATION,
        "botocore.exceptions",
        "ProfileNotFound ConfigParseError ConfigNotFound InvalidConfigError "
        "InfiniteLoopConfigError UnknownCredentialError UnknownTokenProviderError "
        "InvalidIMDSEndpointError InvalidIMDSEndpointModeError InvalidRetryConfigurationError "
        "InvalidMaxRetryAttemptsError InvalidRetryModeError InvalidDefaultsMode "
        "InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError "
        "InvalidChecksumConfigError InvalidEndpointDiscoveryConfigurationError "
        "InvalidS3AddressingStyleError UnsupportedS3ConfigurationError "
        "UnsupportedS3AccesspointConfigurationError UnsupportedS3ControlConfigurationError "
        "UnknownSignatureVersionError UnsupportedSignatureVersionError "
        "MissingDependencyException",
    ),
    (
        FailureCode.REGION_INVALID,
        "botocore.exceptions",
        "InvalidRegionError NoRegionError UnknownRegionError ServiceNotInRegionError",
    ),
    (
        FailureCode.ENDPOINT_INVALID,
        "botocore.exceptions",
        "BaseEndpointResolverError EndpointProviderError EndpointResolutionError "
        "EndpointVariantError InvalidDNSNameError InvalidEndpointConfigurationError "
        "InvalidHostLabelError UnknownEndpointError UnknownEndpointResolutionBuiltInName "
        "UnknownFIPSEndpointError",
    ),
    (
        FailureCode.ENDPOINT_INVALID,
        "urllib3.exceptions",
        "LocationValueError LocationParseError URLSchemeUnknown",
    ),
    (FailureCode.PROXY_FAILED, "botocore.exceptions", "InvalidProxiesConfigError"),
    (FailureCode.PROXY_FAILED, "botocore.exceptions", "ProxyConnectionError"),
    (
        FailureCode.PROXY_FAILED,
        "urllib3.exceptions",
        "ProxyError ProxySchemeUnknown ProxySchemeUnsupported",
    ),
    # The connection
    (FailureCode.TLS_FAILED, "botocore.exceptions", "SSLError"),
    (FailureCode.TLS_FAILED, "botocore.exceptions", "UnsupportedTLSVersionWarning"),
    (FailureCode.TLS_FAILED, "urllib3.exceptions", "SSLError"),
    (FailureCode.TLS_FAILED, "ssl", "SSLError SSLCertVerificationError CertificateError"),
    (FailureCode.TLS_FAILED, "urllib3.util.ssl_match_hostname", "CertificateError"),
    (FailureCode.TIMED_OUT, "botocore.exceptions", "ReadTimeoutError ConnectTimeoutError"),
    (FailureCode.TIMED_OUT, "urllib3.exceptions", "TimeoutError"),
    (FailureCode.TIMED_OUT, "builtins", "TimeoutError"),
    (
        FailureCode.UNREACHABLE,
        "botocore.exceptions",
        "HTTPClientError ConnectionError EndpointConnectionError ConnectionClosedError",
    ),
    (FailureCode.UNREACHABLE, "urllib3.exceptions", "HTTPError"),
    (FailureCode.UNREACHABLE, "http.client", "HTTPException"),
    (FailureCode.UNREACHABLE, "builtins", "OSError"),
    # The answer
    (
        FailureCode.MALFORMED,
        "botocore.exceptions",
        "ResponseStreamingError IncompleteReadError ChecksumError FlexibleChecksumError "
        "EventStreamError AwsChunkedWrapperError PaginationError",
    ),
    (FailureCode.MALFORMED, "botocore.parsers", "ResponseParserError"),
    (
        FailureCode.MALFORMED,
        "botocore.eventstream",
        "ParserError DuplicateHeader InvalidHeadersLength InvalidPayloadLength ChecksumMismatch "
        "NoInitialResponseError",
    ),
    # Botocore's parsers raise these for bodies that are well-formed but have another structure.
    (
        FailureCode.MALFORMED,
        "builtins",
        "ArithmeticError AttributeError LookupError TypeError ValueError SyntaxError",
    ),
    (FailureCode.REFUSED, "botocore.exceptions", "ClientError"),
    (
        FailureCode.REQUEST_INVALID,
        "botocore.exceptions",
        "ParamValidationError ValidationError MissingParametersError RangeError UnknownKeyError "
        "UnknownParameterError AliasConflictParameterError UnsupportedS3ArnError "
        "UnsupportedS3ControlArnError UnsupportedOutpostResourceError",
    ),
    (FailureCode.REQUEST_INVALID, "botocore.utils", "InvalidArnException"),
    # The SDK itself
    (
        FailureCode.SDK_FAULT,
        "botocore.exceptions",
        "BotoCoreError DataNotFoundError UnknownServiceError ApiVersionNotFoundError "
        "UnknownServiceStyle OperationNotPageableError UnseekableStreamError WaiterError "
        "WaiterConfigError InvalidExpressionError UnknownClientMethodError StubResponseError "
        "StubAssertionError UnStubbedResponseError MD5UnavailableError "
        "UndefinedModelAttributeError MissingServiceIdError CapacityNotAvailableError "
        "ImminentRemovalWarning UnsupportedServiceProtocolsError",
    ),
    (
        FailureCode.SDK_FAULT,
        "botocore.discovery",
        "EndpointDiscoveryException EndpointDiscoveryRefreshFailed EndpointDiscoveryRequired",
    ),
    (
        FailureCode.SDK_FAULT,
        "botocore.model",
        "InvalidShapeError InvalidShapeReferenceError NoShapeFoundError OperationNotFoundError",
    ),
    (
        FailureCode.SDK_FAULT,
        "boto3.exceptions",
        "Boto3Error ResourceLoadException NoVersionFound UnknownAPIVersionError "
        "ResourceNotExistsError RetriesExceededError S3TransferFailedError S3UploadFailedError "
        "DynamoDBOperationNotSupportedError DynamoDBNeedsConditionError "
        "DynamoDBNeedsKeyConditionError PythonDeprecationWarning InvalidCrtTransferConfigError",
    ),
    (FailureCode.SDK_FAULT, "builtins", "AssertionError ImportError"),
    # Raised if credentials are still expired after a refresh; see botocore's credentials module.
    (FailureCode.CREDENTIALS_EXPIRED, "builtins", "RuntimeError"),
)

CODES: Final[Mapping[str, FailureCode]] = {
    f"{module}.{name}": code for code, module, names in _ENTRIES for name in names.split()
}
"""By module and name of the class."""


def code_of(error: BaseException) -> FailureCode:
    """The failure code of an exception, by its class or the nearest base class in the table."""
    return next((CODES[name] for name in _names(type(error)) if name in CODES), _UNKNOWN)


def nested(error: BaseException) -> Iterator[BaseException]:
    """An exception and its causes, outermost first, each once."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        given = getattr(each, "kwargs", None)
        inner = given.get("error") if isinstance(given, dict) else None
        waiting += [inner, getattr(each, "reason", None), *each.args, each.__cause__]
        waiting.append(each.__context__)


_UNKNOWN: Final = FailureCode.SDK_FAULT


def _names(kind: type[BaseException]) -> Iterator[str]:
    for base in kind.__mro__:
        yield f"{base.__module__}.{base.__qualname__}"
