"""Cuts what Organizations lists into pages, as short or empty as is set."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any, Final, TypeVar

from altcontact_sandbox.aws.protocol.messages import Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altcontact_sandbox.aws.state.simulated_aws import SimulatedAws

MAX_PAGE_SIZE: Final = 20
"""AWS's limit on `MaxResults`, and its default."""

_T = TypeVar("_T")


class Pages:
    """The pages; a token of one listing is good for nothing else."""

    def __init__(self, aws: SimulatedAws) -> None:
        self._aws = aws
        self._nonce = secrets.token_hex(8)

    def page_of(
        self, call: Call, key: str, entries: Sequence[_T], show: Callable[[_T], dict[str, Any]]
    ) -> dict[str, Any]:
        """One page of what there is, as AWS answers it.

        Args:
            call: says which page.
            key: the member that holds the page.
            entries: all of them.
            show: one of them, as AWS shows it.

        Raises:
            Refusal: the token is not one of this listing.
        """
        start, page = self._position(call)
        sizes = self._aws.settings.page_sizes
        most = call.params.get("MaxResults") or MAX_PAGE_SIZE
        end = start + min(most, sizes[page % len(sizes)])
        answer: dict[str, Any] = {key: [show(each) for each in entries[start:end]]}
        if end < len(entries):
            answer["NextToken"] = self._token(call, end, page + 1)
        return answer

    def _token(self, call: Call, start: int, page: int) -> str:
        token = f"{self._listing(call)}:{start}:{page}"
        return base64.urlsafe_b64encode(token.encode()).decode()

    def _listing(self, call: Call) -> str:
        return f"{self._nonce}:{call.operation}:{call.target}"

    def _position(self, call: Call) -> tuple[int, int]:
        if call.params.get("NextToken") is None:
            return 0, 0
        try:
            token = base64.urlsafe_b64decode(call.text("NextToken")).decode()
            listing, start, page = token.rsplit(":", 2)
        except (binascii.Error, ValueError):
            listing, start, page = "", "0", "0"
        if listing != self._listing(call):
            raise Refusal(
                "InvalidInputException",
                "You specified an invalid value for NextToken.",
                400,
                {"Reason": "INVALID_NEXT_TOKEN"},
            )
        return int(start), int(page)
