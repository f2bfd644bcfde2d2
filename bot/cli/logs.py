"""Structured logs on standard error, for people or as JSON, with personal data masked."""

from __future__ import annotations

import logging
import re
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
"""The logger above all of this program's own."""

_BY_KEY: Final = {
    "email": EMAIL,
    "emailaddress": EMAIL,
    "phone": PHONE,
    "phonenumber": PHONE,
    "password": SECRET,
    "token": SECRET,
}
"""What stands for the value of a key, whatever the value looks like."""

_ACCOUNT_KEYS: Final = frozenset({"account", "account_id", "accounts"})
_ACCOUNT: Final = re.compile(r"\d[\d -]*")


def configure(log_format: str, level: int = logging.INFO) -> None:
    """Send every log line, the libraries' too, through one masked format to standard error.

    May be called again; the last call counts.

    Args:
        log_format: `console` or `json`.
        level: the least level shown of this program's own lines; of libraries it is WARNING.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_event,
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


def log_defect(error: Exception) -> str:
    """Log an error that nobody foresaw.

    Returns:
        The id under which it is in the log.
    """
    if not structlog.is_configured():
        configure("console")
    reference = new_error_id()
    structlog.get_logger("bot.cli.main").error(
        "command failed", reference=reference, exc_info=error
    )
    return reference


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the event, every value beside it, and the text of an exception (a processor)."""
    return {
        key: value if key.startswith("_") else _masked_by_key(key, value)  # structlog's `_record`
        for key, value in event.items()
    }


def _masked_by_key(key: str, value: object) -> object:
    """A value masked by what its key says that it is, else by its shape."""
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
        # The pretty one shows local variables, and those hold contacts.
        exception_formatter=structlog.dev.plain_traceback,
    )


def _log_thread_defect(arguments: threading.ExceptHookArgs) -> None:
    """Log what ended a thread, instead of printing it unmasked."""
    error: Any = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    name = arguments.thread.name if arguments.thread else ""
    structlog.get_logger(__name__).error("a thread ended", thread=name, exc_info=error)


class _StandardError(logging.Handler):
    """Writes to what `sys.stderr` is at that moment: a progress bar takes its place for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception as error:  # noqa: BLE001 - logging's convention: a line stops no work
            # `handleError` would print the arguments, unmasked.
            with suppress(OSError, ValueError):
                kind = type(error).__name__
                sys.stderr.write(f"a log line of {record.name} was lost ({kind})\n")
