"""The policy: its tables put in order, and one account's share of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.policy.account_policy import AccountPolicy, ApprovalRule, ManagedBy, Presence
from bot.domain.policy.explain import explain_values
from bot.domain.policy.match import EVERY, Match
from bot.domain.policy.policy import BUILT_IN, Policy, PolicyTable, PolicyUnknown
from bot.domain.rule_catalog import ALWAYS_ON, ON_BY_DEFAULT, SEVERITIES, Rule, Severity
from bot.domain.rules.facts import RuleInput
from tests.unit.domain.policy.test_match import ACCOUNT

if TYPE_CHECKING:
    from bot.domain.accounts import Account, Unit
    from bot.domain.policy.account_policy import Value


def resolved(policy: Policy, account: Account = ACCOUNT) -> AccountPolicy:
    """What an account should have, which is known."""
    answer = policy.resolve(account)
    assert not isinstance(answer, PolicyUnknown)
    return answer


def test_without_a_file_security_is_required_and_nothing_else_looked_at() -> None:
    """The setting's types are required, and of the qualities two are on."""
    mine = resolved(Policy.requiring())
    assert (mine.evaluated_types, mine.required, mine.types_to_read) == (
        3 * ((ContactType.SECURITY,),)
    )
    assert mine.severities == {
        rule: SEVERITIES[rule] for rule in SEVERITIES if rule in ON_BY_DEFAULT
    }
    assert mine.severities.keys() - ALWAYS_ON == {
        Rule.PLACEHOLDER,
        Rule.IMPOSSIBLE_PHONE,
    }
    assert not any(mine.expected.values())
    policy = Policy.requiring()
    assert not policy.needs_units
    assert not policy.needs_tags
    assert not policy.needs_members
    assert policy.evaluated_types == (ContactType.SECURITY,)


def channel(name: str, match: Match) -> PolicyTable:
    """A table that gives a channel."""
    return PolicyTable(name, {"channel": name}, match)


CLOSER = [
    channel("all", EVERY),
    channel("organization", Match(organizations=("main",))),
    channel("ou", Match(units=("/Production/**",))),
    channel("deeper", Match(units=("/Production/Payments/**",))),
    channel("tag", Match(tags=(("env", "prod"),))),
    channel("name", Match(names=("pay-*",))),
    channel("account", Match(accounts=(ACCOUNT.id,))),
]


@pytest.mark.parametrize("count", range(1, len(CLOSER) + 1))
@pytest.mark.parametrize("turned", [False, True])
def test_the_more_specific_table_wins_wherever_it_stands(count: int, turned: bool) -> None:
    """Order in the file does not matter between tables that are not equally specific."""
    tables = CLOSER[:count]
    policy = Policy.requiring(tables=reversed(tables) if turned else tables)
    assert resolved(policy).channel == tables[-1].source


def test_of_equally_specific_tables_the_later_wins_key_by_key() -> None:
    """Each value is of the last table that gives it."""
    first = PolicyTable("1", {"channel": "#a", "exemption_days": 7}, Match(names=("pay-*",)))
    second = PolicyTable("2", {"channel": "#b"}, Match(names=("*-1",)))
    mine = resolved(Policy.requiring(tables=[first, second]))
    assert (mine.channel, mine.exemption_days) == ("#b", 7)


def test_a_table_that_does_not_match_gives_nothing() -> None:
    """An account of another name keeps what is built in."""
    policy = Policy.requiring(tables=[channel("#a", Match(names=("other",)))])
    assert resolved(policy).channel == ""
    assert policy.resolve(replace(ACCOUNT, name="Other")) != policy.resolve(ACCOUNT)
    assert policy.resolve(ACCOUNT) is policy.resolve(replace(ACCOUNT, id="000000000002"))


