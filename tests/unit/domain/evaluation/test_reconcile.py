"""What a reading means for the findings that are known, case by case and as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import AlternateContact, ContactType, fingerprint
from bot.domain.evaluation.departed_accounts import departed_accounts, reconcile_departed
from bot.domain.evaluation.known_account import (
    KnownAccount,
    KnownContact,
    KnownFinding,
    ReadingTime,
)
from bot.domain.evaluation.plan import Plan
from bot.domain.evaluation.reconcile import reconcile, reconcile_fix
from bot.domain.evaluation.resolution import (
    DECIDED,
    FIXED,
    GONE,
    NOT_ASKED,
    NOT_REQUIRED,
    OFF,
)
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import (
    OUTCOMES,
    AccountResult,
    FindingKey,
    Outcome,
    TypeResult,
    Verdict,
)
from bot.domain.fixes import Fix, FixRequest, FixState
from bot.domain.policy.account_policy import AccountPolicy
from bot.domain.policy.destination import Destination
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import SEVERITIES, Rule, Severity
from bot.domain.scans import Scan, ScanPart, ScanState, Trigger, TriggerKind
from bot.domain.scope import CallerRole, Scope, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.policy.account_policy import Value

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIME = ReadingTime(NOW, NOW - MINUTE, consistency=MINUTE)
ACCOUNT = Account("000000000001", "Data lake")
SECURITY, BILLING = ContactType.SECURITY, ContactType.BILLING
CONTACT = AlternateContact("Ana Lima", "Lead", "sec@example.com", "+351 210 000 000")
OTHER = AlternateContact("Bo Berg", "Ops", "ops@example.com", "+46 8 000 00")
MISSING, PLACEHOLDER, FREE, MEMBER = (
    Rule.MISSING,
    Rule.PLACEHOLDER,
    Rule.FREE_MAIL,
    Rule.MEMBER_MAILBOX,
)
UNREADABLE, UNSUPPORTED = Rule.UNREADABLE, Rule.UNSUPPORTED


def item(
    *rules: Rule,
    contact_type: ContactType = SECURITY,
    contact: AlternateContact | None = CONTACT,
    unclear: Iterable[Rule] = (),
) -> TypeResult:
    """A contact that violates rules, and of which others could not be decided."""
    verdicts: list[Verdict] = [
        Verdict.unknown(rule, failure(FailureCode.DENIED)) for rule in unclear
    ]
    verdicts += [Verdict.violated(rule, f"Bad: {rule}.", SEVERITIES[rule]) for rule in rules]
    unread = not {UNREADABLE, UNSUPPORTED}.isdisjoint(unclear)
    there = None if unread or MISSING in rules else contact
    return TypeResult.from_verdicts(contact_type, verdicts, there)


def result(*items: TypeResult, policy: AccountPolicy | None = None) -> AccountResult:
    """What was found of the account."""
    return AccountResult(ACCOUNT, items, policy=policy)


def policy(**values: Value) -> AccountPolicy:
    """A policy by which SECURITY is required; `__` stands for a dot."""
    table = PolicyTable("here", {name.replace("__", "."): values[name] for name in values})
    resolved = Policy.requiring(tables=[table]).resolve(ACCOUNT)
    assert isinstance(resolved, AccountPolicy)
    return resolved


def key(rule: Rule, contact_type: ContactType = SECURITY, *, unclear: bool = False) -> FindingKey:
    """The identity of a finding."""
    usual = Outcome.UNKNOWN if unclear else Outcome.WEAK
    return FindingKey(ACCOUNT.id, contact_type, OUTCOMES.get(rule, usual), rule)


def known(*keys: FindingKey) -> KnownAccount:
    """An account with these findings."""
    findings = tuple(
        KnownFinding(number, finding, Destination("#old", ("U1",)), "dana")
        for number, finding in enumerate(keys, 1)
    )
    return KnownAccount(findings)


def kept(contact: AlternateContact | None, read_at: datetime = NOW - 9 * MINUTE) -> KnownContact:
    """A contact as a scan read it before."""
    digest = fingerprint(contact)
    return KnownContact(digest, read_at, contact, digest)


def fix(
    state: FixState = FixState.CONFIRMED,
    *,
    applied_at: datetime | None = None,
    ended_at: datetime | None = NOW - MINUTE,
) -> Fix:
    """A fix of the SECURITY contact to `CONTACT`."""
    request = FixRequest("form", ACCOUNT.id, SECURITY, CONTACT, "U7", "none", NOW)
    return Fix(7, request, ACCOUNT.name, state, NOW, None, applied_at, ended_at)


def scan(before: KnownAccount, found: AccountResult, time: ReadingTime = TIME) -> Plan:
    """What a scan's result changes."""
    return reconcile(before, found, time, by_scan=True)


