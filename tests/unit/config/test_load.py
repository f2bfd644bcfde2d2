"""The settings: where they come from, what they may be, and what is said of wrong ones."""

import re
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.config.load import FIELDS, Settings, load, load_lenient
from bot.config.toml_file import CONFIG
from bot.domain.contacts import ContactType
from bot.domain.errors import SettingsError
from bot.domain.policy.policy import Policy
from bot.domain.scope import ScopeKind

PAGE: Final = Path(__file__).parents[3] / "docs/settings.md"
SLACK: Final = {
    "SLACK_BOT_TOKEN": "xoxb-1-abc",
    "SLACK_APP_TOKEN": "xapp-1-def",
    "ALTCONTACT_CHANNEL": "#security-alerts",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def refusal(environ: dict[str, str], *, needs_slack: bool = False) -> str:
    """What is said of these settings, which must be wrong."""
    with pytest.raises(SettingsError) as caught:
        load(environ, needs_slack=needs_slack)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_defaults() -> None:
    """With nothing set, everything has the default that the docs name."""
    settings = load({}, needs_slack=False)
    assert settings == Settings()
    assert settings.slack_bot_token.get_secret_value() == ""
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.channel, settings.schedule) == ("", "0 9 * * *")
    assert settings.timezone == ZoneInfo("UTC")
    assert settings.check_on_start is False
    assert settings.scope is None
    assert settings.types == (ContactType.SECURITY,)
    assert settings.fixers == ()
    assert settings.database == Path("altcontact.db")
    assert (settings.read_rate, settings.write_rate, settings.phone_region) == (None,) * 3
    assert settings.log_format == "console"
    assert settings.confirm_timeout == 60
    assert (settings.rules_url, settings.aws) == ("", ())
    assert settings.policy == Policy.requiring()
    assert (settings.http, settings.http_drain) == (None, 3)
    assert settings.slack_signing_secret.get_secret_value() == ""


def test_environment() -> None:
    """Every setting can be given in the environment."""
    settings = load(
        {
            **SLACK,
            "SLACK_API_URL": "http://127.0.0.1:8702/api",
            "ALTCONTACT_SCHEDULE": "*/5 8-18 * * mon-fri",
            "ALTCONTACT_TIMEZONE": "Europe/London",
            "ALTCONTACT_CHECK_ON_START": "Yes",
            "ALTCONTACT_SCOPE": "organization",
            "ALTCONTACT_TYPES": "security, BILLING,SECURITY",
            "ALTCONTACT_FIXERS": "<@U012ABCDEF>, S045GHIJKL,@U012ABCDEF,W1234567",
            "ALTCONTACT_READERS": "S045READER,W1234567",
            "ALTCONTACT_DATABASE": "/data/altcontact.db",
            "ALTCONTACT_READ_RATE": "2.5",
            "ALTCONTACT_WRITE_RATE": " 1 ",
            "ALTCONTACT_PHONE_REGION": "gb",
            "ALTCONTACT_LOG_FORMAT": "JSON",
            "ALTCONTACT_LOG_LEVEL": "Warning",
            "ALTCONTACT_METRICS": "127.0.0.1:9090",
            "ALTCONTACT_CONFIRM_TIMEOUT": "3",
            "ALTCONTACT_RULES_URL": "https://corp.example/rules/",
            "ALTCONTACT_CHECKPOINTS": "s3://corp-audit/altcontact/",
            "ALTCONTACT_CHECKPOINT_KEY": KEY,
            "ALTCONTACT_HTTP": "[::]:8080",
            "ALTCONTACT_HTTP_DRAIN": "15",
            "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
            "ALTCONTACT_BACKUP": "s3://corp-backup/altcontact/",
            "ALTCONTACT_BACKUP_KEEP": "10",
        },
        needs_slack=True,
    )
    assert (settings.http, settings.http_drain) == (("::", 8080), 15)
    secret = settings.slack_signing_secret.get_secret_value()
    assert secret == "0123456789abcdef0123456789abcdef"
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-abc"
    assert settings.slack_app_token.get_secret_value() == "xapp-1-def"
    assert settings.slack_api_url == "http://127.0.0.1:8702/api/"
    assert settings.channel == "#security-alerts"
    assert settings.schedule == "*/5 8-18 * * mon-fri"
    assert settings.timezone.key == "Europe/London"
    assert settings.check_on_start is True
    assert settings.scope is ScopeKind.ORGANIZATION
    assert settings.types == (ContactType.SECURITY, ContactType.BILLING)
    assert settings.fixers == ("U012ABCDEF", "S045GHIJKL", "W1234567")
    assert settings.readers == ("S045READER", "W1234567")
    assert settings.database == Path("/data/altcontact.db")
    assert (settings.read_rate, settings.write_rate) == (2.5, 1.0)
    assert (settings.phone_region, settings.log_format) == ("GB", "json")
    assert settings.log_level == "warning"
    assert settings.metrics == ("127.0.0.1", 9090)
    assert settings.confirm_timeout == 3
    assert settings.rules_url == "https://corp.example/rules"
    assert (settings.checkpoints, settings.checkpoint_key) == ("s3://corp-audit/altcontact", KEY)
    assert (settings.backup, settings.backup_keep) == ("s3://corp-backup/altcontact", 10)