def test_values_of_a_contact_are_kept_by_type_and_field() -> None:
    """What is expected, allowed and switched stands in the account's policy."""
    given: dict[str, Value] = {
        "security.email": ("@corp.example",),
        "billing.presence": Presence.OPTIONAL,
        "operations.presence": Presence.FORBIDDEN,
        "rules.placeholder": None,
        "rules.free_mail": Severity.LOW,
        "domains": ("corp.example",),
        "mention": ("S1",),
        "owner_tag": "owner",
        "verification_days": 30,
        "managed_by": "terraform",
        "repository": "https://git.corp.example/aws",
        "auto_fix": True,
        "auto_fix_limit": 5,
    }
    policy = Policy.requiring(tables=[PolicyTable("file", given)])
    mine = resolved(policy)
    assert mine.expected[ContactType.SECURITY] == {"email": ("@corp.example",)}
    assert mine.evaluated_types == tuple(ContactType)
    assert mine.required == (ContactType.SECURITY,)
    assert Rule.PLACEHOLDER not in mine.severities
    assert mine.severities[Rule.FREE_MAIL] is Severity.LOW
    assert (mine.domains, mine.mention, mine.owner_tag) == (("corp.example",), ("S1",), "owner")
    assert mine.verification_days == 30
    assert mine.managed_by is ManagedBy.TERRAFORM
    assert mine.repository == "https://git.corp.example/aws"
    assert (mine.auto_fix, mine.auto_fix_limit) == (True, 5)
    assert (policy.names_tools, policy.auto_fixes) == (True, True)
    assert policy.needs_tags


def test_who_may_change_contacts_is_up_to_the_policy() -> None:
    """Without a section, the setting names the fixers, and only sensitive changes need approval."""
    mine = resolved(Policy.requiring())
    assert (mine.fixers, mine.approvers, mine.break_glass) == (None, (), False)
    assert mine.approval is ApprovalRule.SENSITIVE
    general = PolicyTable("1", {"fixers": ("S1",), "approval": ApprovalRule.ALWAYS})
    closer = PolicyTable(
        "2", {"fixers": ("S2", "U1"), "approvers": ("S1",), "break_glass": True}, CLOSER[-1].match
    )
    policy = Policy.requiring(tables=[general, closer])
    mine = resolved(policy)
    assert (mine.fixers, mine.approvers, mine.break_glass) == (("S2", "U1"), ("S1",), True)
    assert mine.approval is ApprovalRule.ALWAYS
    assert policy.people == {"fixers": ("S1", "S2", "U1"), "approvers": ("S1",)}


def test_the_rights_of_an_excluded_account_need_every_section() -> None:
    """An exclusion is enough to know what isn't checked, but not to know who may change it."""
    excluded = PolicyTable("1", {"excluded": "Closed on Friday."}, Match(names=("pay-*",)))
    tagged = PolicyTable("2", {"approval": ApprovalRule.ALWAYS}, Match(tags=(("env", "prod"),)))
    policy = Policy.requiring(tables=[excluded, tagged])
    unread = replace(ACCOUNT, tags=None)
    assert isinstance(policy.resolve(unread), AccountPolicy)
    assert policy.resolve_rights(unread) == PolicyUnknown(("tags",), (ContactType.SECURITY,))
    rights = policy.resolve_rights(replace(ACCOUNT, tags={"env": "prod"}))
    assert isinstance(rights, AccountPolicy)
    assert rights.approval is ApprovalRule.ALWAYS


def test_an_excluded_account_is_not_read() -> None:
    """Nothing is looked at where the policy says why not."""
    mine = resolved(Policy.requiring(tables=[PolicyTable("x", {"excluded": "Closed on Friday."})]))
    assert (mine.excluded, mine.evaluated_types, mine.types_to_read) == (
        "Closed on Friday.",
        (),
        (),
    )


def test_all_types_are_read_where_they_are_compared() -> None:
    """With the rule about all three on, all are read, though only some are judged."""
    mine = resolved(
        Policy.requiring(tables=[PolicyTable("x", {"rules.same_for_all": Severity.LOW})])
    )
    assert mine.evaluated_types == (ContactType.SECURITY,)
    assert mine.types_to_read == tuple(ContactType)


@pytest.mark.parametrize("rule", [Rule.MEMBER_MAILBOX, Rule.PERSON_LEFT])
def test_members_are_needed_by_the_rules_about_them(rule: Rule) -> None:
    """Any table that switches such a rule on is enough."""
    table = PolicyTable("x", {f"rules.{rule.value}": Severity.LOW}, Match(names=("other",)))
    assert Policy.requiring(tables=[table]).needs_members
    assert Policy.requiring(tables=[table]).turns_on(rule)


