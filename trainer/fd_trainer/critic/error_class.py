"""Classes of Lean's errors: which rule of `rules.toml` a message falls under.

The classes name what goes wrong in words of one's own, so that figures can be kept per class
(pre-flight, report) whatever critic is at work.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from fd_core.lean.goal_text import unsolved_goals

from fd_trainer.critic.facts import left_facts, short

_POSITION = re.compile(r"^(?:Lean: )?(?:[^\s:]+\.lean:)?(?:\d+:\d+: )?(?:error(?:\([\w.]+\))?: )?")
_LIBRARY_NAME = re.compile(r"(?:_root_\.)?[A-Z]\w*(?:\.\w[\w']*)+|[a-z][a-z0-9]*(?:_[a-z0-9']+)+")
_NAME = re.compile(r"[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*")
_LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class Template:
    """One advice of a rule and when it applies."""

    text: str
    when: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One class of errors."""

    name: str
    pattern: re.Pattern[str]
    when: frozenset[str]
    advice: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class GoalRule:
    """How to begin at a goal of some shape; `avoid`: words of attempts that did so already."""

    kind: str
    text: str
    avoid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All of `rules.toml`."""

    version: str
    rules: tuple[Rule, ...]
    special: Mapping[str, str]
    goals: tuple[GoalRule, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A message under its rule, with what the message itself says."""

    rule: Rule
    places: Mapping[str, str]
    holds: frozenset[str]


@cache
def rule_book() -> RuleBook:
    """The rules, read once."""
    content = resources.files("fd_trainer").joinpath("critic", "rules.toml").read_bytes()
    table: dict[str, Any] = tomllib.loads(content.decode("utf-8").replace("\r\n", "\n"))
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()[:8]
    return RuleBook(
        f"{table['version']}#{digest}",
        tuple(map(_rule, table["rule"])),
        table["special"],
        tuple(
            GoalRule(row["kind"], row["text"], (row["avoid"], *row.get("also", ())))
            for row in table["goal"]
        ),
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    advice = tuple(Template(a["text"], frozenset(a.get("when", ()))) for a in row["advice"])
    return Rule(row["class"], re.compile(row["pattern"]), frozenset(row.get("when", ())), advice)


def finding(message: str) -> Finding | None:
    """The first rule that a message falls under."""
    text = _POSITION.sub("", message.strip()[:_LONGEST], count=1)
    left = left_facts(unsolved_goals(text) or ())
    for rule in rule_book().rules:
        match = rule.pattern.search(text)
        if match is None or not rule.when <= left.holds:
            continue
        said = {key: short(value) for key, value in match.groupdict().items() if value}
        places = {k: v for k, v in said.items() if v and (k != "name" or _NAME.fullmatch(v))}
        places |= left.places
        return Finding(rule, places, left.holds | frozenset(_said_of(places)))
    return None


def _said_of(places: Mapping[str, str]) -> Iterator[str]:
    if _LIBRARY_NAME.fullmatch(places.get("name", "")):
        yield "library_name"
    if _NAME.fullmatch(places.get("term", "")):
        yield "named_term"


def error_class(messages: Sequence[str], *, proved: bool = False, empty: bool = False) -> str:
    """The class of an attempt: of its first message that has one; "proved", "no_proof", "other"."""
    if proved:
        return "proved"
    if empty:
        return "no_proof"
    found = (finding(message) for message in messages)
    return next((each.rule.name for each in found if each is not None), "other")
