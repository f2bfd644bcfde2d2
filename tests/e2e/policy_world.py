"""An organization of 60 accounts and a policy that provoke every rule, match and precedence.

Each account stands here with what it has and with what must come of it, so that the test reads as a
table: {type: (outcome, rules)}, and what `policy explain` must say of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bot.domain.contacts import AlternateContact

POLICY: Final = """\
[policy]
domains = ["corp.example", "*.corp.example"]
owner_tag = "owner"
exemption_days = 180

[policy.security]
presence = "required"

[policy.billing]
presence = "optional"

[policy.operations]
presence = "optional"

[policy.rules]
free_mail = "on"
disposable_mail = "on"
foreign_domain = "on"
member_mailbox = "on"
person_left = "on"
root_email = "on"
primary_contact = "on"
same_for_all = "on"
contested = "on"
changed = "on"

[[policy.override]]
match = { ou = "/Production/**" }
security.email = "aws-security@corp.example"
security.phone = "+44 20 7946 0958"
mention = ["S0SECOPS01"]

[[policy.override]]
match = { ou = "/Production/*" }
security.name = "Production security"

[[policy.override]]
match = { ou = "/Production/Payments/**" }
security.email = ["pay@corp.example", "pay-backup@corp.example"]
billing.presence = "required"
channel = "#general"

[[policy.override]]
match = { ou = "/Security" }
billing.presence = "forbidden"
operations.email = "@corp.example"

[[policy.override]]
match = { ou = "/Sandbox/**" }
rules.free_mail = "off"
rules.foreign_domain = "off"
rules.missing = "low"

[[policy.override]]
match = { tag = { env = "prod*" } }
security.title = "By tag"
mention = ["S0SECOPS01"]

[[policy.override]]
match = { tag = { env = "prod*" } }
security.title = "By the later tag"

[[policy.override]]
match = { name = "pay-*" }
security.title = "By name"

[[policy.override]]
match = { account = ["300000000053", "300000000054"] }
security.title = "By id"

[[policy.override]]
match = { ou = "/Acquired/**", tag = { team = "web" } }
security.email = "@*.corp.example"

[[policy.override]]
match = { tag = { team = "web" } }
security.email = "web@corp.example"

[[policy.exclude]]
match = { name = "closing-*" }
reason = "Closed at the end of the year."

[[policy.exclude]]
match = { ou = "/Retired/**" }
reason = "Nobody uses these any longer."

[[policy.exclude]]
match = { tag = { lifecycle = "gone" } }
reason = "Marked as gone by its team."

