"""What Slack refuses in blocks and views: pure functions of JSON, which others can use.

`problems` tells of a message's blocks, or of a view; `suggestion_problems` of the options that an
app gives where Slack asks for them.
"""

from altcontact_sandbox.slack.blocks.check import Surface, problems
from altcontact_sandbox.slack.blocks.menus import suggestion_problems

__all__ = ["Surface", "problems", "suggestion_problems"]
