"""How hypothesis works here, and that no proxy stands between tests and servers on this machine."""

import os
from typing import Final

import pytest
from altcontact_sandbox.loopback import without_proxy
from hypothesis import HealthCheck, settings

os.environ.update(without_proxy(os.environ))

# How long an example takes says nothing of it where other tests run beside it on a busy machine.
settings.register_profile(
    "beside_others", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("beside_others")

LONGEST: Final = ("tests/integration/slack/test_fuzz.py", "tests/e2e/test_replicas.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the longest tests begun early, by the third of the four processes of tests.

    Each process begins with its share of all tests. What takes a minute and is begun last would
    keep one process busy while the others have nothing left to do.
    """
    longest = [item for item in items if item.nodeid.startswith(LONGEST)]
    others = [item for item in items if not item.nodeid.startswith(LONGEST)]
    third = len(others) // 2 + 4  # a few tests into its share, which isn't exactly a quarter
    items[:] = [*others[:third], *longest, *others[third:]]
