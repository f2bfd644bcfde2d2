"""Writes checkpoints to an S3 bucket, signed by a key of AWS KMS if one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.aws.bucket_calls import ALREADY_THERE, NO_BUCKET, BucketCalls
from bot.aws.error_mapping import UnusableAnswer
from bot.domain.checkpoints import Signature, to_object
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.literals import SigningAlgorithmSpecType

    from bot.aws.bucket_calls import ClientOptions
    from bot.domain.checkpoints import Checkpoint
    from bot.domain.s3_destination import S3Destination

ALGORITHMS: Final[tuple[SigningAlgorithmSpecType, ...]] = (
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "ED25519_SHA_512",
    "ML_DSA_SHAKE_256",
    "RSASSA_PSS_SHA_256",
    "SM2DSA",
)
"""The signing algorithms to use; a key of each specification supports exactly one of them.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

_NO_CHECKPOINT: Final = b"altcontact doctor"
"""What the doctor has signed: it can't pass for a checkpoint."""

_EXPLAINED: Final[Mapping[str, tuple[str, str]]] = {
    NO_BUCKET: (
        "The bucket {bucket} doesn't exist.",
        "Create it with Object Lock, or correct ALTCONTACT_CHECKPOINTS.",
    ),
    "InvalidBucketState": (
        "The bucket {bucket} can't have locked objects.",
        "Use a bucket that has Object Lock.",
    ),
    "NotFoundException": (
        "The key {key} doesn't exist.",
        "Correct ALTCONTACT_CHECKPOINT_KEY.",
    ),
    "DisabledException": (
        "The key {key} is disabled.",
        "Enable it in AWS KMS.",
    ),
    "KMSInvalidStateException": (
        "The key {key} can't be used in its current state.",
        "Check in AWS KMS whether it is disabled or about to be deleted.",
    ),
    "InvalidKeyUsageException": (
        "The key {key} can't sign.",
        "Use an asymmetric key whose usage is SIGN_VERIFY.",
    ),
}


class CheckpointCalls(BucketCalls):
    """The calls to S3 and KMS for checkpoints.

    Args:
        destination: the bucket and the prefix.
        key: the ARN of the KMS key; empty if checkpoints aren't signed.
        client_options: the rest; see `BucketCalls`.
    """

    def __init__(
        self,
        destination: S3Destination,
        key: str,
        **client_options: Unpack[ClientOptions],
    ) -> None:
        parts = key.split(":")
        super().__init__(
            destination,
            _EXPLAINED,
            docs="docs/checkpoints.md",
            names={"key": key},
            partition=parts[1] if len(parts) > 1 else "",
            **client_options,
        )
        self.key: Final = key

    def kms(self) -> KMSClient:
        """The client of KMS in the key's region."""
        return self._clients.kms(self.key.split(":")[3])

    def signing_algorithms(self) -> Sequence[SigningAlgorithmSpecType]:
        """The algorithms that the key may support: one, or all if KMS doesn't let the bot ask.

        Raises:
            GatewayError: it couldn't be found out, or the key can't sign.
        """
        try:
            answer = self.call("DescribeKey", lambda: self.kms().describe_key(KeyId=self.key))
        except GatewayError as error:
            if error.failure.cause.is_denial:
                return ALGORITHMS
            raise
        facts = answer["KeyMetadata"]
        offered = facts.get("SigningAlgorithms") or ()
        supported = [each for each in ALGORITHMS if each in offered]
        if facts.get("KeyUsage") != "SIGN_VERIFY" or not supported:
            raise GatewayError(self.explained(failure(FailureCode.REFUSED), INCOMPATIBLE))
        if facts.get("KeyState", "Enabled") != "Enabled":
            raise GatewayError(self.explained(failure(FailureCode.REFUSED), _NOT_ENABLED))
        return supported


INCOMPATIBLE: Final = "InvalidKeyUsageException"
"""KMS's code for a key that can't sign at all, or not by the algorithm that is asked for."""

_NOT_ENABLED: Final = "KMSInvalidStateException"


class S3CheckpointWriter:
    """Writes checkpoints; it needs `s3:PutObject`, and `kms:Sign` and better `kms:DescribeKey`.

    Object Lock is the bucket's: its default retention protects each new object, so the bot needs no
    permission for retention.

    Args:
        calls: makes the calls.
    """

    def __init__(self, calls: CheckpointCalls) -> None:
        self._calls = calls
        self._algorithm: SigningAlgorithmSpecType | None = None

    def write(self, checkpoint: Checkpoint) -> bool:
        """Write a checkpoint. One that is already there is not written again.

        Returns:
            Whether the bucket keeps versions, as every bucket with Object Lock does.

        Raises:
            GatewayError: it wasn't written, or the answer was lost; it can be tried again.
        """
        destination = self._calls.destination
        signature = self._sign(checkpoint.payload) if self._calls.key else None
        body = to_object(checkpoint, signature)

        def put() -> bool:
            answer = self._calls.s3().put_object(
                Bucket=destination.bucket,
                Key=destination.folder + checkpoint.name,
                Body=body,
                ContentType="application/json",
                # Object Lock requires a checksum.
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
            if not answer.get("ETag"):
                raise UnusableAnswer  # a proxy's page: S3 always gives one
            return answer.get("VersionId", "null") != "null"

        try:
            return self._calls.call("PutObject", put)
        except GatewayError as error:
            # Its name has the digest of its content, so this one was written before.
            if error.failure.code == ALREADY_THERE:
                return True
            raise

    def check_key(self) -> str:
        """Sign something that is no checkpoint; returns the algorithm.

        Raises:
            GatewayError: the key can't be used.
        """
        return self._sign(_NO_CHECKPOINT).algorithm

    def close(self) -> None:
        """Stop retrying."""
        self._calls.close()

    def _sign(self, payload: bytes) -> Signature:
        """Sign with the key's algorithm, which is found out before the first signature.

        Raises:
            GatewayError: the key can't be used.
        """
        known, self._algorithm = self._algorithm, None
        *others, last = (known,) if known else self._calls.signing_algorithms()
        for algorithm in others:
            try:
                return self._sign_with(algorithm, payload)
            except GatewayError as error:
                if error.failure.code != INCOMPATIBLE:
                    raise
        return self._sign_with(last, payload)

    def _sign_with(self, algorithm: SigningAlgorithmSpecType, payload: bytes) -> Signature:
        def sign() -> bytes:
            answer = self._calls.kms().sign(
                KeyId=self._calls.key,
                Message=payload,
                MessageType="RAW",
                SigningAlgorithm=algorithm,
            )
            return answer["Signature"]

        signature = Signature(self._calls.key, algorithm, self._calls.call("Sign", sign))
        self._algorithm = algorithm
        return signature
