"""What rules may say about a goal: names in its context, what closes it, and what shape it has.

Pure text. A fact is given only where it can be read off safely; an advice that needs one which is
not there is not given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from fd_core.lean.goal_text import parse_goals
from fd_core.lean_source import blank_out
from fd_core.policy.shape import shape_of
from fd_core.proof import Goal

from fd_trainer.remark import Material

_SPLIT = re.compile(r"\n\n(?=\S)")
_LONGEST = 80
_MOST_WORDS = 16
_NAMES_SHOWN = 5
_MATHLIB_TACTICS = re.compile(
    r"(?<![\w.'!?])(linarith|nlinarith|polyrith|ring|ring_nf|ring1|norm_num|field_simp|positivity|"
    r"push_neg|use|interval_cases|linear_combination|gcongr|aesop|tauto|by_contra|by_contra!|"
    r"contrapose|contrapose!|choose|lift|nth_rewrite|nth_rw|convert|convert_to|refine'|simp_rw|"
    r"abel|group|set|cases'|induction'|trans|bound|zify|qify|rify|fin_cases|mod_cases|"
    r"slice_lhs|continuity|measurability|decreasing_trivial|rcongr|peel|wlog|obviously)(?![\w.'])"
)
_ATOM = re.compile(r"↑?[A-Za-z_α-ωΑ-Ω][\w'₀-₉]*|\d+|[-+*/%()=<>≤≥≠]|\s+")
_RELATION = re.compile(r"[=<>≤≥≠]")
_NAME = re.compile(r"[A-Za-z_α-ωΑ-Ω][\w'₀-₉]*")
_PRODUCT = re.compile(r"([\w')]+)\s*[*]\s*↑?([\w'(]+)")
_NUMERAL = re.compile(r"\d+")
_BY_VARIABLE = re.compile(r"[/%](?!\s*\d)")
_TACTIC_WORD = re.compile(r"^[ \t·|]*([a-z_][\w']*)", re.MULTILINE)


def short(text: str) -> str | None:
    """A text that fits between backticks in an advice; None if it does not."""
    text = " ".join(text.split())
    fits = 0 < len(text) <= _LONGEST and len(text.split(" ")) <= _MOST_WORDS
    return text if fits and not re.search(r"[`«»\"…✝]|\bsorry\b.", text) else None


@dataclass(frozen=True, slots=True)
class Facts:
    """`places` fill templates; `holds` are conditions that are true."""

    places: MappingProxyType[str, str]
    holds: frozenset[str]


def facts_of(material: Material) -> Facts:
    """Of the problem and the attempt."""
    goal = first_goal(material.goals)
    names = named(goal)
    places = {
        "hypotheses": ", ".join(f"`{name}`" for name in names[:_NAMES_SHOWN]),
        "binders": _binders(goal),
        "closer": closer_of(goal),
        "mathlib_tactic": _first(_MATHLIB_TACTICS, blank_out(material.candidate)),
        "candidate": short(material.candidate) or "",
        "tactics": _tactics(material.candidate),
        **_hypotheses_by_shape(goal),
    }
    holds = {
        "mathlib": material.mathlib,
        "core": not material.mathlib,
        "tools": material.tools,
        "no_tools": not material.tools,
        "hypotheses": bool(names),
        "arithmetic": is_arithmetic(goal),
        shape_of(goal.target).kind: True,
    }
    return Facts(
        MappingProxyType({key: value for key, value in places.items() if value}),
        frozenset(key for key, value in holds.items() if value),
    )


def first_goal(goals: str) -> Goal:
    """The goal to work on, of goals as Lean shows them."""
    found = parse_goals(_SPLIT.split(goals.strip("\n"))[:1])
    return found[0] if found else Goal("")


def named(goal: Goal) -> list[str]:
    """Names of hypotheses that a proof can write; propositions and variables alike, latest last."""
    return [name for h in goal.hypotheses for name in h.names if _NAME.fullmatch(name)]


def closer_of(goal: Goal) -> str:
    """A hypothesis that states the target as it stands; empty if there is none."""
    target = _squeezed(goal.target)
    for hypothesis in reversed(goal.hypotheses):
        if _squeezed(hypothesis.type) == target and _NAME.fullmatch(hypothesis.names[-1]):
            return hypothesis.names[-1]
    return ""


def is_arithmetic(goal: Goal) -> bool:
    """Whether the target is a linear relation between numbers of type ℕ or ℤ."""
    target = " ".join(goal.target.split())
    tokens = _ATOM.findall(target)
    if "".join(tokens) != target or len(_RELATION.findall(target)) != 1:
        return False
    numbers = {n for h in goal.hypotheses if h.type in ("Nat", "Int", "ℕ", "ℤ") for n in h.names}
    if not set(_NAME.findall(target)) <= numbers or not numbers:
        return False
    return not _nonlinear(target)


def _nonlinear(target: str) -> bool:
    products = (match.groups() for match in _PRODUCT.finditer(target))
    between = any(not any(map(_NUMERAL.fullmatch, sides)) for sides in products)
    return between or bool(_BY_VARIABLE.search(target))


def _binders(goal: Goal) -> str:
    """Names to introduce for the leading quantifier, as it calls them."""
    names = [binder.name for binder in shape_of(goal.target).binders]
    good = names and all(_NAME.fullmatch(name) for name in names)
    return " ".join(names[:5]) if good and shape_of(goal.target).kind == "forall" else ""


def _hypotheses_by_shape(goal: Goal) -> dict[str, str]:
    """The first hypothesis of each shape that begs to be used."""
    wanted = {
        "false": "false_hypothesis",
        "or": "disjunction_hypothesis",
        "and": "structure_hypothesis",
        "exists": "structure_hypothesis",
    }
    found: dict[str, str] = {}
    for hypothesis in goal.hypotheses:
        place = wanted.get(shape_of(hypothesis.type).kind)
        if place and _NAME.fullmatch(hypothesis.names[-1]):
            found.setdefault(place, hypothesis.names[-1])
    return found


def _tactics(candidate: str) -> str:
    words = _TACTIC_WORD.findall(blank_out(candidate))
    return ", ".join(f"`{word}`" for word in words[:6])


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def left_facts(goals: Sequence[Goal]) -> Facts:
    """Of the first goal that an attempt left open."""
    if not goals:
        return Facts(MappingProxyType({}), frozenset())
    goal = goals[0]
    places = {"left": short(goal.target) or "", "left_closer": closer_of(goal)}
    holds = {"left_closer": bool(closer_of(goal)), "left_arithmetic": is_arithmetic(goal)}
    return Facts(
        MappingProxyType({key: value for key, value in places.items() if value}),
        frozenset(key for key, value in holds.items() if value),
    )
