"""What the sandbox's Slack refuses in blocks and views."""

from typing import Any

import pytest
from altcontact_sandbox.slack.blocks import problems
from hypothesis import given
from hypothesis import strategies as st

Node = dict[str, Any]


def plain(text: str = "Words") -> Node:
    """A plain text."""
    return {"type": "plain_text", "text": text}


def section(text: str = "Words", **members: object) -> Node:
    """A section."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **members}


def button(**members: object) -> Node:
    """A button."""
    return {"type": "button", "action_id": "go", "text": plain("Go"), **members}


def option(value: str = "a") -> Node:
    """An option of a menu."""
    return {"text": plain(value), "value": value}


def menu(**members: object) -> Node:
    """A menu of one option."""
    return {"type": "static_select", "action_id": "menu", "options": [option()], **members}


def entry(**members: object) -> Node:
    """An input block with a text input."""
    element = {"type": "plain_text_input", "action_id": "value", **members}
    return {"type": "input", "block_id": "entry", "label": plain("Label"), "element": element}


def actions(*elements: Node) -> Node:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def modal(*blocks: Node, **members: object) -> Node:
    """A modal."""
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **members}


def table(rows: Any, **members: object) -> Node:  # noqa: ANN401 - right and wrong ones
    """A table."""
    return {"type": "table", "rows": rows, **members}


def cell(text: str = "x") -> Node:
    """A cell of a table."""
    return {"type": "raw_text", "text": text}


def asking(**members: object) -> Node:
    """A menu for whose options the app is asked."""
    return {"type": "external_select", "action_id": "ask", **members}


def rich(*parts: Node) -> Node:
    """A rich text block with one section."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [*parts]}]}