[[policy.exclude]]
match = { account = "300000000034" }
reason = "Kept for the lawyers alone."
"""

GOOD_PHONE: Final = "+44 20 7946 0018"


def contact(
    email: str = "aws-security@corp.example",
    name: str = "Security team",
    title: str = "On call",
    phone: str = GOOD_PHONE,
) -> AlternateContact:
    """A contact that is right in every other respect."""
    return AlternateContact(name, title, email, phone)


Wanted = dict[str, tuple[str, set[str]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One account: what it has, what comes of it, and which tables say what it should have.

    `wanted` leaves out the types that are compliant. `tables` are the overrides (`3`) and excludes
    (`E1`) that are for the account, and `explained` is {key: (value, the table that gives it)},
    where the value is as `policy explain --json` has it.
    """

    number: int
    name: str
    ou: str = "/"
    tags: dict[str, str] = field(default_factory=dict)
    security: AlternateContact | None = field(default_factory=contact)
    billing: AlternateContact | None = None
    operations: AlternateContact | None = None
    state: str = "ACTIVE"
    email: str = ""
    wanted: Wanted = field(default_factory=dict)
    outcome: str = "compliant"
    tables: str = ""
    explained: dict[str, tuple[object, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The account's id."""
        return f"{300_000_000_000 + self.number:012d}"


def _weak(*rules: str) -> Wanted:
    return {"SECURITY": ("weak", set(rules))}


PRODUCTION: Final = contact(phone="+44 20 7946 0958", name="Production security")
DEEP: Final = contact(phone="+44 20 7946 0958")
PAY: Final = contact("pay@corp.example", phone="+44 20 7946 0958")
MEMBER: Final = "ana@corp.example"
LEAVER: Final = "gone@corp.example"

CASES: Final = (
    # Every rule, where no table but the defaults is for the account.
    Case(2, "plain"),
    Case(
        3,
        "nothing",
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    Case(
        4,
        "local-part",
        security=contact("test@corp.example"),
        outcome="weak",
        wanted=_weak("placeholder"),
    ),
    Case(
        5,
        "example-domain",
        security=contact("aws@example.com"),
        outcome="weak",
        wanted=_weak("placeholder", "foreign_domain"),
    ),
    Case(
        6,
        "zeroes",
        security=contact(phone="+0000000000"),
        outcome="weak",
        wanted=_weak("placeholder"),
    ),
    Case(
        7,
        "name-is-title",
        security=contact(name="Security", title="security"),
        outcome="weak",
        wanted=_weak("placeholder"),
    ),
    Case(
        8,
        "short-phone",
        security=contact(phone="+44 12"),
        outcome="weak",
        wanted=_weak("impossible_phone"),
    ),
    Case(
        9,
        "free",
        security=contact("aws.corp@gmail.com"),
        outcome="weak",
        wanted=_weak("free_mail", "foreign_domain"),
    ),
    Case(
        10,
        "disposable",
        security=contact("aws-corp@mailinator.com"),
        outcome="weak",
        wanted=_weak("disposable_mail", "foreign_domain"),
    ),
    Case(
        11,
        "foreign",
        security=contact("aws-security@partner.internal"),
        outcome="weak",
        wanted=_weak("foreign_domain"),
    ),
    Case(12, "subdomain", security=contact("aws-security@eu.corp.example")),
    Case(
        13,
        "member",
        security=contact(MEMBER.upper()),
        outcome="weak",
        wanted=_weak("member_mailbox"),
    ),
    Case(14, "left", security=contact(LEAVER), outcome="weak", wanted=_weak("person_left")),
    Case(
        15,
        "root",
        email="root15@corp.example",
        security=contact("Root15@corp.example"),
        outcome="weak",
        wanted=_weak("root_email"),
    ),
    Case(16, "primary", outcome="weak", wanted=_weak("primary_contact")),
    Case(
        17,
        "one-for-all",
        billing=contact(),
        operations=contact(),
        outcome="weak",
        wanted={kind: ("weak", {"same_for_all"}) for kind in ("SECURITY", "BILLING", "OPERATIONS")},
    ),
    Case(18, "changed"),
    Case(19, "contested", outcome="weak", wanted=_weak("contested")),
    Case(
        20,
        "optional-but-weak",
        billing=contact("none@corp.example"),
        outcome="weak",
        wanted={"BILLING": ("weak", {"placeholder"})},
    ),
    Case(21, "old", state="SUSPENDED", outcome="skipped"),
    Case(
        22,
        "denied",
        outcome="unknown",
        wanted={
            kind: ("unknown", {"unreadable"}) for kind in ("SECURITY", "BILLING", "OPERATIONS")
        },
    ),
    Case(
        23,
        "acknowledged",
        security=None,
        outcome="exempt",
        wanted={"SECURITY": ("exempt", {"missing"})},
    ),
    Case(
        24,
        "<!channel> & =1+1",
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    Case(
        25,
        "owner-by-email",
        tags={"owner": MEMBER},
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    Case(
        26,
        "owner-by-id",
        tags={"owner": "U0BOB00002"},
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    Case(
        27,
        "owner-by-word",
        tags={"owner": "team web: desk 1"},
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    # Exclusions, by each kind of match.
    Case(31, "closing-shop", tables="E1", security=None, outcome="skipped"),
    Case(32, "museum", tables="E2", ou="/Retired/Old", security=None, outcome="skipped"),
    Case(33, "leftover", tables="E3", tags={"lifecycle": "gone"}, security=None, outcome="skipped"),
    Case(34, "lawsuit", tables="E4", security=None, outcome="skipped"),
    # Expected values: by OU, a deeper OU, any of several, a domain, in normal form.
    Case(
        35,
        "prod-right",
        tables="1 2",
        ou="/Production/Web",
        security=contact(
            "  AWS-Security@corp.example".strip().upper(),
            name=" Production   security ",
            phone="+442079460958",
        ),
        explained={
            "security.email": (["aws-security@corp.example"], "1"),
            "security.name": (["Production security"], "2"),
        },
    ),
    Case(
        36,
        "prod-wrong",
        tables="1 2",
        ou="/Production/Web",
        security=contact("web@corp.example", name="Production security", phone="+44 20 7946 0958"),
        outcome="wrong",
        wanted={"SECURITY": ("wrong", {"different"})},
    ),
    Case(
        37,
        "prod-wrong-phone",
        tables="1 2",
        ou="/Production/Web",
        security=contact(name="Production security"),
        outcome="wrong",
        wanted={"SECURITY": ("wrong", {"different"})},
    ),
    Case(
        38,
        "prod-deep",
        tables="1",
        ou="/Production/Web/Core",
        security=DEEP,
        explained={"security.email": (["aws-security@corp.example"], "1")},
    ),
    Case(39, "prod-right-in-it", tables="1", ou="/Production", security=DEEP),
    Case(
        40,
        "payments",
        tables="1 2 3",
        ou="/Production/Payments",
        security=contact(
            "pay-backup@corp.example", name="Production security", phone="+44 20 7946 0958"
        ),
        billing=contact("billing@corp.example"),
        explained={
            "security.email": (
                ["pay@corp.example", "pay-backup@corp.example"],
                "3",
            ),
            "security.phone": (["+44 20 7946 0958"], "1"),
            "billing.presence": ("required", "3"),
            "channel": ("#general", "3"),
        },
    ),
    Case(
        41,
        "payments-no-billing",
        tables="1 3",
        ou="/Production/Payments/Cards",
        security=PAY,
        outcome="missing",
        wanted={"BILLING": ("missing", {"missing"})},
    ),
    Case(
        42,
        "payments-wrong",
        tables="1 3",
        ou="/production/payments/cards",
        security=DEEP,
        billing=contact("billing@corp.example"),
        outcome="wrong",
        wanted={"SECURITY": ("wrong", {"different"})},
    ),
    # Forbidden, and an address of a domain.
    Case(43, "vault", tables="4", ou="/Security", operations=contact("ops@corp.example")),
    Case(
        44,
        "vault-billing",
        tables="4",
        ou="/Security",
        billing=contact("billing@corp.example"),
        outcome="wrong",
        wanted={"BILLING": ("wrong", {"forbidden"})},
        explained={"billing.presence": ("forbidden", "4")},
    ),
    Case(
        45,
        "vault-operations",
        tables="4",
        ou="/Security",
        operations=contact("ops@eu.corp.example"),
        outcome="wrong",
        wanted={"OPERATIONS": ("wrong", {"different"})},
    ),
    # Rules switched off, and another severity.
    Case(
        46,
        "play",
        tables="5",
        ou="/Sandbox/Ana",
        security=contact("ana.plays@gmail.com"),
        explained={
            "rules.free_mail": (None, "5"),
            "rules.missing": ("low", "5"),
        },
    ),
    Case(
        47,
        "play-empty",
        tables="5",
        ou="/Sandbox",
        security=None,
        outcome="missing",
        wanted={"SECURITY": ("missing", {"missing"})},
    ),
    # Precedence: the later of two tags, a name over a tag, an id over a name, two kinds over one.
    Case(
        50,
        "tagged",
        tables="6 7",
        tags={"env": "prod"},
        security=contact(title="By the later tag"),
        explained={"security.title": (["By the later tag"], "7")},
    ),
    Case(
        51,
        "tagged-wrong",
        tables="6 7",
        tags={"env": "production"},
        security=contact(title="By tag"),
        outcome="wrong",
        wanted={"SECURITY": ("wrong", {"different"})},
    ),
    Case(
        52,
        "PAY-desk",
        tables="6 7 8",
        tags={"env": "prod"},
        security=contact(title="By name"),
        explained={"security.title": (["By name"], "8")},
    ),
    Case(
        53,
        "pay-till",
        tables="6 7 8 9",
        tags={"env": "prod"},
        security=contact(title="By id"),
        explained={"security.title": (["By id"], "9")},
    ),
    Case(54, "till", tables="9", security=contact(title="By id")),
    Case(
        55,
        "bought-web",
        tables="10 11",
        ou="/Acquired/Shop",
        tags={"team": "web"},
        security=contact("aws@shop.corp.example"),
        explained={"security.email": (["@*.corp.example"], "10")},
    ),
    Case(
        56,
        "bought-other",
        ou="/Acquired/Shop",
        tags={"team": "data"},
    ),
    Case(
        57,
        "web",
        tables="11",
        tags={"team": "web"},
        security=contact("web@corp.example"),
        explained={"security.email": (["web@corp.example"], "11")},
    ),
    Case(
        58,
        "tag-over-ou",
        tables="1 2 11",
        ou="/Production/Web",
        tags={"team": "web"},
        security=contact("web@corp.example", name="Production security", phone="+44 20 7946 0958"),
        explained={"security.email": (["web@corp.example"], "11")},
    ),
    Case(
        59,
        "tag-over-ou-wrong",
        tables="1 2 11",
        ou="/Production/Web",
        tags={"team": "web"},
        security=PRODUCTION,
        outcome="wrong",
        wanted={"SECURITY": ("wrong", {"different"})},
    ),
    Case(60, "env-of-another-case", tags={"Env": "prod"}),
    # Nothing in particular: what the defaults say, in other places of the tree.
    Case(28, "beside", ou="/Acquired"),
    Case(29, "outside", ou="/Productions/Web"),
    Case(
        30,
        "partly",
        billing=contact("billing@corp.example"),
        operations=contact("ops@corp.example"),
    ),
    Case(48, "late", state="PENDING_CLOSURE", outcome="skipped"),
    Case(49, "two-of-three", billing=contact()),
)
