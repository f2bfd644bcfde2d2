"""The policy in the file: what is read of it, and what is said of every kind of mistake in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config.load import load, load_lenient
from bot.config.toml_file import CONFIG
from bot.domain.accounts import Account, Unit
from bot.domain.contacts import ContactType
from bot.domain.errors import SettingsError
from bot.domain.policy.account_policy import AccountPolicy, ApprovalRule, Presence
from bot.domain.policy.match import EVERY, Match
from bot.domain.policy.policy import PolicyTable
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scope import AwsTarget, ScopeKind
from tests.unit.config.toml_writing import as_toml

if TYPE_CHECKING:
    from bot.config.load import LoadedSettings
    from bot.domain.errors import SettingProblem

ROOT: Final = Path(__file__).parents[3]
DOCS: Final = ROOT / "docs" / "policy.md"
EXAMPLE: Final = (re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL) or [""])[0]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(text: str) -> LoadedSettings:
    """What is found in a file of this text."""
    Path("altcontact.toml").write_text(text, encoding="utf-8")
    return load_lenient({}, needs_slack=False)


def tables(text: str) -> list[PolicyTable]:
    """The tables of a valid file, without those that are built in."""
    found = seen(text)
    assert found.problems == ()
    return list(found.settings.policy.tables[2:])


def problems(text: str) -> tuple[SettingProblem, ...]:
    """What is wrong in a file, which is not to be started with."""
    found = seen(text)
    with pytest.raises(SettingsError):
        load({}, needs_slack=False)
    assert {"policy", "aws"} <= found.wrong
    assert found.settings.policy.tables[2:] == ()
    return found.problems


def test_the_documented_example() -> None:
    """The example in the docs is right, and gives what its comments say."""
    found = seen(EXAMPLE)
    assert found.problems == ()
    assert found.tables == 9
    assert [target.name for target in found.settings.aws] == ["corp", "acquired"]

    def resolved(name: str, organization: str = "corp", **tags: str) -> AccountPolicy:
        production = (Unit("ou-ab12-11111111", "Production"), Unit("ou-ab12-22222222", "Payments"))
        account = Account("222233334444", name, "ACTIVE", "", organization, production, tags)
        policy = found.settings.policy.resolve(account)
        assert isinstance(policy, AccountPolicy)
        return policy

    plain = resolved("payments")
    assert plain.channel == "#prod-alerts"
    assert plain.expected[ContactType.SECURITY] == {"email": ("prod-security@corp.example",)}
    assert plain.severities[Rule.FOREIGN_DOMAIN] is Severity.MEDIUM
    assert plain.severities[Rule.PLACEHOLDER] is Severity.VERY_HIGH
    assert (plain.exemption_days, plain.verification_days) == (180, 90)
    assert resolved("payments", "acquired", env="prod").domains == ("acquired.example",)
    assert resolved("payments", env="prod").domains == ("corp.example", "*.corp.example")
    lab = resolved("lab-7")
    assert (lab.mention, lab.channel) == ((), "#prod-alerts")
    assert (plain.fixers, plain.approvers) == (None, ("S0LEADS001",))
    assert (plain.approval, plain.break_glass) == (ApprovalRule.ALWAYS, True)
    assert (lab.fixers, lab.approval) == (("*",), ApprovalRule.NEVER)
    assert lab.presence[ContactType.BILLING] is Presence.IGNORED
    assert resolved("sandbox-1").excluded == "Closed and recreated every Friday."


def test_ids_are_taken_as_they_are_pasted() -> None:
    """Account ids, OUs, roles, channels and who is mentioned, in whatever form they were copied."""
    console = "https://us-east-1.console.aws.amazon.com/organizations/v2/home"
    found = seen(
        "[[policy.override]]\n"
        "match.account = ['1111-2222-3333', '`111122223333`', 'arn:aws:iam::444455556666:root', "
        f"'{console}/accounts/777788889999', '\u200b012345678901\u00a0']\n"
        "match.ou = ['arn:aws:organizations::111111111111:ou/o-abcdef1234/ou-ab12-11111111', "
        "'o-abcdef1234/r-ab12/ou-ab12-11111111/ou-ab12-22222222/']\n"
        "channel = '<#C0123456789|alerts>'\nmention = ['<@U0ALICE001>', '\u2060S0SECOPS01']\n"
        "[[aws]]\nname = 'a'\nrole = '`arn:aws:iam::111122223333:role/altcontact_`\u200b'\n"
    )
    assert found.problems == ()
    table = found.settings.policy.tables[-1]
    assert table.match == Match(
        accounts=("111122223333", "444455556666", "777788889999", "012345678901"),
        units=("ou-ab12-11111111", "ou-ab12-22222222"),
    )
    assert table.values["channel"] == "C0123456789"
    assert table.values["mention"] == ("U0ALICE001", "S0SECOPS01")
    assert [target.role for target in found.settings.aws] == [
        "arn:aws:iam::111122223333:role/altcontact_"
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/policy.md", "docs/settings.md"])
def test_the_examples_of_the_docs(page: str) -> None:
    """Each TOML example is right."""
    examples = re.findall(r"```toml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        assert seen(example).problems == ()


def test_layers_stand_as_in_the_file() -> None:
    """Each table is a layer with its line; overrides and exclusions keep their common order."""
    assert tables(
        '[[policy.override]]\nmatch = { ou = "/A" }\nsecurity = "optional"\n\n'
        '[[policy.exclude]]\nmatch = { name = "b" }\nreason = "A long reason."\n'
        '[[policy.override]]\nmatch.tag.env = "prod"\nsecurity.email = "a@corp.example"\n'
        'rules.missing = "on"\n'
        '[policy]\nbilling = "Required"\nrules.changed = "low"\n'
        '[policy.operations]\npresence = "optional"\n'
    ) == [
        PolicyTable(
            "[policy] (line 12)",
            {"billing.presence": Presence.REQUIRED, "rules.changed": Severity.LOW},
            EVERY,
        ),
        PolicyTable(
            "[policy.operations] (line 15)", {"operations.presence": Presence.OPTIONAL}, EVERY
        ),
        PolicyTable(
            "[[policy.override]] 1 (line 1)",
            {"security.presence": Presence.OPTIONAL},
            Match(units=("/A",)),
        ),
        PolicyTable(
            "[[policy.exclude]] 1 (line 5)",
            {"excluded": "A long reason."},
            Match(names=("b",)),
        ),
        PolicyTable(
            "[[policy.override]] 2 (line 8)",
            {"security.email": ("a@corp.example",), "rules.missing": Severity.VERY_HIGH},
            Match(tags=(("env", "prod"),)),
        ),
    ]


def test_a_policy_without_a_header() -> None:
    """Dotted keys at the top of the file and inline tables are read alike."""
    assert tables('policy.security = "optional"\npolicy.rules = { changed = "on" }\n') == [
        PolicyTable(
            "policy (line 1)",
            {"security.presence": Presence.OPTIONAL, "rules.changed": Severity.LOW},
            EVERY,
        )
    ]
    inline = 'override = [\n { match = { name = "a" }, security = "optional" },\n]\n'
    assert [table.source for table in tables(f"[policy]\n{inline}")] == [
        "[[policy.override]] 1 (line 3)"
    ]


def test_no_policy() -> None:
    """Without a policy nothing is added to what the setting says."""
    assert tables('channel = "#a"\n') == []
    assert tables("[policy]\n") == []


def test_domains_switch_their_rule_on() -> None:
    """Naming domains anywhere switches the rule on, and each table may still switch it off."""
    of_policy = "[policy]\nrules.foreign_domain = 'off'\n"
    override = "[[policy.override]]\nmatch.name = 'a'\ndomains = 'corp.example'\n"
    first, *rest = tables(of_policy + override)
    assert first == PolicyTable(
        "domains of [[policy.override]] 1 (line 3)", {"rules.foreign_domain": Severity.MEDIUM}
    )
    assert rest[0].values == {"rules.foreign_domain": None}


def test_values_are_taken_as_they_are_seen() -> None:
    """Hidden characters go, letters are composed, domains are ASCII: as what AWS holds."""
    text = """
    [policy]
    domains = ["b\u00fccher.example", "*.bu\u0308cher.example"]
    [policy.security]
    name = "\u200bMu\u0308ller Team"
    email = ["sec@b\u00fccher.example", "@b\u00fccher.example"]
    phone = ["\u202d+44 20 7946 0958\u202c", "+1 436 234 5678"]
    """
    values = {key: value for table in tables(text) for key, value in table.values.items()}
    assert values == {
        "rules.foreign_domain": Severity.MEDIUM,
        "domains": ("xn--bcher-kva.example", "*.xn--bcher-kva.example"),
        "security.name": ("M\u00fcller Team",),
        "security.email": ("sec@xn--bcher-kva.example", "@xn--bcher-kva.example"),
        "security.phone": ("+44 20 7946 0958", "+1 436-234-5678"),
    }


def test_what_an_override_takes_away() -> None:
    """In an override an empty list or text is a value: nothing."""
    (table,) = tables(
        "[[policy.override]]\nmatch.name = 'a'\ndomains = []\nmention = []\nchannel = ''\n"
        "owner_tag = ''\nsecurity.email = []\nmanaged_by = ''\nrepository = ''\n"
    )
    assert table.values == {
        "domains": (),
        "mention": (),
        "channel": "",
        "owner_tag": "",
        "security.email": (),
        "managed_by": "",
        "repository": "",
    }


def test_who_may_change_contacts() -> None:
    """People are named in any form that is pasted; in every section, no fixers means nobody."""
    general, override = tables(
        "[policy]\nfixers = []\napprovers = '<!subteam^S0LEADS001>'\napproval = 'Always'\n"
        "[[policy.override]]\nmatch.name = 'a'\nfixers = ['<@U0ALICE001>', 'S0SECOPS01']\n"
        "approvers = ['*']\nbreak_glass = true\n"
    )
    assert general.values == {
        "fixers": (),
        "approvers": ("S0LEADS001",),
        "approval": ApprovalRule.ALWAYS,
    }
    assert override.values == {
        "fixers": ("U0ALICE001", "S0SECOPS01"),
        "approvers": ("*",),
        "break_glass": True,
    }


def test_contacts_kept_as_code_and_fixed_by_the_bot() -> None:
    """The tool is taken in any case; a link keeps its path, query and port."""
    general, override = tables(
        "[policy]\nmanaged_by = ' LZA '\nauto_fix_limit = 1000\n"
        "repository = 'https://git.corp.example:8443/aws/accounts?ref=main#contacts'\n"
        "[[policy.override]]\nmatch.name = 'a'\nmanaged_by = ''\nauto_fix = true\n"
        "security = { name = 'a', title = 'b', email = 'a@corp.example', "
        "phone = '+44 20 7946 0958' }\n"
    )
    assert general.values == {
        "managed_by": "lza",
        "repository": "https://git.corp.example:8443/aws/accounts?ref=main#contacts",
        "auto_fix_limit": 1000,
    }
    assert (override.values["managed_by"], override.values["auto_fix"]) == ("", True)


def test_targets() -> None:
    """Each `[[aws]]` table is a target, and its name may be matched."""
    found = seen(
        "[[aws]]\nname = 'a'\nprofile = 'p'\n"
        "[[aws]]\nname = 'b'\nrole = 'arn:aws-cn:iam::111122223333:role/path/x'\n"
        "external_id = 'e-1'\nscope = 'account'\n"
        "[[aws]]\nname = 'c'\nprofile = 'p'\nscope = 'auto'\n"
        "[[policy.override]]\nmatch.organization = ['a', 'c']\nsecurity = 'optional'\n"
    )
    assert found.problems == ()
    assert found.settings.aws == (
        AwsTarget("a", profile="p"),
        AwsTarget(
            "b",
            role="arn:aws-cn:iam::111122223333:role/path/x",
            external_id="e-1",
            scope=ScopeKind.ACCOUNT,
        ),
        AwsTarget("c", profile="p"),
    )
    assert found.settings.policy.tables[-1].match == Match(organizations=("a", "c"))


P, O, X = "[policy]\n", "[[policy.override]]\n", "[[policy.exclude]]\n"  # noqa: E741 - short, for the table below
M = "match.name = 'a'\n"
BROKEN: Final = [
    ("policy = 5  # !", "policy", "is not a TOML table"),
    (f"{P}securty = 'required'  # !", "policy.securty", "did you mean “security”?"),
    (f"{P}xyzzy = 1  # !", "policy.xyzzy", "unknown key; use one of: security, "),
    (f"{P}schedule = '0 9 * * *'  # !", "policy.schedule", "is a setting: move it above the first"),
    ("[[aws]]\nname = 'a'\nprofile = 'p'\ntypes = 'BILLING'  # !", "[[aws]] 1, types", "is a sett"),
    (f"{P}security = 'requird'  # !", "policy.security", "did you mean “required”?"),
    (f"{P}security = true  # !", "policy.security", "invalid value “True”"),
    (f"{P}security.presence = []  # !", "policy.security.presence", "invalid value a list"),
    (f"{P}[policy.securit]  # !\nemail = ''", "policy.securit", "did you mean “security”?"),
    (f"{P}[policy.security]\nmail = 'x'  # !", "policy.security.mail", "did you mean “email”?"),
    (f"{P}rules = 'on'  # !", "policy.rules", "is not a TOML table"),
    (f"{P}rules.plceholder = 'on'  # !", "policy.rules.plceholder", "did you mean “placeholder”?"),
    (f"{P}rules.unreadable = 'on'  # !", "policy.rules.unreadable", "unknown key"),
    (f"{P}rules.placeholder = 'hihg'  # !", "policy.rules.placeholder", "did you mean “high”?"),
    (f"{P}rules.placeholder = true  # !", "policy.rules.placeholder", "invalid value “True”"),
    (f"{P}rules.missing = 'off'  # !", "policy.rules.missing", "can't be turned off"),
    (f"{P}rules.different = 'off'  # !", "policy.rules.different", "can't be turned off"),
    (f"{P}rules.forbidden = 'OFF'  # !", "policy.rules.forbidden", "can't be turned off"),
    (f"{P}domains = ['a.example',\n'@corp.example',  # !\n]", "policy.domains", "mean “corp"),
    (f"{P}owner_tag = '\u200b\u3164'  # !", "policy.owner_tag", "is empty"),
    (f"{P}owner_tag = 'a\u202eb'  # !", "policy.owner_tag", "hidden characters"),
    (f"{P}security.name = '\u200b'  # !", "policy.security.name", "is empty"),
    (f"{P}security.name = 'a\u202eb'  # !", "policy.security.name", "hidden characters"),
    (f"{P}security.email = 'a@\u043f.\u0440\u0444'  # !", "policy.security.email",
     "is not accepted by AWS: AWS doesn't accept addresses at xn--"),
    (f"{P}domains = ['*.\u043f.\u0440\u0444']  # !", "policy.domains", "with a hyphen"),
    (f"{P}security.email = '@a.xn--p1ai'  # !", "policy.security.email",
     "doesn't accept email addresses"),
    (f"{X}{M}reason = '\u200b\u200b  \u2060   \u3164\u3164'  # !", "[[policy.exclude]] 1, reason",
     "visible characters"),
    (f"{X}{M}reason = 'Long enough\u202e'  # !", "[[policy.exclude]] 1, reason", "hidden char"),
    (f"{O}match.ou = '/a/\u3164'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.ou",
     "an OU without a name; write a slash within a name as %2F"),
    (f"{O}match.ou = '/Build/CI\\/CD'  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.ou", "write a slash within a name as %2F"),
    (f"{P}domains = 'corp'  # !", "policy.domains", "“corp” is not a valid domain"),
    (f"{P}domains = ['a..example']  # !", "policy.domains", "is not a valid domain"),
    (f"{P}domains = [{{ a = 1 }}]  # !", "policy.domains", "a table is not a string"),
    (f"{P}domains = []  # !", "policy.domains", "is empty"),
    (f"{P}mention = ['@alice']  # !", "policy.mention", "neither a Slack user id"),
    (f"{P}mention = []  # !", "policy.mention", "is empty"),
    (f"{P}channel = 'Security'  # !", "policy.channel", "did you mean “#security”?"),
    (f"{P}channel = 5  # !", "policy.channel", "“5” is not a string"),
    (f"{P}owner_tag = ''  # !", "policy.owner_tag", "is empty"),
    (f"{P}owner_tag = '{'x' * 129}'  # !", "policy.owner_tag", "is longer than 128"),
    (f"{P}fixers = ['@alice']  # !", "policy.fixers", "neither a Slack user id"),
    (f"{P}fixers = ['S0SECOPS01',\n'secops',  # !\n]", "policy.fixers", "neither a Slack user id"),
    (f"{P}approvers = ['*', 'S0SECOPS01']  # !", "policy.approvers", "can't be combined with ids"),
    (f"{O}{M}approvers = []  # !", "[[policy.override]] 1, approvers", "is empty"),
    (f"{P}fixer = []  # !", "policy.fixer", "did you mean “fixers”?"),
    (f"{P}approval = 'sensitiv'  # !", "policy.approval", "did you mean “sensitive”?"),
    (f"{P}approval = true  # !", "policy.approval", "invalid value “True”; use one of: always"),
    (f"{P}break_glass = 'yes'  # !", "policy.break_glass", "“yes” is neither true nor false"),
    (f"{P}break_glass = 1  # !", "policy.break_glass", "“1” is neither true nor false"),
    (f"{P}managed_by = 'terrafrom'  # !", "policy.managed_by", "did you mean “terraform”?"),
    (f"{P}managed_by = true  # !", "policy.managed_by", "invalid value “True”; use one of: terra"),
    (f"{P}managed_by = ''  # !", "policy.managed_by", "invalid value “”"),
    (f"{P}repository = 'git@corp.example:aws.git'  # !\nmanaged_by = 'lza'",
     "policy.repository", "is not a link that begins with https://"),
    (f"{P}repository = 'http://corp.example'  # !\nmanaged_by = 'lza'",
     "policy.repository", "is not a link that begins with https://"),
    (f"{P}repository = 'https://x:ghp_1@corp.example/aws'  # !\nmanaged_by = 'lza'",
     "policy.repository", "contains a user name or a token; use the link"),
    (f"{P}repository = 'https://corp.example/a|b'  # !\nmanaged_by = 'lza'",
     "policy.repository", "characters that a link can't have"),
    (f"{P}repository = 'https://corp.example/a b'  # !\nmanaged_by = 'lza'",
     "policy.repository", "characters that a link can't have"),
    (f"{P}repository = 'https://[corp'  # !\nmanaged_by = 'lza'",
     "policy.repository", "is not a valid link"),
    (f"{P}repository = 'https://corp.example/{'x' * 500}'  # !\nmanaged_by = 'lza'",
     "policy.repository", "has more than 500 characters"),
    (f"{P}repository = 'https://corp.example/aws'  # !", "policy.repository",
     "has no effect: no section sets managed_by"),
    (f"{P}auto_fix = 'on'  # !", "policy.auto_fix", "“on” is neither true nor false"),
    (f"{P}auto_fix = 1  # !", "policy.auto_fix", "“1” is neither true nor false"),
    (f"{P}auto_fix_limit = 0  # !\nauto_fix = true", "policy.auto_fix_limit",
     "“0” is not between 1 and 1000"),
    (f"{P}auto_fix_limit = true  # !\nauto_fix = true", "policy.auto_fix_limit",
     "is not a whole number"),
    (f"{P}auto_fix_limit = 5  # !\nauto_fix = false", "policy.auto_fix_limit",
     "has no effect: no section turns on auto_fix"),
    (f"{P}auto_fix = true  # !\nsecurity.name = 'x'\nsecurity.title = 'x'", "policy.auto_fix",
     "has no effect: no section expects all four fields"),
    (f"{O}{M}managed_by = 'aft'\nauto_fix = true  # !", "[[policy.override]] 1, auto_fix",
     "has no effect: the bot never fixes contacts by itself"),
    (f"{P}exemption_days = 366  # !", "policy.exemption_days", "“366” is not between 1 and 365"),
    (f"{P}exemption_days = true  # !", "policy.exemption_days", "is not a whole number"),
    (f"{P}verification_days = 0  # !", "policy.verification_days", "“0” is not between 1 and 365"),
    (f"{P}verification_days = 9.5  # !", "policy.verification_days", "is not a whole number"),
    (f"{P}security.email = 'a b@corp.example'  # !", "policy.security.email", "email address"),
    (f'{P}security.email = "o\'hara@corp.example"  # !', "policy.security.email", "apostrophe"),
    (f"{P}security.email = ['@corp']  # !", "policy.security.email", "is not a valid domain"),
    (f"{P}security.email = [5]  # !", "policy.security.email", "is not a string"),
    (f"{P}security.email = []  # !", "policy.security.email", "is empty"),
    (f"{P}security.email = ['']  # !", "policy.security.email", "is empty"),
    (f"{P}security.phone = '+00 0000000000'  # !", "policy.security.phone", "phone number"),
    (f"{P}security.phone = '020 7946 0958'  # !", "policy.security.phone", "start with + and"),
    (f"{P}security.name = '{'x' * 65}'  # !", "policy.security.name", "at most 64 characters"),
    (f"{P}security.title = '{'x' * 51}'  # !", "policy.security.title", "at most 50 characters"),
    (
        f"{P}security.presence = 'forbidden'\nsecurity.title = 'x'  # !",
        "policy.security.title",
        "can't be expected: the contact is forbidden here",
    ),
    (
        f"{O}{M}security = {{ presence = 'ignored', name = 'x' }}  # !",
        "[[policy.override]] 1, security.name",
        "can't be expected: the contact is ignored here",
    ),
    (
        f"{P}billing.name = 'x'  # !",
        "policy.billing.name",
        "no section checks billing contacts",
    ),
    (
        f"{P}[policy.billing]\nname = 'x'  # !",
        "policy.billing.name",
        "no section checks billing contacts",
    ),
    ("[policy.override]  # !\nsecurity = 'optional'", "policy.override", "double brackets"),
    ("policy.override = [5]  # !", "[[policy.override]] 1", "is not a TOML table"),
    (f"{O[:-1]}  # !\nsecurity = 'optional'", "[[policy.override]] 1, match",
     "which accounts this section applies to"),
    (f"{O}{M}security = 'optional'\n{O}match = {{}}  # !\nsecurity = 'optional'",
     "[[policy.override]] 2, match", "which accounts this section applies to"),
    (f"{O}match = 'a'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match",
     "is not a TOML table"),
    (f"{O}match.unit = 'a'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.unit",
     "unknown key"),
    (f"{O}match.account = '1234'  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "not an account id: it has 4 digits"),
    (f"{O}match.account = '12345678901'  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "perhaps a leading zero was lost"),
    (f"{O}match.account = 'one account'  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "not an account id, which has 12 digits"),
    (f"{O}match.account = 111122223333  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "needs quotation marks"),
    (f"{O}match.account = 12345678901  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "“12345678901” needs quotation marks"),
    (f"{O}match.account = 12345678901  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "perhaps a leading zero was lost"),
    (f"{O}match.account = 1.2e10  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.account", "needs quotation marks"),
    (f"{O}match.name = []  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.name",
     "is empty"),
    (f"{O}match.name = ['a', '']  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.name",
     "is empty"),
    (f"{O}match.ou = 'Production'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.ou",
     "begins with neither / nor an OU id"),
    (f"{O}match.ou = '/a//b'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.ou",
     "an OU without a name"),
    (f"{O}match.ou = '/a/b**'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.ou",
     "use ** alone between slashes"),
    (f"{O}match.ou = 'ou-1/**'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.ou",
     "begins with neither / nor an OU id"),
    (f"{O}match.tag = 'env=prod'  # !\nsecurity = 'optional'", "[[policy.override]] 1, match.tag",
     "needs a key and a value"),
    (f"{O}match.tag.env = ['a']  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.tag.env", "a list is not a string"),
    (f"{O}match.organization = 'x'  # !\nsecurity = 'optional'",
     "[[policy.override]] 1, match.organization", "no [[aws]] section is named “x”"),
    (f"[[aws]]\nname = 'corp'\nprofile = 'p'\n{O}match.organization = 'crop'  # !\n"
     "security = 'optional'", "[[policy.override]] 1, match.organization", "did you mean “corp”?"),
    (f"{O[:-1]}  # !\n{M}", "[[policy.override]] 1", "sets no values"),
    (f"{O[:-1]}  # !\n{M}security = 'optional'\n{O}{M}security = 'required'",
     "[[policy.override]] 1", "has no effect: [[policy.override]] 2 (line 4) has the same match"),
    (f"{X[:-1]}  # !\n{M}", "[[policy.exclude]] 1", "has no reason"),
    (f"{X}{M}reason = 'Because.'  # !", "[[policy.exclude]] 1, reason",
     "fewer than 10 visible characters"),
    (f"{X}{M}reason = '{'x' * 501}'  # !", "[[policy.exclude]] 1, reason", "more than 500"),
    (f"{X}{M}reason = 5  # !", "[[policy.exclude]] 1, reason", "is not a string"),
    (f"{X[:-1]}  # !\nreason = 'A long reason.'", "[[policy.exclude]] 1, match",
     "which accounts this section applies to"),
    (f"{X}{M}reason = 'A long reason.'\nsecurity = 'optional'  # !",
     "[[policy.exclude]] 1, security", "unknown key"),
    ("[aws]  # !\nname = 'a'", "aws", "needs double brackets"),
    ("[[aws]]  # !\nname = 'a'", "[[aws]] 1", "has neither a profile nor a role"),
    ("[[aws]]  # !\nprofile = 'a'", "[[aws]] 1", "has no name"),
    ("[[aws]]\nname = ''  # !\nprofile = 'a'", "[[aws]] 1, name", "is empty"),
    (f"[[aws]]\nname = '{'x' * 41}'  # !\nprofile = 'a'", "[[aws]] 1, name", "40 characters"),
    ("[[aws]]\nname = 'a'\nprofile = 'a'\n[[aws]]\nname = 'a'  # !\nprofile = 'b'",
     "[[aws]] 2, name", "[[aws]] 1 (line 1) already has this name"),
    ("[[aws]]\nname = 'a'\nrole = 'altcontact'  # !", "[[aws]] 1, role",
     "is not the ARN of an IAM role"),
    ("[[aws]]\nname = 'a'\nrole = 'arn:aws:iam::1:role/x'  # !", "[[aws]] 1, role",
     "is not the ARN"),
    ("[[aws]]\nname = 'a'\nprofile = 'p'\nexternal_id = 'e-1'  # !", "[[aws]] 1, external_id",
     "needs a role"),
    ("[[aws]]\nname = 'a'\nrole = 'arn:aws:iam::111122223333:role/x'\nexternal_id = 'e 1'  # !",
     "[[aws]] 1, external_id", "is not a valid external id"),
    ("[[aws]]\nname = 'a'\nprofile = 'p'\nscope = 'organisation'  # !", "[[aws]] 1, scope",
     "did you mean “organization”?"),
    ("[[aws]]\nname = 'a'\nprofil = 'p'  # !\nprofile = 'p'", "[[aws]] 1, profil",
     "did you mean “profile”?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "words"), BROKEN)
def test_broken_file(text: str, key: str, words: str) -> None:
    """Each kind of mistake is reported with its section, key and line; nothing starts."""
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "# !" in each)
    (problem,) = problems(text)
    assert (problem.key, problem.line) == (key, line)
    assert words in problem.what
    assert problem.where == f"{key} in altcontact.toml, line {line}"
    assert problem.example == problem.snippet or not problem.key.startswith("policy")
    assert not problem.what.endswith(".")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{P}security = 'required'\nsecurity = 'optional'\n", 3),
        (f"{P}security = 'required'\n{P}domains = 'a.example'\n", 3),
        (f"{P}security = 'required'\nsecurity.email = 'a@b.example'\n", 3),
    ],
)
def test_given_twice(text: str, line: int) -> None:
    """What stands in the file twice is reported with its line."""
    found = seen(text)
    (problem,) = found.problems
    assert problem.line == line
    assert "this key or section is defined twice" in problem.what
    assert {"policy", "aws"} <= found.wrong


def test_an_unknown_table() -> None:
    """A table that the file cannot have is reported with the nearest that it can."""
    (problem,) = seen("\n[polcy]\nsecurity = 'required'\n").problems
    assert (problem.key, problem.line) == ("polcy", 2)
    assert "did you mean “policy”?" in problem.what


def test_all_mistakes_at_once() -> None:
    """One look tells all that is wrong in the file, from top to bottom, flat keys first."""
    found = problems("scope = 'x'\n[[aws]]\n[policy]\nsecurity = 1\nrules.missing = 'off'\n")
    assert [(problem.key, problem.line) for problem in found] == [
        ("scope", 1),
        ("[[aws]] 1", 2),
        ("[[aws]] 1", 2),
        ("policy.security", 4),
        ("policy.rules.missing", 5),
    ]


def test_a_wrong_table_gives_no_further_complaint() -> None:
    """The same match and keys twice are reported only where both are right."""
    found = problems(f"{O}{M}security = 'optional'\n{O}{M}security = 'optinal'\n")
    assert [problem.key for problem in found] == ["[[policy.override]] 2, security"]


def test_personal_data_is_not_repeated() -> None:
    """What is expected of a contact, a reason and an external id stay out of what is said."""
    hush = "Ana Hush"
    found = problems(
        f"[policy]\nsecurity.name = '{hush * 9}'\nsecurity.title = ['{hush * 9}']\n"
        f"security.email = '{hush}@corp.example'\nsecurity.phone = ['{hush}']\n"
        f"{X}{M}reason = '{hush}'\n[[aws]]\nname = 'a'\nexternal_id = '{hush}'\nprofile = 'p'\n"
        f"{O}{M}security = {{ a = '{hush}' }}\nmention = ['ana.hush@corp.example']\n"
        f"domains = 'ana.hush@corp.example'\nchannel = ['{hush}']\n"
    )
    assert len(found) == 11
    assert "hush" not in "".join(map(str, found)).casefold()


KEYS = st.sampled_from(
    [
        "security",
        "billing",
        "email",
        "presence",
        "rules",
        "domains",
        "match",
        "ou",
        "tag",
        "reason",
        "name",
        "override",
        "x",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "required", "off", "high", "corp.example", "@corp.example", "/a/**"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_mangled_file(folder: Path, data: st.DataObject) -> None:
    """However a right file is mangled, it loads, or every problem of it has a line."""
    content = tomllib.loads(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        mangle(content, data)
    file = folder / "mangled.toml"
    lines = "".join(f"{as_toml(key)} = {as_toml(each)}\n" for key, each in content.items())
    file.write_text(lines, encoding="utf-8", errors="surrogatepass")
    environ = {CONFIG: str(file)}
    found = load_lenient(environ, needs_slack=False)
    assert all(problem.line for problem in found.problems)
    if found.problems:
        with pytest.raises(SettingsError) as caught:
            load(environ, needs_slack=False)
        assert all(re.search(r"line \d", str(problem)) for problem in caught.value.problems)
    else:
        account = Account("111122223333", "lab-1", units=(), tags={"env": "prod"})
        assert isinstance(load(environ, needs_slack=False).policy.resolve(account), AccountPolicy)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_mangled_text(folder: Path, data: st.DataObject) -> None:
    """However the lines of a right file are dropped, doubled and moved, the same holds."""
    lines = EXAMPLE.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.integers(0, len(lines) - 1))
        act = data.draw(st.sampled_from(["drop", "double", "swap", "cut"]))
        if act == "drop" and len(lines) > 1:
            del lines[place]
        elif act == "double":
            lines.insert(other, lines[place])
        elif act == "swap":
            lines[place], lines[other % len(lines)] = lines[other % len(lines)], lines[place]
        else:
            lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
    file = folder / "mangled.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    found = load_lenient({CONFIG: str(file)}, needs_slack=False)
    assert all(1 <= problem.line <= len(lines) for problem in found.problems)


def mangle(content: dict[str, Any] | list[Any], data: st.DataObject) -> None:
    """Drop, double, replace or add something at a random depth."""
    while True:
        inner = [each for each in children(content) if isinstance(each, dict | list) and each]
        if not inner or data.draw(st.integers(0, 2)) == 0:
            break
        content = data.draw(st.sampled_from(inner))
    act = data.draw(st.sampled_from(["drop", "double", "replace", "add"]))
    if isinstance(content, list):
        place = data.draw(st.integers(0, len(content) - 1))
        if act == "drop":
            del content[place]
        elif act == "double":
            content.append(content[place])
        else:
            content[place] = data.draw(VALUES)
    elif act in {"add", "double"} or not content:
        content[data.draw(KEYS | st.text(max_size=4))] = data.draw(VALUES)
    else:
        key = data.draw(st.sampled_from(sorted(content)))
        del content[key]
        if act == "replace":
            content[key] = data.draw(VALUES)


def children(content: dict[str, Any] | list[Any]) -> list[Any]:
    """What stands right in a table or list."""
    return list(content.values() if isinstance(content, dict) else content)


def test_an_account_id_with_a_digit_too_few_is_shown(folder: Path) -> None:
    """What was typed where an account's id belongs is repeated, and not taken for a phone."""
    (folder / "altcontact.toml").write_text(
        '[[policy.exclude]]\nmatch = { account = "11112222333" }\n'
    )
    with pytest.raises(SettingsError, match="“11112222333” is not an account id"):
        load({}, needs_slack=False)
