"""The frozen suite: goals of core Lean that never change, for the gate and against forgetting.

`frozen_suite.lean` holds families of theorems with proofs that Lean accepts; a problem is one theorem
below its family's definitions, its proof taken out. No problem sees another one's statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from fd_core.lean_source import Declaration, declarations
from fd_core.proof import Document

from fd_trainer.data.observed import tactics_of
from fd_trainer.data.places import whole_proof_site
from fd_trainer.data.sorries import Place, place_of

URI = "fd-frozen-1"
"""Names the suite and its version: another set of goals would be another suite."""
_FAMILY = re.compile(r"^/-! family: (?P<name>[\w-]+) -/$", re.MULTILINE)


@cache
def suite_text() -> str:
    """The file: a whole Lean file that compiles without imports."""
    file = resources.files("fd_trainer.data").joinpath("frozen_suite.lean")
    return file.read_text(encoding="utf-8")


def frozen_places(project: Path) -> Iterator[Place]:
    """Every goal; `project` is whose Lean judges it. `reference` is the proof in the file."""
    text = suite_text()
    heads = list(_FAMILY.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=True):
        yield from _family(head["name"], text[head.end() : end], project)


def _family(name: str, text: str, project: Path) -> Iterator[Place]:
    definitions = ""
    for found in declarations(text):
        own = text[found.command_start : found.end]
        if found.keyword != "theorem":
            definitions += own + "\n\n"
            continue
        assert found.body_start is not None
        statement = text[found.start : found.body_start]
        site = whole_proof_site(definitions, statement, f"{URI}:{name}/{found.name}")
        place = place_of(site, _declared(site.document, found.name), project, "frozen")
        proof = tactics_of(text[found.body_start : found.end]) or ""
        group = f"{URI}/{name}/{found.name}"
        yield replace(place, group=group, reference=proof, fixed="held_out")


def _declared(document: Document, name: str) -> Declaration:
    return next(d for d in declarations(document.text) if d.name == name)
