"""What can go wrong with the sandbox itself, as opposed to what it simulates."""

from bot.domain.errors import AltcontactError


class SandboxError(AltcontactError):
    """The sandbox can't be started, or was asked for something that it doesn't have."""


def refusal(error: str, remedy: str = "") -> dict[str, str]:
    """The JSON body of a refused request to the control interface.

    `mend` is the old name of `remedy`, kept for one release.
    """
    return {"error": error, "remedy": remedy, "mend": remedy}
