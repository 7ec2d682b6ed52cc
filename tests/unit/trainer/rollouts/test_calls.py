"""Calls are read from anything a model may write; a tool's answer can't pass for a turn."""

import pytest
from fd_core.prompt import prompt_format
from fd_trainer.rollouts.calls import BadCall, Call, CallFormat
from hypothesis import given
from hypothesis import strategies as st

FORMAT = CallFormat.of(prompt_format("fd-tools-1").tools)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('thinking\n<tool_call>\n{"name": "search", "arguments": {"pattern": "x"}}', "search"),
        ('<tool_call>{"name": "search", "arguments": {"pattern": "x"}}</tool_call>', "search"),
        ('<tool_call>```json\n{"name": "a", "arguments": {"pattern": "x"}}\n```', "a"),
        ('<tool_call>{"name": "a", "arguments": {"pattern": "line\nline"}}', "a"),
    ],
)
def test_a_call_is_read(text: str, call: str) -> None:
    found = FORMAT.call_in(text)
    assert isinstance(found, Call)
    assert found.name == call
    assert "pattern" in found.arguments


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<tool_call>", "not JSON"),
        ("<tool_call>search x", "not JSON"),
        ("<tool_call>[1]", "JSON object"),
        ('<tool_call>{"name": 3}', "JSON object"),
        ('<tool_call>{"name": "a", "arguments": [1]}', "must be a JSON object"),
        ("<tool_call>" + "[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_call_is_answered(text: str, said: str) -> None:
    found = FORMAT.call_in(text)
    assert isinstance(found, BadCall)
    assert said in found.reason


def test_a_final_answer_calls_nothing() -> None:
    assert FORMAT.call_in("```lean\nexact h\n```") is None


@given(st.text(max_size=80))
def test_anything_is_read_without_raising(text: str) -> None:
    FORMAT.call_in(text)
    FORMAT.call_in(FORMAT.opens + text)


@given(st.lists(st.sampled_from([*FORMAT.marks, "x", "<", "|", "\n", "{text}"]), max_size=12))
def test_no_answer_of_a_tool_holds_a_mark_of_its_own(parts: list[str]) -> None:
    wrapped = FORMAT.answer("".join(parts))
    empty = FORMAT.answer("")
    for mark in FORMAT.marks:
        assert wrapped.count(mark) == empty.count(mark)
