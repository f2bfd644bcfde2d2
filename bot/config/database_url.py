"""The address of a PostgreSQL database, which may contain a password: it is never shown whole."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SCHEMES: Final = ("postgresql", "postgres")
"""What the address may begin with, as for PostgreSQL's own programs."""

PARAMETERS: Final = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "options",
        "passfile",
        "password",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "requiressl",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    }
)
"""https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""

SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS"""

_SCHEME: Final = re.compile(r"([a-z][\w+.:-]+):(?=/)|(postgres(?:ql)?):", re.IGNORECASE)
_KEYWORDS: Final = re.compile(r"\b(?:host|dbname|user|password|port)\s*=")
_PORT: Final = re.compile(r"\d{1,5}")
_LARGEST_PORT: Final = 65535


class PostgresUrl:
    """The address of a PostgreSQL database. Its text leaves out user, password and parameters.

    Args:
        url: as `parse` accepts it.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def get_secret_value(self) -> str:
        """The whole address, with the password if it has one."""
        return self._url

    @property
    def has_password(self) -> bool:
        """Whether the address contains a password."""
        parts = urlsplit(self._url)
        return ":" in parts.netloc.rpartition("@")[0] or "password" in dict(parse_qsl(parts.query))

    def with_password(self, password: str) -> PostgresUrl:
        """The same address with a password."""
        separator = "&" if urlsplit(self._url).query else "?"
        return PostgresUrl(f"{self._url}{separator}password={quote(password, safe='')}")

    @property
    def login_remedy(self) -> str:
        """The next step after the server refused the login."""
        return (
            "Check the user and the password in ALTCONTACT_DATABASE. If the password was changed, "
            "start the bot again: it can't read a plain value again."
        )

    def renewed(self, refused: str) -> str | None:
        """The address with another login, after the server refused one; None if there is none.

        Args:
            refused: the whole address that was used.
        """
        del refused  # this address doesn't change
        return None

    def __str__(self) -> str:
        parts = urlsplit(self._url)
        where = parts.netloc.rpartition("@")[2]
        return f"postgresql://{where}{parts.path}"

    def __repr__(self) -> str:
        return f"PostgresUrl({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PostgresUrl) and self._url == other._url

    def __hash__(self) -> int:
        return hash(self._url)


def parse(value: str) -> PostgresUrl | None:
    """The address of a PostgreSQL database; None if the value looks like a file.

    Raises:
        ValueError: it is neither. The message repeats nothing that may be secret.
    """
    found = _SCHEME.match(value)
    if found is None:
        if _KEYWORDS.search(value):
            raise ValueError(
                "looks like a list of connection parameters; "
                "write it as postgresql://user@host:5432/name"
            )
        return None
    scheme, rest = (found[1] or found[2]).lower(), value[found.end() :]
    if scheme not in SCHEMES or not rest.startswith("//"):
        raise ValueError(_wrong_scheme(scheme))
    url = f"{scheme}:{rest}"
    _check_hosts(url)
    _check_parameters(url)
    return PostgresUrl(url)


def _wrong_scheme(scheme: str) -> str:
    if scheme in SCHEMES:
        return "is not a valid URL: write two slashes, as in postgresql://user@host:5432/name"
    bare = re.split(r"[+:]", scheme.removeprefix("jdbc:"))[0]
    if bare.startswith("sqlite"):
        return "is a URL; for SQLite, write only the file's path, such as /data/altcontact.db"
    likely = bare in SCHEMES or get_close_matches(bare, SCHEMES, n=1, cutoff=0.7)
    hint = " (did you mean “postgresql://”?)" if likely else ""
    return f"begins with “{scheme}:”, but is neither a file nor postgresql://…{hint}"


def _check_hosts(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:  # an unmatched bracket
        raise ValueError("is not a valid postgresql:// URL: check the host") from None
    if "#" in url:
        raise ValueError("is not a valid postgresql:// URL: write # as %23")
    for host in parts.netloc.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host else ""
        if host.endswith("]"):
            port = ""
        if port and not (_PORT.fullmatch(port) and 0 < int(port) <= _LARGEST_PORT):
            raise ValueError(
                "is not a valid postgresql:// URL: the port isn't a number from 1 to 65535 "
                "(write special characters of a password as % and two digits: @ as %40, / as %2F)"
            )
    if not parts.path.strip("/") and "dbname=" not in parts.query and "service=" not in parts.query:
        raise ValueError("names no database: write postgresql://user@host:5432/name")


def _check_parameters(url: str) -> None:
    query = urlsplit(url).query
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in PARAMETERS:
            closest = get_close_matches(name, sorted(PARAMETERS), n=1)
            hint = f" (did you mean “{closest[0]}”?)" if closest else ""
            shown = f"“{name}”" if closest else "a name that PostgreSQL doesn't know"
            raise ValueError(f"has an unknown parameter after the ?: {shown}{hint}")
        if name == "sslmode" and value not in SSL_MODES:
            closest = get_close_matches(value, SSL_MODES, n=1)
            hint = f" (did you mean “{closest[0]}”?)" if closest else ""
            raise ValueError(f"sets sslmode to none of {', '.join(SSL_MODES)}{hint}")


def password(value: object) -> str:
    """The password of a PostgreSQL database.

    Raises:
        ValueError: it is a JSON object, such as the whole secret that Amazon RDS keeps.
    """
    given = str(value)
    if given.lstrip().startswith("{") and given.rstrip().endswith("}") and '"password"' in given:
        raise ValueError("is a JSON object, not a password")
    return given


def same_place(url: str, other: str) -> bool:
    """Whether two addresses differ in user and password at most."""
    return _without_login(url) == _without_login(other)


def _without_login(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    kept = [each for each in parameters if each[0] not in {"user", "password"}]
    return parts.netloc.rpartition("@")[2], parts.path, sorted(kept)


def passfile(url: PostgresUrl) -> str:
    """The password file that an address names; empty if it names none."""
    found = dict(parse_qsl(urlsplit(url.get_secret_value()).query))
    return unquote(found.get("passfile", ""))
