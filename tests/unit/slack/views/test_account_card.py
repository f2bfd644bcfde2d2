"""The card of one account: the problem with each contact, and what can be done."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account, Unit
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.evaluation.evaluate import evaluate
from bot.domain.exemptions import Exemption, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.policy.account_policy import Presence, Value
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable, PolicyUnknown
from bot.domain.readings import Absent, ContactReading, Present, Unreadable, Unsupported
from bot.domain.rule_catalog import ALWAYS_ON, SEVERITIES, Rule, Severity
from bot.domain.rules.facts import AccountFacts
from bot.services.show_account import AccountView
from bot.slack.views import account_card, exemption_list, row_actions
from bot.slack.views.finding_rows import RowLinks
from bot.slack.views.message import Message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts

NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))
WEB = Account("444444444444", "Web production")
SECURITY = ContactType.SECURITY
NO_API = Unsupported(failure(FailureCode.NO_API))


def look(
    reading: ContactReading,
    *,
    account: Account = WEB,
    aside: tuple[Exemption, ...] = (),
    match: Match | None = None,
    **values: Value,
) -> AccountView:
    """An account whose contacts all have the same reading; `__` means a dot."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    tables = (
        [PolicyTable("policy", given)] if match is None else [PolicyTable("override", given, match)]
    )
    mine = Policy.requiring(tables=tables).resolve(account)
    readings = dict.fromkeys(ContactType, reading)
    held = {(each.request.type, each.request.rule): each for each in aside}
    result = evaluate(account, readings, mine, data.NOW, AccountFacts(exemptions=held))
    evaluated = () if isinstance(mine, PolicyUnknown) else mine.evaluated_types
    return AccountView(
        result, {kind: each for kind, each in readings.items() if kind not in evaluated}
    )


def exemption(
    number: int = 1,
    rule: Rule = Rule.MISSING,
    kind: ExemptionKind = ExemptionKind.EXEMPTION,
    contact: ContactType = SECURITY,
) -> Exemption:
    """What sets a rule of the account's contact aside."""
    until = data.NOW + timedelta(days=30)
    request = ExemptionRequest(kind, WEB.id, contact, rule, "Closed <soon>.", "U0BOB00002", until)
    return Exemption(number, request, data.NOW, WEB.name)


def card(seen: AccountView, links: RowLinks | None = None, *, read_only: bool = False) -> Message:
    """The card, which Slack takes."""
    message = account_card.account_message(seen, links or RowLinks(), read_only=read_only)
    assert_sound(message)
    return message


def shown(message: Message) -> str:
    """All text on a card."""
    return "\n".join(texts(message.blocks, "plain_text", "mrkdwn"))