IMAGE: Node = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A picture"}
CONFIRM: Node = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()}
BOXES: Node = {"type": "checkboxes", "action_id": "boxes", "options": [option()]}
GROUPED: Node = {"type": "static_select", "action_id": "groups"}
LIST: Node = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": rich({"type": "user", "user_id": "U1"})["elements"],
        }
    ],
}


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3000, accessory=button(value="v" * 2000, url="https://example.com")),
        section(accessory=IMAGE),
        section(accessory=menu(initial_option=option(), placeholder=plain())),
        {"type": "section", "fields": [plain()] * 10},
        {"type": "header", "text": plain("x" * 150)},
        {"type": "context", "elements": [plain(), IMAGE]},
        {"type": "divider", "block_id": "line"},
        actions(button(style="danger", confirm=CONFIRM), menu()),
        actions({"type": "users_select", "action_id": "who"}),
        actions(
            {
                "type": "static_select",
                "action_id": "groups",
                "option_groups": [{"label": plain(), "options": [option()]}],
            }
        ),
        {**IMAGE, "title": plain()},
        rich({"type": "text", "text": "Words"}),
        LIST,
        table(
            [[cell()] * 20] * 100, column_settings=[{"align": "right", "is_wrapped": True}, None]
        ),
        table([[rich({"type": "text", "text": "Words"})], [cell("x" * 10_000), cell()]]),
        actions(asking(min_query_length=0, initial_option=option())),
        actions(asking(type="multi_external_select", initial_options=[option()])),
        actions(
            {"type": "multi_users_select", "action_id": "a", "max_selected_items": 2},
            {"type": "multi_channels_select", "action_id": "b"},
            {"type": "multi_conversations_select", "action_id": "c", "focus_on_load": True},
        ),
    ],
)
def test_takes(block: Node) -> None:
    """Blocks at their limits are taken."""
    assert problems([block]) == []


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (section(""), "empty text"),
        (section("x" * 3001), "3001 characters are more than 3000"),
        ({"type": "section"}, "neither text nor fields"),
        ({"type": "section", "fields": [plain()] * 11}, "fields are not 1 to 10"),
        ({"type": "section", "fields": []}, "fields are not 1 to 10"),
        ({"type": "section", "fields": "many"}, "fields are not 1 to 10"),
        ({"type": "section", "fields": [plain("x" * 2001)]}, "2001"),
        ({"type": "section", "text": "Words"}, "no text object"),
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": "a", "emoji": True}},
            "emoji is for",
        ),
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": "a", "verbatim": "yes"}},
            "verbatim is",
        ),
        ({"type": "section", "text": {**plain("a"), "verbatim": True}}, "verbatim is"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "a"}}, "plain_text is needed"),
        ({"type": "header", "text": plain("x" * 151)}, "more than 150"),
        ({"type": "context", "elements": [plain()] * 11}, "elements are not 1 to 10"),
        ({"type": "context", "elements": [{"type": "image"}]}, "no alt_text"),
        ({"type": "image", "alt_text": "A"}, "neither image_url nor slack_file"),
        ({"type": "divider", "text": plain()}, "unknown members ['text']"),
        (actions(), "elements are not 1 to 25"),
        (actions(button(text=plain("x" * 76))), "more than 75"),
        (actions(button(value="v" * 2001)), "value has 2001 characters"),
        (actions(button(value=1)), "value is not a string"),
        (actions(button(style="loud")), "unknown style"),
        (actions(button(action_id="x" * 256)), "action_id has 256"),
        (actions(button(confirm={"title": plain()})), "confirm.text: no text object"),
        (actions(button(confirm="sure")), "confirm.title: no text object"),
        (actions({"type": "button", "text": plain()}), "no action_id"),
        (actions(button(), button()), "action_id 'go' is used 2 times"),
        (actions({"type": "lever", "action_id": "x"}), "'lever' is no element"),
        (actions(menu(options=None)), "options are no list"),
        (actions(menu(options=["a"])), "options[0]: no option"),
        (actions({**BOXES, "initial_options": []}), "initial_options are none"),
        (actions({**GROUPED, "option_groups": []}), "option_groups are not 1 to 100"),
        (actions({**GROUPED, "option_groups": [1]}), "options are no list"),
        (actions({**GROUPED, "option_groups": [{"options": [option()]}]}), "label: no text"),
        ({"type": ["section"]}, "unknown type ''"),
        (actions(menu(options=[])), "0 options are not 1 to 100"),
        (actions(menu(options=[option(str(n)) for n in range(101)])), "101 options"),
        (actions(menu(options=[option("x" * 76)])), "more than 75"),
        (actions(menu(options=[{"text": plain(), "value": "v" * 151}])), "value has 151"),
        (
            actions(menu(options=[{**option(), "description": plain("x" * 76)}])),
            "description: 76 characters",
        ),
        (
            actions(menu(options=[{"text": {"type": "mrkdwn", "text": "a"}, "value": "a"}])),
            "plain_text is needed",
        ),
        (actions(menu(initial_option=option("b"))), "none of the options"),
        (actions(menu(placeholder=plain("x" * 151))), "more than 150"),
        (actions(menu(option_groups=[])), "options and option_groups"),
        (section(block_id="x" * 256), "block_id has 256"),
        (section(accessory="button"), "None is no element"),
        (entry(), "input is allowed in views only"),
        ({"type": "chart"}, "unknown type 'chart'"),
        (table([]), "rows are not 1 to 100"),
        (table([[cell()]] * 101), "rows are not 1 to 100"),
        (table("rows"), "rows are not 1 to 100"),
        (table([[cell()] * 21]), "rows[0]: cells are not 1 to 20"),
        (table([[]]), "rows[0]: cells are not 1 to 20"),
        (table([["x"]]), "rows[0][0]: None is no cell"),
        (table([[cell("")]]), "text has 0 characters"),
        (table([[{"type": "rich_text"}]]), "rows[0][0]: no elements"),
        (table([[cell()]], column_settings=[None] * 21), "a list of at most 20"),
        (table([[cell()]], column_settings=[{"align": "top"}]), "align is left"),
        (table([[cell()]], column_settings=[{"width": 3}]), "takes align and is_wrapped alone"),
        (table([[cell()]], column_settings=[{"is_wrapped": "no"}]), "is_wrapped is not true"),
        (actions(asking(options=[option()])), "the app is asked for the options"),
        (actions(asking(min_query_length=-1)), "min_query_length is no number from 0"),
        (actions(asking(initial_option={"value": "a"})), "initial: no text object"),
        (
            actions(asking(type="multi_external_select", max_selected_items=0)),
            "max_selected_items is no number from 1",
        ),
        (actions(menu(focus_on_load="yes")), "focus_on_load is not true"),
        (
            actions(menu(focus_on_load=True), {**BOXES, "focus_on_load": True}),
            "focus_on_load is set more than once",
        ),
        ({"type": "rich_text", "elements": []}, "no elements"),
        ({"type": "rich_text", "elements": [{"type": "bold"}]}, "unknown rich text 'bold'"),
        ({"type": "rich_text", "elements": [{"type": "rich_text_quote"}]}, "no elements"),
        (rich({"type": "text", "text": ""}), "unknown, or empty"),
        (
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_list", "elements": LIST["elements"]}],
            },
            "style is bullet or ordered",
        ),
    ],
)
def test_refuses(block: Node, why: str) -> None:
    """Blocks beyond a limit, empty, of unknown types or without what they need are refused."""
    assert why in "; ".join(problems([block]))


