"""Structured logs on standard error, for people or as JSON, with personal data masked."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.domain.errors import new_error_id
from bot.domain.masking import EMAIL, PHONE, SECRET, mask

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

OURS: Final = "bot"
"""The parent of all of this program's loggers."""

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""The levels by the names that the setting `log_level` has for them."""

_BY_KEY: Final = {
    "email": EMAIL,
    "emailaddress": EMAIL,
    "phone": PHONE,
    "phonenumber": PHONE,
    "password": SECRET,
    "token": SECRET,
}
"""The mask for the value of a key, whatever the value looks like."""

_ACCOUNT_KEYS: Final = frozenset({"account", "account_id", "accounts"})
_ACCOUNT: Final = re.compile(r"\d[\d -]*")


def configure(log_format: str, level: int = logging.INFO, *, replica: str = "") -> None:
    """Send every log line, including those of libraries, to standard error in one masked format.

    May be called again; the last call takes effect.

    Args:
        log_format: `console` or `json`.
        level: the lowest level of this program's own lines; for libraries it is WARNING.
        replica: the name of this process in every line, where several write to one log.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_event,
        *([_adding("replica", replica)] if replica else []),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(log_format),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _StandardError):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread_defect


def this_replica() -> str:
    """A name of this process for people: the host's, which is the pod's on Kubernetes."""
    return f"{socket.gethostname()}:{os.getpid()}"


def log_defect(error: Exception) -> str:
    """Log an unexpected error.

    Returns:
        The reference that identifies it in the log.
    """
    if not structlog.is_configured():
        configure("console")
    reference = new_error_id()
    structlog.get_logger("bot.cli.main").error(
        "command failed", reference=reference, exc_info=error
    )
    return reference


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the event, every value with it, and the text of an exception (a processor)."""
    return {
        key: value if key.startswith("_") else _masked_by_key(key, value)  # structlog's `_record`
        for key, value in event.items()
    }


def _adding(key: str, value: str) -> structlog.typing.Processor:
    """A processor that gives every line a value."""

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event[key] = value
        return event

    return add


def _masked_by_key(key: str, value: object) -> object:
    """A value masked by the meaning of its key, or else by its shape."""
    stands_for = _BY_KEY.get(key.replace("_", "").lower())
    if stands_for is not None and isinstance(value, str) and value:
        return stands_for
    if key in _ACCOUNT_KEYS and isinstance(value, str) and _ACCOUNT.fullmatch(value):
        return value
    return _masked(value)


def _masked(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return mask(value)
        case dict():
            return {mask(str(key)): _masked_by_key(str(key), item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(item) for item in value]
        case _:
            return mask(repr(value))


def _renderer(log_format: str) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # The pretty formatter shows local variables, which contain contacts.
        exception_formatter=structlog.dev.plain_traceback,
    )


def _log_thread_defect(arguments: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread, instead of printing it unmasked."""
    error: Any = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    name = arguments.thread.name if arguments.thread else ""
    structlog.get_logger(__name__).error("thread failed", thread=name, exc_info=error)


class _StandardError(logging.Handler):
    """Writes to the current `sys.stderr`, which a progress bar may replace for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception as error:  # noqa: BLE001 - logging's convention: a log line never stops work
            # `handleError` would print the arguments, unmasked.
            with suppress(OSError, ValueError):
                kind = type(error).__name__
                sys.stderr.write(f"a log line of {record.name} was lost ({kind})\n")