def resolved(plan: Plan) -> dict[Rule, str]:
    """What ended, and how."""
    return {ended.finding.key.rule: ended.resolution.text for ended in plan.resolved}


def opened(plan: Plan) -> list[FindingKey]:
    """What is new."""
    return [new.key for new in plan.opened]


@pytest.mark.parametrize(
    ("before", "now", "ends", "opens"),
    [
        # A contact that is there, or not, is decided by reading it.
        ([], item(MISSING), [], [key(MISSING)]),
        ([key(MISSING)], item(MISSING), [], []),
        ([key(MISSING)], item(), [MISSING], []),
        ([key(MISSING)], item(PLACEHOLDER), [MISSING], [key(PLACEHOLDER)]),
        ([key(PLACEHOLDER), key(FREE)], item(FREE), [PLACEHOLDER], []),
        # What could not be read proves nothing of any rule.
        ([key(MISSING)], item(unclear=[UNREADABLE]), [], [key(UNREADABLE)]),
        ([key(FREE)], item(unclear=[UNSUPPORTED]), [], [key(UNSUPPORTED)]),
        ([key(UNREADABLE)], item(), [UNREADABLE], []),
        ([key(UNREADABLE)], item(MISSING), [UNREADABLE], [key(MISSING)]),
        ([key(UNREADABLE)], item(unclear=[UNSUPPORTED]), [UNREADABLE], [key(UNSUPPORTED)]),
        # Nor does a rule that could not be decided prove anything of itself.
        ([key(MEMBER)], item(unclear=[MEMBER]), [], [key(MEMBER, unclear=True)]),
        ([key(MEMBER, unclear=True)], item(MEMBER), [MEMBER], [key(MEMBER)]),
        ([key(MEMBER, unclear=True)], item(), [MEMBER], []),
        (
            [key(MEMBER, unclear=True)],
            item(unclear=[UNREADABLE]),
            [],
            [key(UNREADABLE)],
        ),
    ],
)
def test_what_opens_and_what_ends(
    before: list[FindingKey], now: TypeResult, ends: list[Rule], opens: list[FindingKey]
) -> None:
    """A finding ends by a result that decides its rule, and opens by one that violates it."""
    plan = scan(known(*before), result(now))
    assert list(resolved(plan)) == ends
    assert opened(plan) == opens
    again = {refreshed.finding.key for refreshed in plan.refreshed}
    assert again == {finding for finding in before if finding not in resolved_keys(plan)} & {
        FindingKey(ACCOUNT.id, SECURITY, verdict.outcome, verdict.rule) for verdict in now.verdicts
    }


def resolved_keys(plan: Plan) -> set[FindingKey]:
    """The findings that ended."""
    return {ended.finding.key for ended in plan.resolved}


@pytest.mark.parametrize(
    ("finding", "found", "words"),
    [
        (key(MISSING), result(item()), "The SECURITY contact was set outside of this bot."),
        (key(FREE), result(item(contact=OTHER)), "The SECURITY contact was changed outside of"),
        (key(FREE), result(item(MISSING)), "The SECURITY contact was deleted outside of this bot."),
        (key(FREE), result(item(), policy=policy(rules__free_mail=None)), NOT_ASKED.text),
        (key(FREE), replace(result(item()), disabled_rules=frozenset({FREE})), OFF.text),
        (key(MEMBER, unclear=True), result(item()), DECIDED.text),
        (key(UNREADABLE), result(item()), "The SECURITY contact is set."),
        (key(UNREADABLE), result(item(FREE)), "The SECURITY contact can be read again."),
        (key(FREE, BILLING), result(item()), NOT_REQUIRED.text),
    ],
)
def test_how_a_finding_ended(finding: FindingKey, found: AccountResult, words: str) -> None:
    """The words say who or what ended it, as far as that is known."""
    plan = scan(replace(known(finding), contacts={SECURITY: kept(CONTACT)}), found)
    assert resolved(plan)[finding.rule].startswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            AccountResult(replace(ACCOUNT, state="PENDING_CLOSURE")),
            "The account is pending closure.",
        ),
        (AccountResult(ACCOUNT, excluded="a test"), "The policy excludes this account: a test"),
    ],
)
def test_account_that_is_not_scanned_any_longer(found: AccountResult, words: str) -> None:
    """All findings end, of every type, and nothing is kept or opened."""
    plan = scan(known(key(MISSING), key(UNREADABLE, BILLING)), found)
    assert plan == Plan(resolved=plan.resolved)
    assert [ended.resolution.text for ended in plan.resolved] == [words, words]


