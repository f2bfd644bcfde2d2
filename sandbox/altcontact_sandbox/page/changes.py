"""What changed between two looks at a server: the part that a page needs."""

from __future__ import annotations

from typing import Any

Seen = dict[str, Any]


def slack_changes(before: Seen, now: Seen) -> Seen | None:
    """Slack with the changed and new messages and the new refusals alone.

    Returns:
        None where something is gone, so that a page needs all of it.
    """
    known = {message["id"]: message for message in before["messages"]}
    refused = {refusal["number"] for refusal in before["refusals"]}
    if not known.keys() <= {message["id"] for message in now["messages"]}:
        return None
    if not refused <= {refusal["number"] for refusal in now["refusals"]}:
        return None
    return {
        **now,
        "messages": [each for each in now["messages"] if known.get(each["id"]) != each],
        "refusals": [each for each in now["refusals"] if each["number"] not in refused],
    }


def aws_changes(before: Seen, now: Seen) -> Seen:
    """AWS with the changed and new accounts alone, and the ids of those gone."""
    known = {account["id"]: account for account in before["accounts"]}
    left = {account["id"] for account in now["accounts"]}
    return {
        **now,
        "accounts": [each for each in now["accounts"] if known.get(each["id"]) != each],
        "removed": [account_id for account_id in known if account_id not in left],
    }
