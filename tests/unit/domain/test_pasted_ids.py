"""Account ids, OU ids and Slack ids, however they are pasted."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.pasted_ids import (
    account_id_part,
    account_id_problem,
    ou_path,
    parse_account_id,
    slack_id,
    unwrapped,
)

ID = "055555555555"
MANAGEMENT = "111111111111"
CONSOLE = "https://us-east-1.console.aws.amazon.com"
SESSION = f"https://{MANAGEMENT}-ab12cd34.us-east-1.console.aws.amazon.com"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        "0555-5555-5555",
        "0555 5555 5555",
        "0555 - 5555 - 5555",
        "05 5555 555555",
        "0555.5555.5555",
        "055,555,555,555",
        "055\u2019555\u2019555\u2019555",
        f"{ID}.0",
        "`0555-5555-5555`",
        f"*{ID}*",
        f"<{ID}>",
        f'"{ID}",',
        f"“{ID}”",
        f"({ID}).",
        "0555\u20135555\u20135555",
        "0555\u20115555\u20115555",
        "0555\u22125555\u22125555",
        "0555\u00a05555\u00a05555",
        "0555\u20095555\u202f5555",
        f"\ufeff{ID}\u200b",
        "0555\u20605555\u200b5555",
        "\u202d055555555555\u202c",
        "\uff10" + 11 * "\uff15",
        "\u0660" + 11 * "\u0665",
        f"Payments · {ID}",
        "Payments (0555-5555-5555)",
        "Account ID: 0555-5555-5555",
        "AdministratorAccess/alice @ 0555-5555-5555",
        f"{ID}/AdministratorAccess",
        f"aws account get-alternate-contact --account-id {ID}",
        f'"Id": "{ID}",',
        f"arn:aws:iam::{ID}:root",
        f"ARN:AWS:IAM::{ID}:ROOT",
        f"arn:aws:iam::{ID}",
        f"`arn:aws:iam::{ID}:role/altcontact`",
        f"arn:aws-cn:sts::{ID}:assumed-role/admin/alice",
        f"arn:aws-us-gov:ec2:us-gov-west-1:{ID}:vpc/vpc-123",
        f"arn:aws-eusc:iam::{ID}:root",
        f"arn:aws:organizations::{MANAGEMENT}:account/o-abcdef1234/{ID}",
        f"arn:aws:account::{MANAGEMENT}:account/o-abcdef1234/{ID}",
        f"arn:aws:account::{ID}:account",
        f"arn%3Aaws%3Aiam%3A%3A{ID}%3Aroot",
        f"{CONSOLE}/organizations/v2/home/accounts/{ID}",
        f"{SESSION}/organizations/v2/home/accounts/{ID}",
        f"{SESSION}/iam/home#/roles?arn=arn%3Aaws%3Aiam%3A%3A{ID}%3Arole%2Fx",
        f"<https://signin.aws.amazon.com/switchrole?account={ID}&roleName=admin|Switch>",
        f"https://d-12.awsapps.com/start/#/console?account_id={ID}&role_name=admin",
        f"https://{ID}.signin.aws.amazon.com/console",
        f"https://{ID}-ab12cd34.us-east-1.console.aws.amazon.com/console/home",
    ],
)
def test_an_account_id_is_understood_as_it_is_pasted(text: str) -> None:
    """The console's form, ARNs, URLs, invisible characters, other digits, and words around it."""
    assert parse_account_id(text) == ID
    assert parse_account_id(f" {text}\n") == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Payments",
        "55555555555",
        f"{ID}5",
        f"{ID} {MANAGEMENT}",
        f"{ID}, {MANAGEMENT}",
        f"arn:aws:iam::{ID}:root arn:aws:iam::{MANAGEMENT}:root",
        # The management account owns the OU, and is not what is meant.
        f"arn:aws:organizations::{MANAGEMENT}:ou/o-abcdef1234/ou-ab12-11111111",
        f"arn:aws:organizations::{MANAGEMENT}:organization/o-abcdef1234",
        f"arn:aws:s3:::assets-{ID}",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        f"{CONSOLE}/organizations/v2/home/accounts",
        "123e4567-e89b-12d3-a456-426614174000",
        f"lab-{ID}",
        f"{ID}-lab",
        f"{ID}.5",
        "+442079460958",
        "12345678901.0",
        "1234567890.12",
    ],
)
def test_what_is_no_account_id(text: str) -> None:
    """Nothing is guessed: not of several ids, too many digits, or digits within a word."""
    assert parse_account_id(text) is None


SEPARATORS = st.text(
    alphabet=" -\u00a0\u2009\u2011\u2013\u2014\u2212\u200b\u2060\ufeff", max_size=3
)
AROUND = st.text(alphabet=" `\"'<>()[]*_“”\u200b\u2060\ufeff\u00a0\n,;:.", max_size=6)
ZEROS = st.sampled_from("0\u0660\u0966\uff10\U0001d7ce")
"""Zeros after which the digits of their script follow."""


@given(
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.lists(SEPARATORS, min_size=11, max_size=11),
    st.tuples(AROUND, AROUND),
    ZEROS,
)
@example("000000000000", [""] * 11, ("", ""), "0")
def test_any_separators_and_marks(
    digits: str, separators: list[str], around: tuple[str, str], zero: str
) -> None:
    """Digits of any script, whatever stands between and around them, are the id they spell."""
    shown = [chr(ord(zero) + int(digit)) for digit in digits]
    middle = "".join(
        digit + separator for digit, separator in zip(shown, [*separators, ""], strict=True)
    )
    assert parse_account_id(f"{around[0]}{middle}{around[1]}") == digits


