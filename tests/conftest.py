"""How hypothesis works here."""

from hypothesis import HealthCheck, settings

# How long an example takes says nothing of it where other tests run beside it on a busy machine.
settings.register_profile(
    "beside_others", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("beside_others")