def test_pasted_values() -> None:
    """What a program puts around a value that is copied from it is no part of it."""
    settings = load(
        {
            "SLACK_BOT_TOKEN": "\u200bxoxb-1-abc\ufeff",
            "SLACK_APP_TOKEN": "\u2066xapp-1-def\u2069",
            "ALTCONTACT_CHANNEL": "#security-alerts\u200b",
            "ALTCONTACT_FIXERS": "U012ABCDEF\u200b,\u200b,\u202dS045GHIJKL\u202c",
            "ALTCONTACT_CHECK_ON_START": "yes\u200b",
            "ALTCONTACT_READ_RATE": "\ufeff2.5",
        },
        needs_slack=True,
    )
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-abc"
    assert settings.slack_app_token.get_secret_value() == "xapp-1-def"
    assert settings.channel == "#security-alerts"
    assert settings.fixers == ("U012ABCDEF", "S045GHIJKL")
    assert settings.check_on_start is True
    assert settings.read_rate == 2.5


def test_file(folder: Path) -> None:
    """TOML gives settings by their plain names, lists among them, and the environment wins."""
    (folder / "altcontact.toml").write_text(
        'slack_bot_token = "xoxb-file"\nslack_app_token = "xapp-file"\nchannel = "C0123456789"\n'
        'check_on_start = true\ntypes = ["OPERATIONS", "BILLING"]\nfixers = ["*"]\n'
        'read_rate = 4\nphone_region = ""\n'
    )
    settings = load({"ALTCONTACT_READ_RATE": "7", "ALTCONTACT_TYPES": ""}, needs_slack=True)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-file"
    assert settings.channel == "C0123456789"
    assert settings.check_on_start is True
    assert settings.types == (ContactType.OPERATIONS, ContactType.BILLING)
    assert settings.fixers == ("*",)
    assert settings.read_rate == 7
    assert settings.phone_region is None