@given(st.text())
def test_any_text_is_an_id_or_none(text: str) -> None:
    """Whatever is pasted gives twelve digits or nothing, and an id stays what it is."""
    found = parse_account_id(text)
    assert found is None or (len(found) == 12 and found.isascii() and found.isdecimal())
    if found is not None:
        assert parse_account_id(found) == found
    assert isinstance(account_id_problem(text), str)
    assert isinstance(unwrapped(text), str)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("55555555555", "perhaps a leading zero was lost"),
        ("5555-5555-555", "perhaps a leading zero was lost"),
        ("`5,555,555,555`", "perhaps leading zeros were lost"),
        ("55555555555.0", "11 digits"),
        ("5555555555555", "has 13 digits, and an account id has 12"),
        ("5.55556E+11", "rounded number"),
        ("5,55556e+10", "rounded number"),
        ("1234", "has 4 digits"),
        (f"{ID}, {MANAGEMENT}", "has 2 account ids, and one is expected"),
        (f"{ID},{MANAGEMENT};{ID}", "has 2 account ids, and one is expected"),
        ("0555-5555-5555 1111-1111-1111", "has 2 account ids"),
        ("Lab 2", ""),
        ("", ""),
        ("prod-55555555555", ""),
    ],
)
def test_a_number_that_is_no_account_id_is_told(text: str, problem: str) -> None:
    """A leading zero that was lost, a spreadsheet's rounding; the number is not repeated."""
    told = account_id_problem(text)
    assert problem in told
    assert bool(told) is bool(problem)
    assert "5555" not in told


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/Production/*", "/Production/*"),
        ("/ou-team", "/ou-team"),
        ("`/Production`", "`/Production`"),
        ("ou-ab12-11111111", "ou-ab12-11111111"),
        ("`ou-ab12-11111111`", "ou-ab12-11111111"),
        ("ou-ab12-11111111\u200b/**", "ou-ab12-11111111/**"),
        (
            "ou-ab12-11111111/\U0001f469\u200d\U0001f4bb",
            "ou-ab12-11111111/\U0001f469\u200d\U0001f4bb",
        ),
        ("ou-ab12-11111111/CI%2FCD/", "ou-ab12-11111111/CI%2FCD"),
        (
            f"arn:aws:organizations::{MANAGEMENT}:ou/o-abcdef1234/ou-ab12-11111111",
            "ou-ab12-11111111",
        ),
        (
            f"arn:aws:organizations::{MANAGEMENT}:ou/o-abcdef1234/ou-ab12-11111111/**",
            "ou-ab12-11111111/**",
        ),
        (
            f"{CONSOLE}/organizations/v2/home/organizational-units/ou-ab12-11111111",
            "ou-ab12-11111111",
        ),
        ("o-abcdef1234/r-ab12/ou-ab12-11111111/ou-ab12-22222222/", "ou-ab12-22222222"),
        ("/Production/ou-ab12-22222222/**", "ou-ab12-22222222/**"),
        ("o-abcdef1234/r-ab12/", "/"),
        (f"arn:aws:organizations::{MANAGEMENT}:root/o-abcdef1234/r-ab12", "/"),
        ("o-abcdef1234/r-ab12/**", "/**"),
        ("r-data/**", "r-data/**"),
    ],
)
def test_an_ou_is_understood_as_it_is_pasted(text: str, path: str) -> None:
    """An ARN, a console URL and AWS's path of ids lead to the id; a path by names stays."""
    assert ou_path(text) == path


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("U0ALICE001", "U0ALICE001"),
        (" `U0ALICE001`\u200b", "U0ALICE001"),
        ("@U0ALICE001", "U0ALICE001"),
        ("<@U0ALICE001>", "U0ALICE001"),
        ("<@W0ALICE001|alice>", "W0ALICE001"),
        ("<!subteam^S0SECOPS01|@secops>", "S0SECOPS01"),
        ("<#C0123456789|alerts>", "C0123456789"),
        ("https://corp.slack.com/archives/C0123456789", "C0123456789"),
        ("https://corp.slack.com/team/U0ALICE001", "U0ALICE001"),
        ("@SECOPS", "@SECOPS"),
        ("#alerts", "#alerts"),
        ("#GENERAL", "#GENERAL"),
        ("*", "*"),
    ],
)
def test_a_slack_id_is_understood_as_it_is_pasted(text: str, id_: str) -> None:
    """A mention and a link give the id in them; a name stays what it is."""
    assert slack_id(text) == id_


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("4444", "4444"),
        (" `4444-44` ", "444444"),
        ("44 44", "4444"),
        ("\u0664\u0664\u0664", "444"),
        (ID, ID),
        ("44", ""),
        ("4444x", ""),
        ("prod 4444", ""),
        ("4" * 13, ""),
        ("", ""),
    ],
)
def test_part_of_an_account_id(text: str, part: str) -> None:
    """Three to twelve digits, with the separators and marks that people paste along."""
    assert account_id_part(text) == part


@given(st.integers(0, 9), st.integers(3, 12), st.sampled_from(["", "-", " "]))
def test_each_part_of_an_id_is_a_part(start: int, length: int, separator: str) -> None:
    """Any run of an id's digits, however it is separated, is found in the id again."""
    digits = "012345678901"[start : start + length]
    part = account_id_part(separator.join(digits))
    assert part == (digits if len(digits) >= 3 else "")
