"""moto's server, as a second opinion on AWS."""

from collections.abc import Iterator

import pytest

from tests import moto_server


@pytest.fixture(scope="session")
def _moto() -> Iterator[str]:
    with moto_server.serve() as url:
        yield url


@pytest.fixture
def moto(_moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of moto's server, which knows of nothing; boto3's own chain leads there."""
    moto_server.forget(_moto)
    moto_server.lead_there(_moto, monkeypatch)
    return _moto