def test_named_file(folder: Path) -> None:
    """`ALTCONTACT_CONFIG` names the file, and the default one is not read then."""
    (folder / "altcontact.toml").write_text("not TOML at all")
    other = folder / "other.toml"
    other.write_text('scope = "account"\n')
    assert load({CONFIG: str(other)}, needs_slack=False).scope is ScopeKind.ACCOUNT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "file not found"),
        (b'channel = "xoxb-secret', "is not valid TOML"),
        (b'channel = "\xff"', "not encoded in UTF-8"),
        (b"channel = \"#a\"\nscope = 'auto'\nchannel = 5\n", "(at line 3, column 12): this key"),
        (b"channel = [\n", "is not valid TOML (at the end of the file, line 2)"),
        (b"[[policy.override]]\nmatch.account = 012345678901\n", "a number that begins with 0"),
        (b"[[policy.override]]\nmatch.account = ['1', 012345678901]\n", "begins with 0"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "is nested too deeply"),
        (b"a = " + b"1" * 5000, "a number that is too long"),
        ("folder", "can't be read"),
    ],
)
def test_unreadable_file(folder: Path, content: bytes | str | None, words: str) -> None:
    """A named file that is missing or no TOML is an error, beside those of the environment."""
    file = folder / "named.toml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        file.mkdir()
    said = refusal({CONFIG: str(file), "ALTCONTACT_SCOPE": "all"}, needs_slack=True)
    assert f"ALTCONTACT_CONFIG: {file}: " in said
    assert words in said
    assert "ALTCONTACT_SCOPE: “all” is not one of" in said
    assert "secret" not in said
    assert "is not set" not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_API_URL", "slack.com/api", "is not a valid http or https base URL"),
        ("SLACK_API_URL", "http://[::1/api", "is not a valid http or https base URL"),
        ("SLACK_API_URL", "https://slack.com/api?x=1", "is not a valid http or https base URL"),
        ("ALTCONTACT_CHANNEL", "Security", "did you mean “#security”?"),
        ("ALTCONTACT_CHANNEL", "#a b", "neither a channel id nor a #name. For"),
        ("ALTCONTACT_SCHEDULE", "daily", "it needs 5 fields, but has 1"),
        ("ALTCONTACT_SCHEDULE", "0 9 * * fnord", "is not a valid crontab expression"),
        ("ALTCONTACT_SCHEDULE", "0 0 30 2 *", "never matches a date"),
        ("ALTCONTACT_TIMEZONE", "Europe/Londn", "did you mean “Europe/London”?"),
        ("ALTCONTACT_TIMEZONE", "Europe", "is not an IANA time zone"),
        ("ALTCONTACT_TIMEZONE", "/etc/passwd", "is not an IANA time zone"),
        ("ALTCONTACT_CHECK_ON_START", "perhaps", "neither true nor false"),
        ("ALTCONTACT_SCOPE", "organisation", "did you mean “organization”?"),
        ("ALTCONTACT_TYPES", "securty", "did you mean “SECURITY”?"),
        ("ALTCONTACT_TYPES", ",", "contains no contact type"),
        ("ALTCONTACT_CHANNEL", "\u200b", "is empty"),
        ("ALTCONTACT_RULES_URL", "\u3164", "is empty"),
        ("ALTCONTACT_FIXERS", "@alice", "neither a user id"),
        ("ALTCONTACT_FIXERS", "*,U012ABCDEF", "can't be combined with ids"),
        ("ALTCONTACT_READ_RATE", "fast", "is not a number"),
        ("ALTCONTACT_READ_RATE", "0", "is not greater than 0"),
        ("ALTCONTACT_WRITE_RATE", "inf", "is not greater than 0"),
        ("ALTCONTACT_CONFIRM_TIMEOUT", "nan", "is not greater than 0"),
        ("ALTCONTACT_LEASE", "1", "is not between 2 and 60"),
        ("ALTCONTACT_LEASE", "61", "is not between 2 and 60"),
        ("ALTCONTACT_PHONE_REGION", "UK", "did you mean “GB”?"),
        ("ALTCONTACT_PHONE_REGION", "Germany", "is not an ISO country code"),
        ("ALTCONTACT_RULES_URL", "docs/rules", "is not a valid http or https base URL"),
        ("ALTCONTACT_LOG_FORMAT", "jsn", "did you mean “json”?"),
        ("ALTCONTACT_METRICS", "9090", "did you mean “0.0.0.0:9090”?"),
        ("ALTCONTACT_METRICS", "127.0.0.1", "did you mean “127.0.0.1:8080”?"),
        ("ALTCONTACT_LOG_LEVEL", "warn", "did you mean “warning”?"),
        ("ALTCONTACT_LOG_LEVEL", "fatal", "did you mean “error”?"),
        ("ALTCONTACT_LOG_LEVEL", "loud", "is not one of debug, info, warning, error"),
        ("ALTCONTACT_CHECKPOINTS", "corp-audit", "does not begin with s3://"),
        ("ALTCONTACT_CHECKPOINTS", "s3://Corp", "has no valid bucket name"),
        ("ALTCONTACT_CHECKPOINTS", "s3://corp/a b", "has a prefix with characters other than"),
        ("ALTCONTACT_BACKUP", "https://corp.s3.amazonaws.com", "does not begin with s3://"),
    ],
)
def test_wrong_value(name: str, value: str, words: str) -> None:
    """A wrong value is named with the problem and an example."""
    said = refusal({name: value})
    assert said.startswith("A setting is invalid or missing:\n")
    assert f"  {name}: " in said
    assert words in said
    assert ("For example: " in said) is ("did you mean" not in said)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("many", "is not a number"),
        ("2.5", "is not a whole number"),
        ("1", "is not between 2 and 10,000"),
        ("10001", "is not between 2 and 10,000"),
    ],
)
def test_a_wrong_number_of_snapshots_is_refused(value: str, words: str) -> None:
    """One alone could be damaged, and too many take long to list."""
    assert words in refusal(
        {"ALTCONTACT_BACKUP": "s3://corp-backup", "ALTCONTACT_BACKUP_KEEP": value}
    )


