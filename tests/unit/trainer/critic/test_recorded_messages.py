"""The rule book on what real Lean said: errors recorded on core-Lean goals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fd_trainer.critic.error_class import finding
from fd_trainer.critic.feedback_format import ORDERS
from fd_trainer.critic.lint import lint
from fd_trainer.critic.rules import orders
from fd_trainer.remark import Material

RECORDED = Path(__file__).parents[3] / "data" / "lean"


def errors(value: Any) -> Iterator[str]:
    """Texts of errors anywhere in a recording."""
    if isinstance(value, dict):
        if value.get("severity") == "error" and isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from errors(each)
    elif isinstance(value, list):
        for each in value:
            yield from errors(each)


def recorded() -> list[str]:
    lines = (
        line
        for file in sorted(RECORDED.rglob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    return sorted({text for line in lines for text in errors(json.loads(line))})


def test_nearly_every_error_has_a_class() -> None:
    messages = recorded()
    assert len(messages) > 1_000
    without = [text for text in messages if finding(text) is None]
    assert len(without) < 0.005 * len(messages), without[:10]


def test_advice_on_every_recorded_error_is_in_format_and_mostly_specific() -> None:
    """Specific: it holds a name, a goal or a term that Lean's message holds, in backticks."""
    specific = 0
    messages = recorded()
    for text in messages:
        material = Material("p", "simp", (text,), candidate="simp")
        advice = list(orders(material))[:3]
        joined = "\n".join(f"{n}. {each}" for n, each in enumerate(advice, 1))
        linted = lint(joined, ORDERS)
        assert linted.good, (text, linted.findings)
        quoted = {part for each in advice for part in each.split("`")[1::2]}
        flat = " ".join(text.split())
        specific += any(part in flat for part in quoted)
    assert specific > 0.8 * len(messages)
