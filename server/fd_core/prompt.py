"""Prompt formats as versioned data; the same `render` serves the editor and trains the policy.

A format is a TOML file in `prompts/`: turns with places for state, code, messages and feedback,
budgets in characters, and how to read the answer. Pure: nothing here asks a model or Lean. Changing
a file changes its `version`, which is stored with every event; formats are added, not edited.
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
from typing import Any, Literal

from fd_core import prompt_answer
from fd_core.errors import SettingsError
from fd_core.prompt_context import clip, code_with_hole, state_text
from fd_core.proof import ProofState

Purpose = Literal["step", "proof", "repair"]
Role = Literal["system", "user", "assistant"]
_PLACE = re.compile(r"\{(state|code|attempt|failed|messages|feedback|text)\}")
_PLENTY = 6_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """How a state becomes a prompt, and how the answer is read.

    `version` names the format and the content of its file. `repair` names the format for a step
    that Lean refused (empty: this format has none). `opening` is where a completion is made to
    start; a chat can't be.
    """

    name: str
    version: str
    purpose: Purpose
    answer: Literal["tactic", "proof", "code"]
    turns: tuple[Turn, ...]
    as_text: Mapping[str, str]
    sections: Mapping[str, str]
    budget: Mapping[str, int]
    stop: tuple[str, ...]
    opening: str
    repair: str
    tools: Mapping[str, str]
    """How tools are called and answered (`opens`, `closes`, `result`, and the `marks` that no tool's
    answer may hold); empty for formats without tools."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt: `messages` for a chat, `text` for a plain completion.

    `text` has no begin-of-sentence token: the model's own tokenizer adds it, in serving and in
    training alike.
    """

    format: PromptFormat
    messages: tuple[Turn, ...]
    text: str


@cache
def formats() -> Mapping[str, PromptFormat]:
    """Every format, by name."""
    files = sorted(resources.files("fd_core").joinpath("prompts").iterdir(), key=lambda f: f.name)
    found = [_read(file.read_bytes()) for file in files if file.name.endswith(".toml")]
    return MappingProxyType({each.name: each for each in found})


def prompt_format(name: str) -> PromptFormat:
    """A format by name, or by version as stored in an event. Raises SettingsError."""
    known = formats()
    found = known.get(name.partition("#")[0])
    if found is None or ("#" in name and found.version != name):
        raise SettingsError(
            f"no prompt format `{name}`", fix=f"Set policy.prompt to one of: {', '.join(known)}."
        )
    return found


def _read(content: bytes) -> PromptFormat:
    table: dict[str, Any] = tomllib.loads(content.decode("utf-8").replace("\r\n", "\n"))
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()[:8]
    return PromptFormat(
        name=table["name"],
        version=f"{table['name']}#{digest}",
        purpose=table["purpose"],
        answer=table["answer"],
        turns=tuple(Turn(turn["role"], turn["text"]) for turn in table["turn"]),
        as_text=MappingProxyType(table["text"]),
        sections=MappingProxyType(table.get("section", {})),
        budget=MappingProxyType(table["budget"]),
        stop=tuple(table["stop"]),
        opening=table["opening"],
        repair=table["repair"],
        tools=MappingProxyType(table.get("tools", {})),
    )


def render(
    name: str,
    state: ProofState,
    *,
    failed: str = "",
    messages: Sequence[str] = (),
    feedback: str = "",
) -> Prompt:
    """The prompt for a state.

    `failed` and `messages` are what Lean refused and why; `feedback` is the teacher's privileged
    text in training and is empty in serving.
    """
    form = prompt_format(name)
    values = _values(form, state, failed, messages, feedback)
    turns = tuple(Turn(turn.role, _filled(turn.text, values)) for turn in form.turns)
    written = "".join(_filled(form.as_text[t.role], {"text": t.text}) for t in turns)
    return Prompt(form, turns, written + form.as_text.get("answer", "") + form.opening)


def _values(
    form: PromptFormat, state: ProofState, failed: str, messages: Sequence[str], feedback: str
) -> dict[str, str]:
    def room(key: str) -> int:
        return form.budget.get(key, _PLENTY)

    used = {place for turn in form.turns for place in _PLACE.findall(turn.text)}
    values = {
        "failed": clip(failed, room("failed")),
        "messages": clip("\n".join(messages), room("messages")),
        "feedback": clip(feedback.strip(), room("feedback")),
    }
    if "state" in used:
        values["state"] = state_text(state, room("state"))
    if "code" in used:
        values["code"] = code_with_hole(state.site, room("context"))
    if "attempt" in used:
        values["attempt"] = code_with_hole(state.site, room("context"), values["failed"])
    for key, template in form.sections.items():
        values[key] = _filled(template, values) if values.get(key) else ""
    return values


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Places replaced in one pass: what is put in is never read as a template."""
    return _PLACE.sub(lambda place: values[place.group(1)], template)


def parse(name: str, completion: str, state: ProofState | None = None) -> list[str]:
    """Tactic texts in a completion, best first; nothing if there are none.

    Formats whose answer is whole code need `state` to cut the proof of its site out of it.
    """
    form = prompt_format(name)
    if form.answer == "tactic":
        return prompt_answer.tactics(completion)
    return prompt_answer.proofs(completion, state.site if state else None)


def format_for(step: str, proof: str, *, whole_proof: bool, repair: bool) -> PromptFormat:
    """Which of the configured formats a request takes; one without repair asks afresh."""
    chosen = prompt_format(proof if whole_proof else step)
    return prompt_format(chosen.repair) if repair and chosen.repair else chosen