def test_snapshots_to_keep_without_a_place_are_refused() -> None:
    """Nobody should think that snapshots are kept if none are saved."""
    said = refusal({"ALTCONTACT_BACKUP_KEEP": "10"})
    assert "ALTCONTACT_BACKUP_KEEP: has no effect without ALTCONTACT_BACKUP" in said
    assert "s3://corp-backup/altcontact" in said


def test_snapshots_of_postgresql_are_refused() -> None:
    """It has backups of its own, and the bot can't restore them."""
    said = refusal(
        {
            "ALTCONTACT_BACKUP": "s3://corp-backup",
            "ALTCONTACT_DATABASE": "postgresql://bot:secret@db.corp.internal/altcontact",
        }
    )
    assert "ALTCONTACT_BACKUP: is for a SQLite file" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("backup", "is_refused"),
    [
        ("s3://corp-audit/altcontact", True),
        ("s3://corp-audit/altcontact/snapshots", True),
        ("s3://corp-audit", True),
        ("s3://corp-audit/altcontact-snapshots", False),
        ("s3://corp-backup/altcontact", False),
    ],
)
def test_snapshots_and_checkpoints_are_kept_apart(backup: str, is_refused: bool) -> None:
    """The verification of checkpoints reports everything else that is there."""
    given = {"ALTCONTACT_CHECKPOINTS": "s3://corp-audit/altcontact", "ALTCONTACT_BACKUP": backup}
    if is_refused:
        assert "is in the same place as ALTCONTACT_CHECKPOINTS" in refusal(given)
    else:
        assert load(given, needs_slack=False).backup == backup


@pytest.mark.parametrize(
    "value", ["alias/audit", KEY.replace("key/", "alias/"), KEY.replace(":kms:", ":s3:"), "*"]
)
def test_a_key_is_named_by_its_own_arn(value: str) -> None:
    """An alias could be moved to another key, and an id alone says no region."""
    wrong = {"ALTCONTACT_CHECKPOINTS": "s3://corp-audit", "ALTCONTACT_CHECKPOINT_KEY": value}
    assert "is not the ARN of a KMS key" in refusal(wrong)


def test_a_key_without_a_destination_is_refused() -> None:
    """Nobody should think that checkpoints are signed if none are written."""
    said = refusal({"ALTCONTACT_CHECKPOINT_KEY": KEY})
    assert "ALTCONTACT_CHECKPOINT_KEY: has no effect without ALTCONTACT_CHECKPOINTS" in said
    assert "s3://corp-audit/altcontact" in said