@pytest.mark.parametrize(
    ("units", "tags", "needs"),
    [
        (None, {}, ("units",)),
        ((), None, ("tags",)),
        (None, None, ("units", "tags")),
    ],
)
def test_a_policy_that_hangs_on_what_was_not_read_is_undecided(
    units: tuple[Unit, ...] | None, tags: dict[str, str] | None, needs: tuple[str, ...]
) -> None:
    """It learns what was not read, and which types would have been looked at."""
    tables = [
        channel("ou", Match(units=("/Production",))),
        PolicyTable("tag", {"billing.presence": Presence.REQUIRED}, Match(tags=(("env", "prod"),))),
    ]
    policy = Policy.requiring(tables=tables)
    wanted = PolicyUnknown(needs, (ContactType.SECURITY, ContactType.BILLING))
    account = replace(ACCOUNT, units=units, tags=tags)
    assert policy.resolve(account) == wanted
    assert explain_values(policy, account) == wanted
    assert policy.needs_units
    assert policy.needs_tags


def test_only_what_a_table_asks_for_can_be_missed() -> None:
    """OUs that no table asks for are not called unread."""
    policy = Policy.requiring(tables=[channel("tag", Match(tags=(("env", "prod"),)))])
    answer = policy.resolve(replace(ACCOUNT, units=None, tags=None))
    assert isinstance(answer, PolicyUnknown)
    assert answer.needs == ("tags",)


def test_tables_that_do_not_hang_on_it_can_be_told_without() -> None:
    """A table ruled out by a name needs no tags."""
    match = Match(names=("other",), tags=(("env", "prod"),))
    policy = Policy.requiring(tables=[channel("#a", match)])
    assert resolved(policy, replace(ACCOUNT, tags=None)).channel == ""


def test_an_account_that_is_surely_excluded_needs_nothing_more() -> None:
    """An exclusion by name holds whatever the tags are; one by a tag that is not known does not."""
    tagged = channel("tag", Match(tags=(("env", "prod"),)))
    by_name = PolicyTable("x", {"excluded": "Closed on Friday."}, Match(names=(ACCOUNT.name,)))
    by_tag = PolicyTable("y", {"excluded": "Closed on Monday."}, Match(tags=(("env", "dev"),)))
    unread = replace(ACCOUNT, tags=None)
    policy = Policy.requiring(tables=[tagged, by_tag, by_name])
    assert resolved(policy, unread).excluded == "Closed on Friday."
    assert isinstance(Policy.requiring(tables=[tagged, by_tag]).resolve(unread), PolicyUnknown)


def test_nothing_that_is_expected_is_in_a_repr() -> None:
    """Expected values, reasons and tags may be personal data, which no log line may show."""
    values: dict[str, Value] = {
        "security.email": ("zoe@corp.internal",),
        "excluded": "Zoe left us.",
    }
    policy = Policy.requiring(
        tables=[PolicyTable("x", values, Match(tags=(("owner", "zoe@x.test"),)))]
    )
    account = replace(ACCOUNT, tags={"owner": "zoe@x.test"})
    mine = resolved(policy, account)
    explained = explain_values(policy, account)
    result = evaluate(account, {}, mine)
    assert result.excluded == "Zoe left us."
    assert (
        "zoe"
        not in repr(
            (policy, mine, explained, RuleInput(account, ContactType.SECURITY, {}, mine), result)
        ).lower()
    )


@pytest.mark.parametrize(
    "given",
    [
        {"channel": 3},
        {"mention": "S1"},
        {"exemption_days": "x"},
        {"fixers": "S1"},
        {"break_glass": 1},
        {"auto_fix": 1},
    ],
)
def test_a_value_of_another_kind_is_a_defect(given: dict[str, Value]) -> None:
    """The reader of the file has checked kinds, so one that is wrong here is not guessed at."""
    with pytest.raises(TypeError):
        Policy((BUILT_IN, PolicyTable("x", given))).resolve(ACCOUNT)