def test_a_look_opens_nothing() -> None:
    """A look at one account ends what it disproves, opens nothing, and is of no other type."""
    before = known(key(MISSING), key(MISSING, BILLING))
    plan = reconcile(before, result(item(FREE)), TIME, by_scan=False)
    assert resolved_keys(plan) == {key(MISSING)}
    assert (plan.opened, plan.changed) == ((), ())
    assert [contact.checked for contact in plan.contacts] == [False]


def test_what_a_finding_says() -> None:
    """It says the newest verdict; whose account it is, it says as before if that was not read."""
    found = result(item(FREE), policy=policy(channel="#new", owner_tag="owner"))
    (again,) = scan(known(key(FREE)), found).refreshed
    assert again.details.verdict == found.results[0].verdicts[0]
    assert again.details.destination == Destination("#new")
    assert again.details.owner == "dana"
    tagged = replace(found, account=replace(ACCOUNT, tags={"owner": "eve"}))
    (again,) = scan(known(key(FREE)), tagged).refreshed
    assert again.details.owner == "eve"
    (new,) = scan(known(), tagged).opened
    assert (new.details, new.seen_at) == (again.details, TIME.began)
    (again,) = scan(known(key(FREE)), result(item(FREE))).refreshed
    assert (again.details.destination, again.details.owner) == (
        Destination("#old", ("U1",)),
        "dana",
    )


def test_finding_that_is_exempt_from_the_start() -> None:
    """A finding of a rule that is exempt for this contact opens exempt."""
    before = KnownAccount(exemptions={(SECURITY, FREE): 3})
    plan = scan(before, result(item(FREE, PLACEHOLDER)))
    assert {new.key.rule: new.exemption_id for new in plan.opened} == {FREE: 3, PLACEHOLDER: None}


def test_reading_that_is_older_than_what_is_kept() -> None:
    """A contact that was read later already stays as it is, unless that was in the future."""
    found = replace(result(item(MISSING)), read_at=NOW - 9 * MINUTE)
    assert scan(KnownAccount(contacts={SECURITY: kept(CONTACT, NOW - MINUTE)}), found) == Plan()
    ahead = KnownAccount(contacts={SECURITY: kept(CONTACT, NOW + MINUTE)})
    assert opened(scan(ahead, found)) == [key(MISSING)]


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (fix(applied_at=NOW - 1.5 * MINUTE), False),
        (fix(ended_at=NOW - 1.5 * MINUTE), False),
        (fix(FixState.APPLIED, applied_at=NOW - 1.5 * MINUTE), False),
        (fix(applied_at=NOW - 2 * MINUTE), True),
        (fix(FixState.PLANNED, ended_at=None), True),
        (fix(applied_at=NOW + MINUTE), True),
    ],
)
def test_reading_that_a_fix_may_not_show_in_yet(made: Fix, *, counts: bool) -> None:
    """A reading shortly after a fix that shows something else says nothing."""
    before = KnownAccount(fixes={SECURITY: made})
    plan = scan(before, result(item(FREE, contact=OTHER)))
    assert (plan != Plan()) == counts


EARLY = NOW - 1.5 * MINUTE


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (fix(applied_at=EARLY, ended_at=NOW - 1.2 * MINUTE), True),
        (fix(ended_at=EARLY), True),
        (fix(FixState.APPLIED, applied_at=EARLY, ended_at=EARLY), False),
        (fix(FixState.APPLIED, applied_at=EARLY, ended_at=None), False),
        # It was verified after this was read.
        (fix(applied_at=EARLY, ended_at=NOW - 0.5 * MINUTE), False),
    ],
)
def test_reading_that_was_the_same_twice_shortly_after_a_fix(made: Fix, *, counts: bool) -> None:
    """It is believed if AWS had shown the fix before: somebody changed the contact since."""
    before = KnownAccount(fixes={SECURITY: made})
    twice = replace(result(item(FREE, contact=OTHER)), reread=frozenset({SECURITY}))
    assert (scan(before, twice) != Plan()) == counts
    other_type = replace(twice, reread=frozenset({ContactType.BILLING}))
    assert scan(before, other_type) == Plan()