@pytest.mark.parametrize(
    "line",
    [
        "channel = 5",
        "channel = []",
        "types = [1]",
        "read_rate = true",
        "check_on_start = {}",
        "timezone = 1979-05-27",
        "scope = {}",
    ],
)
def test_wrong_kind_in_file(folder: Path, line: str) -> None:
    """A TOML value of the wrong kind is named once, with the file and the line it is in."""
    (folder / "altcontact.toml").write_text(f"# A comment.\n\n{line}")
    said = refusal({})
    assert f"  {line.split(maxsplit=1)[0]} in altcontact.toml, line 3: " in said
    assert said.count("\n") == 1


def test_everything_wrong_at_once() -> None:
    """One message names every bad setting, the missing ones too."""
    said = refusal({"ALTCONTACT_SCOPE": "x", "ALTCONTACT_READ_RATE": "y"}, needs_slack=True)
    assert said.startswith("5 settings are invalid or missing:\n")
    for name in (*SLACK, "ALTCONTACT_SCOPE", "ALTCONTACT_READ_RATE"):
        assert said.count(f"  {name}: ") == 1


def test_swapped_tokens() -> None:
    """Swapped tokens get a hint, and neither is repeated."""
    swapped = {
        "SLACK_BOT_TOKEN": SLACK["SLACK_APP_TOKEN"],
        "SLACK_APP_TOKEN": SLACK["SLACK_BOT_TOKEN"],
    }
    said = refusal(SLACK | swapped, needs_slack=True)
    assert said.count("are the two tokens swapped?") == 2
    assert "1-abc" not in said
    assert "1-def" not in said


@pytest.mark.parametrize("after", ["…", "...…", "1-äbc", "1 2", ""])
def test_a_token_that_was_not_pasted(after: str) -> None:
    """The placeholder of an example, or half a token, is refused, with the page that has it."""
    values = SLACK | {"SLACK_BOT_TOKEN": f"xoxb-{after}", "SLACK_APP_TOKEN": f"xapp-{after}"}
    found = load_lenient(values, needs_slack=True).problems
    assert [problem.where for problem in found] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert all("isn't a complete Slack" in problem.what for problem in found)
    assert "Bot User OAuth Token" in found[0].remedy
    assert "App-Level Tokens" in found[1].remedy


@pytest.mark.parametrize("name", [*FIELDS, CONFIG])
def test_secrets_stay_secret(name: str) -> None:
    """A token in any place, wrong ones too, is in no message and no representation."""
    values = SLACK | {name: "xoxb-hush-hush"}
    if name in {"SLACK_BOT_TOKEN", "ALTCONTACT_DATABASE"}:
        assert "hush" not in repr(load(SLACK | {"SLACK_BOT_TOKEN": "xoxb-hush"}, needs_slack=True))
        return
    assert "hush" not in refusal(values, needs_slack=True)


def test_garbage_as_token(folder: Path) -> None:
    """What is no token at all is refused without repeating it, from the file as well."""
    (folder / "altcontact.toml").write_text('slack_bot_token = 5\nslack_app_token = "hunter2"\n')
    said = refusal({"ALTCONTACT_CHANNEL": "#x"}, needs_slack=True)
    assert (
        "slack_bot_token in altcontact.toml, line 1: does not look like a Slack bot token" in said
    )
    assert "slack_app_token in altcontact.toml, line 2: " in said
    assert "hunter2" not in said


def test_unknown_names(folder: Path) -> None:
    """Unknown settings are errors that name the nearest; what Kubernetes sets is none."""
    (folder / "altcontact.toml").write_text('ALTCONTACT_CHANEL = "x"\nfixer = "*"\n"a b" = 1\n')
    said = refusal(
        {
            "ALTCONTACT_CONFG": "x",
            "ALTCONTACT_SHEDULE": "x",
            "ALTCONTACT_EMPTY": "",
            "ALTCONTACT_SERVICE_HOST": "10.0.0.1",
            "ALTCONTACT_PORT_80_TCP": "tcp://10.0.0.1:80",
            "OTHER": "x",
        }
    )
    assert said.startswith("5 settings")
    assert "ALTCONTACT_CONFG: unknown setting (did you mean “ALTCONTACT_CONFIG”?)" in said
    assert "ALTCONTACT_SHEDULE: unknown setting (did you mean “ALTCONTACT_SCHED" in said
    there_is_none = "unknown setting"
    assert f"ALTCONTACT_CHANEL in altcontact.toml, line 1: {there_is_none} (did you mean “c" in said
    assert f"fixer in altcontact.toml, line 2: {there_is_none} (did you mean “fixers”?)" in said
    assert "“a b” in altcontact.toml, line 3: " in said


