"""A real Lean accepts what landing makes: the same candidates close the same goal in every layout."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fd_core.landing import advance, land
from support import availability
from support.layouts import CANDIDATES, STEPS, sites

pytestmark = pytest.mark.lean


def judged(texts: dict[str, str], folder: Path) -> dict[str, list[str]]:
    """Lean's errors by name, each text checked in one file at its own place."""
    file, where, lines = folder / "Layouts.lean", [], 1
    with file.open("w", encoding="utf-8", newline="") as out:
        for name, text in texts.items():
            out.write(text + "\n\n")
            where.append((lines, name))
            lines += text.count("\n") + 2
    lean = availability.toolchain().lean
    run = subprocess.run([lean, "--json", file], capture_output=True, text=True, check=False)
    errors: dict[str, list[str]] = {name: [] for name in texts}
    for message in map(json.loads, run.stdout.splitlines()):
        if message["severity"] == "error":
            line = message["pos"]["line"]
            name = [name for start, name in where if start <= line][-1]
            errors[name].append(message["data"])
    assert run.returncode == 0 or any(errors.values()), run.stderr
    return errors


def texts() -> Iterator[tuple[str, str]]:
    for layout, site in sites():
        for name, candidate in CANDIDATES.items():
            yield f"{layout} / {name}", land(site, candidate).document.text
        one = advance(site, STEPS[0])
        yield f"{layout} / step then close", land(one, "exact ⟨h, hq⟩").document.text
        two = advance(advance(site, STEPS[0]), STEPS[1])
        yield f"{layout} / two steps then close", land(two, "· exact hq").document.text


def test_every_candidate_closes_in_every_layout(tmp_path: Path) -> None:
    errors = judged(dict(texts()), tmp_path)
    refused = {name: found for name, found in errors.items() if found}
    assert not refused


def test_a_wrong_candidate_is_refused_in_every_layout(tmp_path: Path) -> None:
    wrong = {name: land(site, "exact ⟨hq, hp⟩").document.text for name, site in sites()}
    errors = judged(wrong, tmp_path)
    assert [name for name, found in errors.items() if not found] == []
