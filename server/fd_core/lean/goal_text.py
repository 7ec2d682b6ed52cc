"""Goals as Lean writes them, read back into values.

Lean renders a goal as `case` line, one line per group of hypotheses (continued on indented lines),
and the target behind `⊢ `. Messages ("unsolved goals …") carry the same text. Pure text, no IO.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fd_core.proof import Goal, Hypothesis

_UNSOLVED = re.compile(r"^(?:error: )?unsolved goals\n")
_PREFIXES = ("⊢ ", "| ")
"""`| ` marks the target in `conv` mode."""
_OPENERS, _CLOSERS = "([{⟨⦃⟦", ")]}⟩⦄⟧"
_MVAR = re.compile(r"(?<![\w'!?✝.])\?\w")


def parse_goal(text: str) -> Goal:
    """One goal from its rendered text; what has no target line becomes a bare target."""
    case: str | None = None
    lines = text.strip("\n").split("\n")
    if lines and lines[0].startswith("case ") and len(lines) > 1:
        case = lines.pop(0).removeprefix("case ").strip()
    for index, line in enumerate(lines):
        for prefix in _PREFIXES:
            if line.startswith(prefix) or line == prefix.rstrip():
                target = "\n".join([line[len(prefix) :], *lines[index + 1 :]])
                return Goal(target.strip(), tuple(_hypotheses(lines[:index])), case, prefix)
    return Goal(text.strip(), (), case)


def parse_goals(texts: Iterable[str]) -> tuple[Goal, ...]:
    """Goals from `$/lean/plainGoal`."""
    return tuple(parse_goal(text) for text in texts)


def unsolved_goals(message: str) -> tuple[Goal, ...] | None:
    """The goals listed by an "unsolved goals" message; None if the message is another one."""
    found = _UNSOLVED.match(message + "\n")
    if found is None:
        return None
    body = message[found.end() :].strip("\n")
    return parse_goals(re.split(r"\n\n(?=\S)", body)) if body else ()


def _hypotheses(lines: Sequence[str]) -> list[Hypothesis]:
    """Lines that begin with a blank continue the one before."""
    joined: list[str] = []
    for line in lines:
        if line.startswith(" ") and joined:
            joined[-1] += "\n" + line
        elif line.strip():
            joined.append(line)
    return [_hypothesis(line) for line in joined]


def _hypothesis(text: str) -> Hypothesis:
    names, mark, rest = text.partition(" :")
    if not mark:
        return Hypothesis((), text.strip())
    type_, value = _split_value(rest)
    return Hypothesis(tuple(names.split()), type_.strip(), value.strip() if value else None)


def _split_value(text: str) -> tuple[str, str | None]:
    """Type and value around the outermost ` := `; inside brackets it belongs to the type."""
    depth = 0
    for index, letter in enumerate(text):
        if letter in _OPENERS:
            depth += 1
        elif letter in _CLOSERS:
            depth -= 1
        elif depth == 0 and text.startswith(" :=", index):
            return text[:index], text[index + 3 :]
    return text, None


def interactive_goal(raw: Mapping[str, Any]) -> Goal:
    """One goal from `Lean.Widget.getInteractiveGoals`.

    Its marks of what a tactic will remove or has inserted are left aside: all that is listed is here.
    """
    hypotheses = tuple(
        Hypothesis(
            tuple(hyp.get("names", ())),
            tagged_text(hyp.get("type")).strip(),
            tagged_text(hyp["val"]).strip() if hyp.get("val") else None,
        )
        for hyp in raw.get("hyps", ())
    )
    prefix = str(raw.get("goalPrefix") or "⊢ ")
    return Goal(tagged_text(raw.get("type")).strip(), hypotheses, raw.get("userName"), prefix)


def tagged_text(node: Any) -> str:
    """The letters of a TaggedText tree: `{text}`, `{append: […]}`, `{tag: [info, child]}`."""
    if isinstance(node, str):
        return node
    if not isinstance(node, Mapping):
        return ""
    if "text" in node:
        return str(node["text"])
    if "append" in node:
        return "".join(map(tagged_text, node["append"]))
    if "tag" in node:
        return tagged_text(node["tag"][1])
    return ""


def plain(goal: Goal) -> str:
    """A goal on the page regardless of where lines were broken: for comparing, not for showing."""
    return " ".join(str(goal).split())


def same_goals(one: Sequence[Goal], other: Sequence[Goal]) -> bool:
    """Whether two states look alike to Lean, line breaks aside."""
    return [plain(goal) for goal in one] == [plain(goal) for goal in other]


def has_metavariables(goals: Iterable[Goal]) -> bool:
    """Whether some goal's text shows a `?m`: what fills it in one place fills it in all."""
    return any(_MVAR.search(str(goal)) for goal in goals)
