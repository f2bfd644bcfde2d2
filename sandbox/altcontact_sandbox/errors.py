"""What can go wrong with the sandbox itself, as opposed to what it simulates."""

from bot.domain.errors import AltcontactError


class SandboxError(AltcontactError):
    """The sandbox cannot be started, or was asked for something that it does not have."""
