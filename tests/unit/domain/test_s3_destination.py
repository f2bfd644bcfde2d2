"""Where objects go in S3: a bucket and a prefix."""

from __future__ import annotations

import pytest

from bot.domain.s3_destination import S3Destination


@pytest.mark.parametrize(
    ("url", "bucket", "prefix", "folder"),
    [
        ("s3://corp-audit/altcontact/prod", "corp-audit", "altcontact/prod", "altcontact/prod/"),
        ("s3://corp-audit/altcontact/", "corp-audit", "altcontact", "altcontact/"),
        ("s3://corp.audit", "corp.audit", "", ""),
    ],
)
def test_a_destination_is_a_bucket_and_a_prefix(
    url: str, bucket: str, prefix: str, folder: str
) -> None:
    """With or without a slash at the end; the URL names it again."""
    place = S3Destination.parse(url)
    assert (place.bucket, place.prefix, place.folder) == (bucket, prefix, folder)
    assert S3Destination.parse(place.url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "corp-audit",
        "https://corp-audit",
        "s3:/x",
        "s3://",
        "s3://A/b",
        "s3://ab",
        "s3://-abc",
        "s3://corp-audit/a b",
        "s3://corp-audit/a//b",
        "s3://corp-audit/ä",
        "s3://corp-audit/a\n",
    ],
)
def test_what_is_no_destination_is_refused(url: str) -> None:
    """The message continues the text."""
    with pytest.raises(ValueError, match=r"^(does|has) "):
        S3Destination.parse(url)
