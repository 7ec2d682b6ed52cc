"""Instructions to a critic that is a language model, as versioned data (METHOD §1.8).

An instruction is a TOML file in `prompts/`: what the model is told, how the material is laid out, and
the format its answer must have. Changing a file changes its `version`, which names the feedback's
source and is part of the cache's key; instructions are added, not edited.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from fd_core.errors import SettingsError
from fd_core.prompt import Turn
from fd_core.prompt_context import clip

from fd_trainer.critic.feedback_format import FeedbackFormat
from fd_trainer.critic.quoting import quoted
from fd_trainer.critic.voice import Complaint
from fd_trainer.remark import Material

_PLACE = re.compile(r"\{(\w+)\}")
_ANSWER_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One file of `prompts/`. `outcome` says in our words how an attempt ended; `notes` are lines
    that are there only when true (cut off, tools at hand, a proof is known)."""

    name: str
    version: str
    system: str
    user: str
    again: str
    outcome: Mapping[str, str]
    notes: Mapping[str, str]
    as_text: Mapping[str, str]
    format: FeedbackFormat
    numbered_steps: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """Characters of the material shown at most; the problem comes whole."""

    attempt: int = 24_000
    messages: int = 6_000


@cache
def instructions() -> Mapping[str, Instruction]:
    """Every instruction, by name."""
    folder = resources.files("fd_trainer").joinpath("critic", "prompts")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    found = [_read(file.read_bytes()) for file in files]
    return MappingProxyType({each.name: each for each in found})


def instruction(name: str) -> Instruction:
    """An instruction by name. Raises SettingsError."""
    known = instructions()
    if name not in known:
        raise SettingsError(
            f"critic.prompt: no instruction `{name}`", fix=f"Choose one of: {', '.join(known)}."
        )
    return known[name]


def _read(content: bytes) -> Instruction:
    table: dict[str, Any] = tomllib.loads(content.decode("utf-8").replace("\r\n", "\n"))
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()[:8]
    return Instruction(
        name=table["name"],
        version=f"{table['name']}#{digest}",
        system=table["system"].strip(),
        user=table["user"].strip(),
        again=table["again"].strip(),
        outcome=MappingProxyType(table["outcome"]),
        notes=MappingProxyType(table["notes"]),
        as_text=MappingProxyType(table["text"]),
        format=FeedbackFormat.read(table["format"]),
        numbered_steps=table.get("numbered_steps", False),
    )


def turns(
    told: Instruction,
    material: Material,
    complaint: Complaint | None = None,
    budget: Budget = Budget(),
    *,
    references: bool = False,
) -> tuple[Turn, ...]:
    """The conversation to send: the order, the material as quoted data, and on a second call the
    first answer with what was wrong."""
    word, parts = quoted(_parts(told, material, budget, references=references))
    values = dict.fromkeys(("problem", "goals", "attempt", "messages", "references"), "")
    values |= parts | {"fence": word, "outcome": told.outcome[material.outcome]}
    values["notes"] = "\n".join(_notes(told, material, references=references))
    first = Turn("user", _filled(told.user, values))
    opening = (Turn("system", _filled(told.system, values)), first)
    if complaint is None:
        return opening
    findings = "\n".join(f"- {finding}" for finding in complaint.findings)
    return (
        *opening,
        Turn("assistant", clip(complaint.answer.strip(), _ANSWER_SHOWN) or "(nothing)"),
        Turn("user", _filled(told.again, {**values, "findings": findings})),
    )


def as_text(told: Instruction, conversation: Sequence[Turn]) -> str:
    """The conversation for a model without turns; the answer continues it."""
    written = [_filled(told.as_text[turn.role], {"text": turn.text}) for turn in conversation]
    return "".join(written) + told.as_text["answer"]


def _parts(
    told: Instruction, material: Material, budget: Budget, *, references: bool
) -> dict[str, str]:
    attempt = material.attempt if material.attempt.strip() else material.candidate
    parts = {
        "problem": material.problem,
        "goals": material.goals,
        "attempt": _numbered(attempt) if told.numbered_steps else attempt,
        "messages": clip("\n".join(material.messages), budget.messages),
    }
    parts["attempt"] = clip(parts["attempt"], budget.attempt)
    if references and material.references:
        parts["references"] = clip(material.references[0], budget.messages)
    return parts


def _notes(told: Instruction, material: Material, *, references: bool) -> list[str]:
    there = {
        "truncated": material.truncated,
        "tools": material.tools,
        "no_tools": not material.tools,
        "references": references and bool(material.references),
    }
    return [told.notes[name] for name, is_there in there.items() if is_there and name in told.notes]


def _numbered(attempt: str) -> str:
    """Each line with its number, so that a step can be pointed at."""
    lines = attempt.split("\n")
    width = len(str(len(lines)))
    return "\n".join(f"{i:>{width}} | {line}" for i, line in enumerate(lines, start=1))


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Places replaced in one pass: what is put in is never read as a template."""
    return _PLACE.sub(lambda place: values.get(place.group(1), place.group()), template)