@pytest.mark.parametrize(
    ("made", "user_id", "confirmed"),
    [
        (fix(FixState.APPLIED, applied_at=NOW - 2 * MINUTE), "U7", (7,)),
        (fix(FixState.PLANNED, ended_at=None), "U7", ()),
        (fix(), "", ()),
    ],
)
def test_reading_that_shows_a_fix(made: Fix, user_id: str, confirmed: tuple[int, ...]) -> None:
    """A fix that AWS shows at last is confirmed, and thanked for what ended."""
    plan = scan(replace(known(key(MISSING)), fixes={SECURITY: made}), result(item()))
    (ended,) = plan.resolved
    assert (ended.user_id, ended.resolution == FIXED) == (user_id, bool(user_id))
    assert plan.confirmed == confirmed


BEFORE = KnownAccount(contacts={SECURITY: kept(OTHER)})


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (BEFORE, True),
        (KnownAccount(contacts={SECURITY: kept(CONTACT)}), False),
        (KnownAccount(), False),
        (KnownAccount(contacts={SECURITY: KnownContact(fingerprint(OTHER), NOW)}), False),
        (replace(BEFORE, fixed_to={SECURITY: fingerprint(CONTACT)}), False),
        (replace(BEFORE, fixed_to={SECURITY: fingerprint(OTHER)}), True),
        (replace(BEFORE, fixes={SECURITY: fix(FixState.PLANNED, ended_at=None)}), False),
    ],
)
def test_contact_that_somebody_else_changed(before: KnownAccount, *, told: bool) -> None:
    """A compliant contact that changed since the last scan is reported, unless by a fix."""
    mine = policy(rules__changed=Severity.LOW, channel="#sec")
    plan = scan(before, result(item(), policy=mine))
    assert bool(plan.changed) == told
    for change in plan.changed:
        assert (change.before, change.after) == (OTHER, CONTACT)
        assert change.destination == Destination("#sec")


def test_change_that_is_not_asked_for_or_not_compliant() -> None:
    """No change is reported where the policy does not ask, or where a finding tells it."""
    assert scan(BEFORE, result(item(), policy=policy())).changed == ()
    mine = policy(rules__changed=Severity.LOW)
    assert scan(BEFORE, result(item(FREE), policy=mine)).changed == ()
    assert reconcile(BEFORE, result(item(), policy=mine), TIME, by_scan=False).changed == ()


def test_contacts_are_kept_as_read() -> None:
    """What was read is kept, also that there is none; what was not read is not."""
    plan = scan(known(), result(item(MISSING), item(contact_type=BILLING, unclear=[UNREADABLE])))
    (none,) = plan.contacts
    assert (none.type, none.contact, none.is_new, none.is_changed) == (SECURITY, None, True, False)
    (same,) = scan(KnownAccount(contacts={SECURITY: kept(CONTACT)}), result(item())).contacts
    assert (same.is_new, same.checked) == (False, True)
    unsure = result(item(unclear=[MEMBER], contact=OTHER))
    (new,) = scan(KnownAccount(contacts={SECURITY: kept(CONTACT)}), unsure).contacts
    assert (new.is_changed, new.checked) == (True, False)


def test_fix_that_was_confirmed() -> None:
    """It ends what the contact does not violate any longer, and keeps the rest current."""
    before = known(
        key(MISSING), key(FREE), key(MEMBER), key(MEMBER, unclear=True), key(FREE, BILLING)
    )
    plan = reconcile_fix(before.findings, fix(), item(FREE, unclear=[MEMBER]), FIXED, NOW)
    assert resolved_keys(plan) == {key(MISSING)}
    assert [again.finding.key for again in plan.refreshed] == [key(FREE)]
    assert {ended.user_id for ended in plan.resolved} == {"U7"}
    plan = reconcile_fix(before.findings, fix(), None, FIXED, NOW)
    assert len(plan.resolved) == 4


ORGANIZATION = Scope(ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT, ACCOUNT.id)
ENDED = Scan(1, Trigger(TriggerKind.CLI), ScanState.COMPLETE, NOW, NOW, ORGANIZATION)
DENIED = failure(FailureCode.DENIED)
BOTH = ScanPart("", ORGANIZATION), ScanPart("b", ORGANIZATION)