def labels(message: Message) -> list[str]:
    """What the buttons say."""
    found: list[str] = []

    def walk(node: Any) -> None:  # noqa: ANN401 - Block Kit is nested JSON
        if isinstance(node, dict):
            if node.get("type") == "button":
                found.append(node["text"]["text"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(message.blocks)
    return found


@given(NAMES, st.text(max_size=64), st.booleans())
def test_cards_are_taken(name: str, text: str, read_only: bool) -> None:
    """An account's contacts fit and show as typed, whatever is in them."""
    contact = AlternateContact(text, text[:50], text, text[:25])
    message = card(look(Present(contact), account=replace(WEB, name=name)), read_only=read_only)
    assert any(text in told for told in texts(message.blocks, "plain_text"))
    assert (row_actions.FIX in json.dumps(message.blocks)) is not read_only


def test_a_missing_contact_and_those_that_nothing_is_asked_of() -> None:
    """The required one is missing, and how bad that is; the others are not set, and may be."""
    message = card(look(Absent()))
    told = shown(message)
    assert "Security contact (required)\nMissing · very high" in told
    assert "Billing contact (no rules)\nNot set" in told
    assert "Rule:" not in told
    assert message.text == "Web production · 444444444444: Security missing (very high)"
    assert labels(message) == ["Fix", "Exempt…", "Change", "Change", "Check again", "History"]


def test_one_fix_stands_out_and_each_button_names_the_account() -> None:
    """Of several missing contacts, the first one's button is primary."""
    seen = look(Absent(), billing__presence="required", operations__presence="required")
    blocks = card(seen).blocks
    found = [block["accessory"] for block in blocks if "accessory" in block]
    assert [each["text"]["text"] for each in found] == ["Fix"] * 3
    assert [each.get("style") for each in found] == ["primary", None, None]
    assert all("Web production" in each["accessibility_label"] for each in found)


def test_expected_against_actual_and_each_rule() -> None:
    """What differs says what is expected and what is there; each rule links to its page."""
    bad = replace_email("sec@example.com")
    seen = look(Present(bad), security__email=("sec@corp.example",))
    told = shown(card(seen, RowLinks("https://docs.internal/rules")))
    assert "Not as the policy expects · high" in told
    assert "Email: expected sec@corp.example, is sec@example.com" in told
    for rule in ("different", "placeholder"):
        assert f"<https://docs.internal/rules/{rule}.md|{rule}>" in told


def test_a_rule_that_was_not_evaluated_says_why_and_what_to_do() -> None:
    """A rule that couldn't be evaluated comes with its cause and its remedy."""
    seen = look(Present(data.CONTACT), rules__primary_contact=Severity.LOW)
    told = shown(card(seen))
    assert "Couldn't be checked" in told
    assert "primary_contact couldn't be evaluated" in told


def test_what_is_set_aside_says_until_when_by_whom_and_why() -> None:
    """An exemption shows its end and its reason, with a button that ends it."""
    message = card(look(Absent(), aside=(exemption(),)))
    told = shown(message)
    assert "Exempt until 2026-04-03" in told
    assert "<@U0BOB00002>" in told
    assert "Closed &lt;soon&gt;." in told
    assert "End: missing" in labels(message)
    assert "Exempt…" not in labels(message)
    assert f"{exemption_list.END}:1" in json.dumps(message.blocks)
    assert labels(card(look(Absent(), aside=(exemption(),)), read_only=True)) == [
        "Check again",
        "History",
    ]


def test_without_an_api_it_is_verified_by_hand() -> None:
    """The steps in the console are shown, and a button records what was seen there."""
    message = card(look(NO_API))
    assert "Sign in to the account's AWS console" in shown(message)
    assert "Verify manually…" in labels(message)
    verified = exemption(3, Rule.UNSUPPORTED, ExemptionKind.VERIFICATION)
    again = card(look(NO_API, aside=(verified,)))
    assert "Verified manually by <@U0BOB00002>" in shown(again)
    assert {"Verify again…", "End: unsupported"} <= set(labels(again))


def test_an_account_that_cannot_be_read_or_is_not_active() -> None:
    """Causes come with remedies; an account that isn't active says so, and has no buttons."""
    unreadable = card(look(Unreadable(failure(FailureCode.PERMISSION_MISSING))))
    assert "IAM policy" in shown(unreadable)
    assert row_actions.FIX not in json.dumps(unreadable.blocks)
    closed = card(look(Present(data.CONTACT), account=replace(WEB, state="SUSPENDED")))
    assert "SUSPENDED" in closed.text
    assert labels(closed) == []


def test_where_it_is_and_who_owns_it() -> None:
    """The organization, the OU path and the owner are below the name, escaped."""
    account = replace(
        WEB,
        organization="main & co",
        units=(Unit("ou-1", "Production"), Unit("ou-2", "<Pay>")),
        tags={"owner": "ana@corp.internal"},
    )
    seen = look(Present(data.CONTACT), account=account, owner_tag="owner")
    told = shown(card(seen, RowLinks(owners={"ana@corp.internal": "<@U0ANA>"})))
    assert "main &amp; co · OU: /Production/&lt;Pay&gt; · Owner: <@U0ANA>" in told
    assert "Owner: ana@corp.internal" in shown(card(seen))
    nobody = look(Present(data.CONTACT), account=replace(account, tags=None), owner_tag="owner")
    assert "Owner" not in shown(card(nobody))
    assert "Compliant" in shown(card(nobody))


def test_an_excluded_account_says_why() -> None:
    """An account that the policy excludes says so, and still shows its contacts."""
    message = card(look(Present(data.CONTACT), excluded="Closed every <Friday>."))
    assert "Closed every &lt;Friday&gt;." in shown(message)
    assert data.CONTACT.email in shown(message)
    assert "excluded" in message.text


def test_optional_and_forbidden_contacts() -> None:
    """One that may be away is as it should be; one that must not be there says so."""
    seen = look(
        Absent(),
        security__presence=Presence.OPTIONAL,
        billing__presence=Presence.FORBIDDEN,
    )
    told = shown(card(seen))
    assert "Security contact (optional)\nNot set, which the policy allows" in told
    there = look(Present(data.CONTACT), billing__presence=Presence.FORBIDDEN)
    assert "Billing contact (forbidden)\nNot as the policy expects · medium" in shown(card(there))


def test_what_aws_holds_is_shown_though_the_policy_cannot_be_told() -> None:
    """If the tags weren't read, nothing is concluded, and the contacts are still shown."""
    seen = look(
        Present(data.CONTACT), match=Match(tags=(("env", "prod"),)), security__title=("Lead",)
    )
    message = card(seen)
    assert "were not requested" in shown(message)
    assert data.CONTACT.email in shown(message)
    assert "Change" in labels(message)


def test_a_card_full_of_trouble_is_taken() -> None:
    """Every violated or exempt rule of all three contacts fits."""
    every: dict[str, Any] = {
        f"rules__{rule.value}": Severity.HIGH for rule in SEVERITIES.keys() - ALWAYS_ON
    }
    every |= {f"{kind.value.lower()}__presence": Presence.REQUIRED for kind in ContactType}
    account = replace(WEB, email="x@example.com")
    contact = AlternateContact("n" * 64, "t" * 50, "x@example.com", "+1 555 0100")
    aside = tuple(
        replace_reason(exemption(number, rule, contact=kind), "&" * 500)
        for number, (kind, rule) in enumerate((kind, rule) for kind in ContactType for rule in Rule)
    )
    for held in ((), aside, aside[::2]):
        asked = {**every, "domains": ("corp.example",)}
        seen = look(Present(contact), account=account, aside=held, **asked)
        assert "more." in shown(card(seen)) or not held


def replace_email(email: str) -> AlternateContact:
    """A good contact with another address."""
    good = data.CONTACT
    return AlternateContact(good.name, good.title, email, good.phone)


def replace_reason(held: Exemption, reason: str) -> Exemption:
    """An exemption with another reason."""
    return replace(held, request=replace(held.request, reason=reason))


def test_a_tool_that_keeps_the_contacts_as_code_is_on_the_card() -> None:
    """With the link to the code, if the policy has one."""
    link = "https://git.corp.example/aws"
    message = card(look(Absent(), managed_by="aft", repository=link))
    assert f"*Managed by Account Factory for Terraform* · <{link}|Open the code>" in shown(message)
    assert "Managed by" not in shown(card(look(Absent())))
