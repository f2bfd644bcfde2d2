"""How hypothesis works here, and that no proxy stands between tests and servers on this machine."""

import os

from altcontact_sandbox.loopback import without_proxy
from hypothesis import HealthCheck, settings

os.environ.update(without_proxy(os.environ))

# How long an example takes says nothing of it where other tests run beside it on a busy machine.
settings.register_profile(
    "beside_others", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("beside_others")
