"""The starting policy of a demonstration: a model schooled on lanterns, made once and kept.

It knows the keys of some kinds of lantern, and can read what one critic says; what it can't yet is
the rest (see `lanterns`). Made here, as no model needs to be fetched for it.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from fd_core.errors import FdError

from fd_trainer import lanterns
from fd_trainer.critic.lean_messages import LEAD_IN
from fd_trainer.critic.user import as_example

LESSONS = 3_000
_LINES = range(20, 160)
"""Where a project's goals may stand."""


def leans_own_words(lantern: lanterns.Lantern, tried: int, number: int) -> str:
    """What the critic `lean_messages` says: Lean's error, or the proof if the key was right."""
    if tried == lantern.key:
        return as_example(lantern.tactic())
    line = _LINES[(31 * tried + 7 * number) % len(_LINES)]
    return f"{LEAD_IN}\n{lantern.refusal(tried, number, line)}"


def starter(
    folder: Path,
    advice: lanterns.Advice = leans_own_words,
    say: Callable[[int, float], None] | None = None,
) -> Path:
    """The model's folder below `folder`: made now (half a minute on one core), or made before.

    Its name says what it learned from, so that another version of the lessons makes another model.
    """
    lessons = list(lanterns.schooling(LESSONS, advice))
    place = folder / f"lanterns-{_digest(lessons)}"
    if not (place / "config.json").exists():
        _make(place, lessons, say)
    return place


def _make(
    place: Path, lessons: Sequence[tuple[str, str]], say: Callable[[int, float], None] | None
) -> None:
    from fd_trainer.model.from_scratch import write_small_model

    unfinished = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_small_model(unfinished, lessons, say=say)
        unfinished.rename(place)
    except OSError as error:
        if place.exists():  # somebody else was faster
            return
        raise FdError(
            f"the starting model can't be written to {place}: {error.strerror}",
            fix="Free some megabytes there, or set FD_CACHE_DIR to another folder.",
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _digest(lessons: Sequence[tuple[str, str]]) -> str:
    from fd_trainer.model import from_scratch

    said = repr((lessons, from_scratch.SmallShape(), from_scratch.Schooling()))
    return hashlib.sha256(said.encode()).hexdigest()[:12]