@pytest.mark.parametrize(
    ("ended", "listed", "gone"),
    [
        (ENDED, [""], ["1", "2"]),
        (ENDED, [], []),
        (replace(ENDED, state=ScanState.INCOMPLETE, failure=DENIED), [""], []),
        # A listing of one account says nothing of others in its organization.
        (replace(ENDED, scope=replace(ORGANIZATION, kind=ScopeKind.ACCOUNT)), [""], ["2"]),
        (
            replace(ENDED, parts=(ScanPart("", ORGANIZATION), ScanPart("b", ORGANIZATION))),
            [""],
            ["1"],
        ),
        (
            replace(
                ENDED,
                state=ScanState.INCOMPLETE,
                parts=(ScanPart("", ORGANIZATION, DENIED), ScanPart("b", ORGANIZATION)),
            ),
            ["", "b"],
            ["2"],
        ),
    ],
)
def test_accounts_that_left(ended: Scan, listed: list[str], gone: list[str]) -> None:
    """An account has left where a complete listing of its organization does not have it."""
    results = [AccountResult(replace(ACCOUNT, organization=name)) for name in listed]
    assert departed_accounts(ended, results, {"1": "", "2": "b"}) == gone


def test_findings_of_an_account_that_left() -> None:
    """All of them end."""
    plan = reconcile_departed(known(key(MISSING), key(FREE, BILLING)).findings)
    assert [ended.resolution.text for ended in plan.resolved] == [GONE.text, GONE.text]


def items(contact_type: ContactType) -> st.SearchStrategy[TypeResult]:
    """Any result of a contact."""
    some = st.sets(st.sampled_from([PLACEHOLDER, FREE, MEMBER]))
    read = st.builds(
        lambda rules, unclear, contact: item(
            *rules, contact_type=contact_type, contact=contact, unclear=unclear
        ),
        some,
        st.sets(st.sampled_from([MEMBER, Rule.PERSON_LEFT])),
        st.sampled_from([CONTACT, OTHER]),
    )
    others = [
        item(MISSING, contact_type=contact_type),
        item(contact_type=contact_type, unclear=[UNREADABLE]),
        item(contact_type=contact_type, unclear=[UNSUPPORTED]),
    ]
    return st.one_of(read, st.sampled_from(others))


results = st.builds(
    lambda security, billing, seen: replace(
        result(*filter(None, (security, billing))), was_scanned=seen
    ),
    items(SECURITY),
    st.none() | items(BILLING),
    st.booleans(),
)


def after(before: KnownAccount, plan: Plan) -> KnownAccount:
    """What is known once a plan was carried out."""
    ended = {resolved.finding.id for resolved in plan.resolved}
    left = [finding for finding in before.findings if finding.id not in ended]
    free = max((finding.id for finding in before.findings), default=0) + 1
    left += [
        KnownFinding(number, new.key, new.details.destination, new.details.owner)
        for number, new in enumerate(plan.opened, free)
    ]
    contacts = dict(before.contacts)
    for contact in plan.contacts:
        contacts[contact.type] = KnownContact(contact.fingerprint, contact.read_at)
    return replace(before, findings=tuple(left), contacts=contacts)


@given(st.lists(results, max_size=4), results)
def test_the_same_reading_twice_changes_nothing(
    past: list[AccountResult], now: AccountResult
) -> None:
    """A plan that was carried out leaves nothing to open or to end by the same result."""
    state = KnownAccount()
    for found in (*past, now):
        state = after(state, scan(state, found))
    plan = scan(state, now)
    assert (plan.opened, plan.resolved, plan.changed) == ((), (), ())
    assert not any(contact.is_new for contact in plan.contacts)
    assert after(state, plan) == state


@given(st.lists(results, max_size=4), results)
def test_nothing_ends_that_was_not_read(past: list[AccountResult], now: AccountResult) -> None:
    """A finding of a contact that could not be read stands, unless it is that it cannot be."""
    state = KnownAccount()
    for found in past:
        state = after(state, scan(state, found))
    plan = scan(state, now)
    unread = {found.type for found in now.results if not found.was_read}
    for ended in plan.resolved:
        assert now.was_scanned
        assert ended.finding.key.type not in unread or ended.finding.key.rule in {
            UNREADABLE,
            UNSUPPORTED,
        }


@given(st.lists(results, max_size=4), results)
def test_what_stands_is_what_was_found(past: list[AccountResult], now: AccountResult) -> None:
    """After a scan that read everything exactly what it found stands."""
    state = KnownAccount()
    for found in past:
        state = after(state, scan(state, found))
    state = after(state, scan(state, now))
    if not now.was_scanned or any(not found.was_read for found in now.results):
        return
    decided = {
        FindingKey(ACCOUNT.id, found.type, verdict.outcome, verdict.rule)
        for found in now.results
        for verdict in found.verdicts
    }
    standing = {finding.key for finding in state.findings}
    assert decided <= standing
    unclear = {(each.type, each.rule) for each in decided if each.outcome is Outcome.UNKNOWN}
    assert all((each.type, each.rule) in unclear for each in standing - decided)