def test_look_takes_what_can_be_used(folder: Path) -> None:
    """What is wrong or missing is at its default and named; the rest is as it was set."""
    found = load_lenient(
        SLACK | {"ALTCONTACT_SCOPE": "galaxy", "SLACK_APP_TOKEN": ""}, needs_slack=True
    )
    assert found.wrong == {"scope", "slack_app_token"}
    assert found.settings.scope is None
    assert found.settings.channel == SLACK["ALTCONTACT_CHANNEL"]
    assert (found.count, found.sources) == (3, "the environment")
    assert [problem.where for problem in found.problems] == ["ALTCONTACT_SCOPE", "SLACK_APP_TOKEN"]
    assert [problem.snippet for problem in found.problems] == [
        "export ALTCONTACT_SCOPE=auto",
        "export SLACK_APP_TOKEN='xapp-…'",
    ]
    (folder / "altcontact.toml").write_text('scope = "galaxy"\n')
    found = load_lenient({}, needs_slack=False)
    assert [problem.snippet for problem in found.problems] == ['scope = "auto"']
    assert found.sources == "the environment and altcontact.toml"


def test_look_at_a_file_that_cannot_be_read(folder: Path) -> None:
    """Where the file cannot be read, all but what the environment gives may be otherwise."""
    (folder / "altcontact.toml").write_text("channel\n")
    found = load_lenient({"ALTCONTACT_DATABASE": "/data/a.db"}, needs_slack=True)
    assert found.wrong == Settings.model_fields.keys() - {"database"}
    assert [problem.where for problem in found.problems] == ["altcontact.toml"]


def test_an_error_holds_each_problem() -> None:
    """`SettingsError.problems` are the lines of its message."""
    with pytest.raises(SettingsError) as caught:
        load({"ALTCONTACT_SCOPE": "galaxy", "ALTCONTACT_TYPES": "NONE"}, needs_slack=False)
    assert len(caught.value.problems) == 2
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)


def test_problems_of_the_file_are_in_the_order_of_its_lines(tmp_path: Path) -> None:
    """Problems of the environment come first, then those of the file from top to bottom."""
    file = tmp_path / "altcontact.toml"
    file.write_text('timezone = "Nowhere"\n[policy]\nsecurty = "required"\n[polcy]\n')
    found = load_lenient(
        {CONFIG: str(file), "ALTCONTACT_SCOPE": "galaxy", "ALTCONTACT_TYPE": "BILLING"},
        needs_slack=False,
    )
    assert [(problem.line, problem.key or problem.where) for problem in found.problems] == [
        (0, "ALTCONTACT_TYPE"),
        (0, "ALTCONTACT_SCOPE"),
        (1, "timezone"),
        (3, "policy.securty"),
        (4, "polcy"),
    ]


def test_made_directly() -> None:
    """Settings can be made from values of their own types, and do not change."""
    settings = Settings(slack_bot_token=SecretStr("xoxb-1"), timezone=ZoneInfo("UTC"), scope=None)
    assert Settings(types=(ContactType.BILLING,)).policy.evaluated_types == (ContactType.BILLING,)
    with pytest.raises(ValueError, match="frozen"):
        settings.channel = "#other"


def test_process_environment_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own environment is not looked at unless it is handed in."""
    monkeypatch.setenv("CHANNEL", "#other")
    monkeypatch.setenv("ALTCONTACT_CHANNEL", "#other")
    assert load({}, needs_slack=False).channel == ""


def test_described() -> None:
    """Every setting has a description, an example and a row in the docs, and nothing else has."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted((*FIELDS, CONFIG))
    for field in Settings.model_fields.values():
        assert field.description
        assert field.examples
