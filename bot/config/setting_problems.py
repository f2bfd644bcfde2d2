"""What is wrong with a setting, where it was set, and how to correct it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from bot.config import setting_parsers as parse
from bot.config.settings import Settings, variable
from bot.config.toml_file import in_file, plain
from bot.domain.errors import SettingProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config.secret_references import SecretSource
    from bot.config.toml_file import SettingFile

_SECRET: Final = {
    "slack_bot_token": "Install App → Bot User OAuth Token",
    "slack_app_token": "Basic Information → App-Level Tokens",
    "slack_signing_secret": "Basic Information → Signing Secret",
}
"""The secret settings, and where Slack's pages of the app show them."""


def quoted_credentials(variables: Mapping[str, str]) -> list[SettingProblem]:
    """boto3's variables in quotation marks, which boto3 would treat as part of the value."""
    problems = []
    for name in sorted(variables):
        if name.startswith("AWS_"):
            try:
                parse.check_quotes(variables[name])
            except ValueError as error:
                problems.append(SettingProblem(name, str(error)))
    return problems


def value_problem(
    file: SettingFile, name: str, why: ValueError | str, *, in_environ: bool
) -> SettingProblem:
    """What is wrong with a value."""
    what, closest = str(why), getattr(why, "closest", "")
    example, snippet = examples(name, closest, in_environ=in_environ)
    if in_environ:
        return SettingProblem(variable(name), what, example, snippet, source_remedy(name))
    given = {"example": example, "snippet": snippet, "remedy": source_remedy(name)}
    return file_problem(file, name, what, **given)


def reference_problem(
    file: SettingFile, source: SecretSource, why: ValueError | str, value: object
) -> SettingProblem:
    """What is wrong with a secret set by reference.

    Args:
        file: the TOML file.
        source: how the secret is set.
        why: why it can't be read, or why its value is invalid.
        value: the value; None if it couldn't be read.
    """
    what, remedy = str(why), getattr(why, "remedy", "")
    if value is not None:
        what, remedy = f"the value in {source.reference()} {what}", _put_there(source.name)
        if str(value).lstrip().startswith("{"):
            remedy = "It is a JSON object. Add the key to use, and two colons: …:secret:NAME:KEY::"
    if source.in_environ:
        return SettingProblem(variable(source.key), what, remedy=remedy)
    return file_problem(file, source.key, what, remedy=remedy)


def file_problem(file: SettingFile, key: str, what: str, **remedy: str) -> SettingProblem:
    """What is wrong with a key of the file, and in which line it is."""
    line, name = file.lines.line_of((key,)), plain(key)
    where = in_file(name, file.name, line)
    return SettingProblem(where, what, **remedy, key=name, line=line)


def examples(field: str, closest: str = "", *, in_environ: bool = True) -> tuple[str, str]:
    """An example of a field's value, and the line that sets it in a shell or in the file.

    If the intended value is likely known, the line sets it, and there is no separate example.
    """
    closest = "" if field in _SECRET else closest
    example = closest or str((Settings.model_fields[field].examples or [""])[0])
    shown = "" if closest else example
    if in_environ:
        return shown, f"export {variable(field)}={shlex.quote(example)}"
    return shown, f'{field} = "{example}"'


def source_remedy(field: str) -> str:
    """Where to copy a secret from, as the remedy of its problem; empty for other settings."""
    if field not in _SECRET:
        return ""
    return f"Copy it from https://api.slack.com/apps → the app → {_SECRET[field]}, and set it:"


def _put_there(field: str) -> str:
    """The remedy for a reference to a value that isn't valid."""
    if field not in _SECRET:
        return "Put the setting's value there."
    return f"Put the one there from https://api.slack.com/apps → the app → {_SECRET[field]}."


def problems_text(problems: tuple[SettingProblem, ...]) -> str:
    """All problems, a line each."""
    head = (
        "A setting is invalid or missing:"
        if len(problems) == 1
        else f"{len(problems)} settings are invalid or missing:"
    )
    return "\n".join([head, *(f"  {problem}" for problem in problems)])
