"""One night as one HTML file that asks the network for nothing, and its JSON summary.

The file may be mailed or opened years later. A content security policy lets in exactly the page's
own style and script, by their digests: were a text of a proof to slip through the escaping, it
could still run nothing and send nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fd_core.durable_file import replace_file
from fd_core.errors import StoreError
from fd_core.plain_data import to_plain
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fd_trainer.evaluation.decision import Comparison, Estimate
from fd_trainer.evaluation.gate import SUITE_WORDS
from fd_trainer.evaluation.measured import SUITES, Evaluation
from fd_trainer.report import contract, heat
from fd_trainer.report.charts import pass_chart
from fd_trainer.report.curves import curves
from fd_trainer.report.facts import costs_of, facts_of, ways_of
from fd_trainer.report.history import histories
from fd_trainer.report.run_files import Night, read_night
from fd_trainer.report.shown import shown
from fd_trainer.report.summary import Summary, duration, summarised

_MOST_GOALS = 200
_MOST_HISTORIES = 60


def write_report(folder: Path) -> Summary:
    """Make `report.html` and `report.json` of a run folder from its files. Raises StoreError."""
    night = read_night(folder)
    summary = summarised(night, str(folder / contract.REPORT_HTML))
    plain = json.dumps(to_plain(summary), ensure_ascii=False, indent=1)
    try:
        replace_file(folder / contract.REPORT_HTML, render(night, summary))
        replace_file(folder / contract.REPORT_JSON, plain.encode(errors="replace"))
    except OSError as error:
        raise StoreError(
            f"{folder}: the report can't be written: {error.strerror or error}",
            fix=f"Make room, then `fd-trainer report {folder.name}`.",
        ) from error
    return summary


def render(night: Night, summary: Summary) -> bytes:
    """The page, UTF-8. Pure: the same night gives the same bytes."""
    style, script = _style(), _template_text("copy.js")
    page = _environment().get_template("page.html.j2")
    text = page.render(
        title=title_of(night),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - our own file, not a text of the night
        script=Markup(script),  # noqa: S704
        summary=summary,
        night=night,
        most=_MOST_GOALS,
        suite_words=SUITE_WORDS,
        **_measured(night, summary),
        **_training(night),
        costs=costs_of(night),
        facts=facts_of(night),
    )
    return text.encode("utf-8", errors="replace")


def title_of(night: Night) -> str:
    """The night's name, by its date where it is known."""
    began = datetime.fromtimestamp(night.run.started_at).astimezone()
    return f"Night of {began:%d %B %Y, %H:%M} · run {night.run.id}"


def _measured(night: Night, summary: Summary) -> dict[str, Any]:
    evaluation = night.evaluation
    before, after = _names(evaluation, "serving"), _names(evaluation, "candidate")
    return {
        "evaluation": evaluation,
        "samples": evaluation.samples if evaluation else 0,
        "pass_charts": _pass_charts(summary),
        "ways": ways_of(evaluation) if evaluation else (),
        "new_names": sorted(after - before),
        "gone_names": sorted(before - after),
    }


def _names(evaluation: Evaluation | None, side: str) -> set[str]:
    if evaluation is None:
        return set()
    table = evaluation.serving if side == "serving" else evaluation.candidate
    return {*table.tactics, *table.names}


def _pass_charts(summary: Summary) -> list[tuple[str, Markup]]:
    found = []
    for suite in SUITES:
        of: list[Comparison] = [c for c in summary.comparisons if c.suite == suite]
        if len(of) > 1:
            words = f"{max(c.problems for c in of)} {SUITE_WORDS[suite]}"
            chart = pass_chart(
                [c.k for c in of], [c.serving for c in of], [c.candidate for c in of]
            )
            found.append((words, chart))
    return found


def _training(night: Night) -> dict[str, Any]:
    main, more = curves(night)
    known = histories(night.remarks)
    return {
        "main_curves": main,
        "more_curves": more,
        "heat": tuple(heat.view(row) for row in night.heat),
        "histories": known[:_MOST_HISTORIES],
        "histories_left_out": len(known[_MOST_HISTORIES:]),
        "goal_names": {key: goal.declaration for key, goal in night.goals.items()},
        "outcome_class": {"proved": "good", "refused": "bad", "undecided": "unsure"},
        "outcome_mark": {"proved": "●", "refused": "○", "undecided": "◌"},
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("fd_trainer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "shown": shown,
        "percent": _percent,
        "last_part": _last_part,
        "duration": duration,
        "estimate": _estimate,
        "points": _points,
    }
    environment.filters |= filters
    return environment


def _last_part(path: str) -> str:
    """A file's or folder's name: where it lies is nobody's business who is shown the report."""
    return path.rstrip("/").rsplit("/", 1)[-1]


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0.0 < share < 0.1 else f"{share:.0%}"


def _estimate(e: Estimate) -> str:
    return f"{e.value:.1%} ({e.low:.0%} to {e.high:.0%})"


def _points(e: Estimate) -> str:
    return f"{100 * e.value:+.1f} ({100 * e.low:+.1f} to {100 * e.high:+.1f})"


def _style() -> str:
    shades = [
        f".{side}{n} {{ color: var(--text); background: rgba(var(--{whose}), {0.1 * n:.1f}); }}"
        for side, whose in (("t", "teacher"), ("s", "student"))
        for n in range(1, heat.LEVELS + 1)
    ]
    return "\n".join([_template_text("style.css"), *shades])


def _policy(style: str, script: str) -> str:
    """Nothing is let in but our own style and script, by digest."""
    rules: Mapping[str, str] = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


@cache
def _template_text(name: str) -> str:
    file = resources.files("fd_trainer.report") / "templates" / name
    return file.read_text(encoding="utf-8").strip()
