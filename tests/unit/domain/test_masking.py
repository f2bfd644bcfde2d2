"""What is hidden of a log line, and what is left of it."""

import pytest

from bot.domain.masking import mask


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to jo.doe+aws=x@sec.example.com!", "write to [email]!"),
        ("<mailto:a@b.co|a@b.co>", "<mailto:[email][email]>"),
        ("o'neil@example.com", "[email]"),
        ("call +44 20 7946 0958 now", "call [phone] now"),
        ("call +1 (202) 555-0123.", "call [phone]."),
        ("+441632960961", "[phone]"),
        ("(020) 7946 0958", "[phone]"),
        ("020-7946-0958", "[phone]"),
        ("02079460958", "[phone]"),
        ("2025550123", "[phone]"),
        ("token=xoxb-12-34-abcDEF, again", "token=[secret], again"),
        ("xapp-1-A0-12-abc", "[secret]"),
        ("xoxe.xoxp-1-Mi0yLT", "[secret]"),
        ("to wss://wss-primary.slack.com/link/?ticket=abc&app_id=1 failed", "to [secret] failed"),
        ("https://hooks.slack.com/commands/T1/2/abc", "[secret]"),
        ("key AKIAIOSFODNN7EXAMPLE", "key [secret]"),
        ("key ASIAIOSFODNN7EXAMPLE", "key [secret]"),
        ("with IQoJb3JpZ2luX2VjEJr//////wEaCXVzLWVhc3QtMQ== it", "with [secret] it"),
        ("with FwoGZXIvYXdzEBYaDHQa1kLm0Qn5vJ8z3yKz.", "with [secret]."),
        ("secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "secret [secret]"),
        ("aws_session_token = short-one, and", "aws_session_token = [secret], and"),
        ("{'SecretAccessKey': 'abc', 'n': 1}", "{'SecretAccessKey': '[secret]', 'n': 1}"),
        (
            "proxy http://bob:hunter2@localhost:8952 failed",
            "proxy http://[secret]@localhost:8952 failed",
        ),
        ("HTTPS://bob:hunter2@proxy.corp.example/", "HTTPS://[secret]@proxy.corp.example/"),
        ("socks5h://bob%40corp:p%2Fw%3A@proxy:1080", "socks5h://[secret]@proxy:1080"),
        ("http://bob:p@ss@proxy:8080", "http://[secret]@proxy:8080"),
        ("http://bob:p/w?x@proxy:8080", "http://[secret]@proxy:8080"),
        ("http://it's:a'secret@proxy:8080", "http://[secret]@proxy:8080"),
        ("postgresql://token@db.example/x", "postgresql://[secret]@db.example/x"),
        ("https_proxy=bob:hunter2@proxy:8080", "https_proxy=[secret]@proxy:8080"),
        ("via bob:hunter2@proxy", "via [secret]@proxy"),
        ("via 104711:hunter2@proxy:8080", "via [secret]@proxy:8080"),
        ("'//bob:hunter2@proxy:8080'", "'//[secret]@proxy:8080'"),
        ("nonnumeric port: 'hunter2@proxy'", "nonnumeric port: '[secret]@proxy'"),
        ("'bob:p$s@s@10.0.0.1:3128'", "'[secret]@10.0.0.1:3128'"),
        ("bob:hunter2@[::1]:8080", "[secret]@[::1]:8080"),
        ("Proxy-Authorization: Basic Ym9iOmg=", "Proxy-Authorization: Basic [secret]"),
        ("{'Authorization': 'Bearer abc', 'n': 1}", "{'Authorization': 'Bearer [secret]', 'n': 1}"),
        ("mobile 0812-3456-7890", "mobile [phone]"),
        ("X-Amz-Security-Token=IQ%2Fa&X-Amz-Date=1", "X-Amz-Security-Token=[secret]&X-Amz-Date=1"),
    ],
)
def test_hidden(text: str, left: str) -> None:
    """Addresses, numbers and secrets are hidden wherever they stand in a text."""
    assert mask(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "account 111122223333",
        "accounts 111122223333 222233334444",
        "accounts 111122223333, 222233334444",
        "arn:aws:account::111122223333:account/o-abc/444455556666",
        "2026-01-02T03:04:05.678901Z",
        "2026-01-02 03:04:05,678",
        "from 2026-01-02 to 2026-02-03",
        "epoch 1767323045, or 1767323045.123456, or 1767323045678",
        "done 120 of 2000 in 3.5 s",
        "10.0.0.1:8443 and 192.168.100.200",
        "request 0f8fad5b-d9cd-469f-a165-70867728950e",
        "U012ABCDEF S045GHIJKL C0123456789",
        "version 3.11.2, line 1234",
        "pid 1234567",
        "commit 4179b40aa1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6",
        "arn:aws:sts::111122223333:assumed-role/OrganizationAccountAccessRole/session-name",
        "/opt/altcontact/lib/python3/site-packages/botocore/client.py",
        "The session token has expired.",
        "account 1111-2222-3333",
        "match.account: “11112222333” is not an account id, which has 12 digits",
        "1111222233334 is not an account id",
        "account id 1111222233 is unknown",
        "accounts: 1111 2222 333",
        "https://example.com/path?next=1",
        "http://proxy:8080/a and to 12:30@noon",
        "at 12:30:45 x@y and a // b@c and path//x@y",
        "registry.example/altcontact:1.2@sha256:0123456789abcdef",
    ],
)
def test_left(text: str) -> None:
    """Account ids, times, counts, network addresses and Slack's ids stay as they are."""
    assert mask(text) == text