def test_counts_what_a_message_holds() -> None:
    """A message takes 50 blocks, 13,200 characters in all, and each block_id once."""
    assert problems([section()] * 50) == []
    assert "51 blocks are more than 50" in problems([section()] * 51)
    assert problems([section("x" * 2640)] * 5) == []
    assert problems([section("x" * 2641)] * 5) == ["msg_blocks_too_long: 13205 characters in all"]
    assert problems([section(block_id="a")] * 2) == ["block_id 'a' is used 2 times"]
    assert problems([table([[cell()]])] * 2) == ["only_one_table_allowed: more than one table"]
    assert problems(["words"]) == ["blocks[0]: no block"]  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (modal(entry()), "inputs, and no submit"),
        ({"type": "modal", "blocks": []}, "no title"),
        (modal(submit=plain("x" * 25)), "view.submit: 25 characters are more than 24"),
        (modal(title={"type": "mrkdwn", "text": "a"}), "plain_text is needed"),
        (modal(private_metadata="x" * 3001), "private_metadata has 3001"),
        (modal(callback_id="x" * 256), "callback_id has 256"),
        (modal(*[section()] * 101), "101 blocks are more than 100"),
        ({"type": "modal", "title": plain()}, "blocks: not a list"),
        ({"type": "window", "blocks": []}, "neither modal nor home"),
        ({"type": "home", "blocks": []}, "'home' where 'modal' is shown"),
        (modal(entry(max_length=3001), submit=plain()), "max_length 3001 is not 1 to 3000"),
        (modal(entry(max_length=5, initial_value="x" * 6), submit=plain()), "initial_value has 6"),
        (modal(entry(min_length=6, max_length=5), submit=plain()), "min_length 6"),
        (modal(entry(max_length="5"), submit=plain()), "are numbers"),
        (modal({**entry(), "element": button()}, submit=plain()), "'button' is no element"),
        (
            modal(entry(type="number_input"), submit=plain()),
            "no is_decimal_allowed",
        ),
        (modal(entry(multiline="yes"), submit=plain()), "multiline is not true"),
        (modal(entry(dispatch_action_config={}), submit=plain()), "trigger_actions_on is none"),
        (
            modal(entry(dispatch_action_config={"trigger_actions_on": ["on_blur"]})),
            "trigger_actions_on is none",
        ),
        (modal(table([[cell()]])), "table is allowed in messages only"),
        (modal({**entry(), "label": None}, submit=plain()), "label: no text object"),
        (modal({**entry(), "hint": plain("")}, submit=plain()), "hint: empty text"),
    ],
)
def test_refuses_views(view: Node, why: str) -> None:
    """Modals beyond a limit, or whose inputs cannot be submitted, are refused."""
    assert why in "; ".join(problems(view, surface="modal"))


def test_takes_views() -> None:
    """A form with a text input and a menu, and a home view, are taken."""
    kinds = ("email_text_input", "url_text_input", "timepicker")
    others = [{**entry(), "block_id": k, "element": {"type": k, "action_id": k}} for k in kinds]
    keys = {"trigger_actions_on": ["on_enter_pressed"]}
    others.append(
        {
            **entry(multiline=True, focus_on_load=True, dispatch_action_config=keys),
            "block_id": "typing",
        }
    )
    others[-1]["element"]["action_id"] = "typing"
    choice = {"type": "input", "label": plain(), "element": menu()}
    assert problems(modal(entry(), choice, *others, submit=plain()), surface="modal") == []
    assert problems({"type": "home", "blocks": [section()]}, surface="home") == []


MEMBERS = ("type", "text", "elements", "element", "accessory", "options", "option_groups")
TYPES = ("section", "actions", "input", "context", "rich_text", "static_select", "checkboxes")
NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(TYPES) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from((*MEMBERS, "action_id", "style", "fields")), inner)
        | st.fixed_dictionaries({"type": st.sampled_from(TYPES), "elements": inner})
        | st.fixed_dictionaries({"type": st.sampled_from(TYPES), "options": inner})
        | st.fixed_dictionaries({"type": st.just("section"), "accessory": inner})
    ),
    max_leaves=12,
)


@given(st.lists(NODES, max_size=3) | st.dictionaries(st.sampled_from(("type", "blocks")), NODES))
def test_says_no_to_nonsense(blocks: Any) -> None:  # noqa: ANN401 - nonsense
    """Whatever JSON comes, the answer is a list of problems and never an error."""
    assert all(isinstance(problem, str) for problem in problems(blocks))
