"""Goals, candidates and audits as terminal text. Plain lines: they read the same in a log."""

from __future__ import annotations

import click
from fd_core.protocol import GoalsResult, WireAudit, WireCandidate, WireGoal, WireVerdict
from fd_core.suggestion import origin_in_words

_COLOURS = {"closed": "green", "progressed": "yellow", "failed": "red", "undecided": "magenta"}


def goals(answer: GoalsResult, indent: str = "  ") -> str:
    """The goals of a place, or why there are none."""
    if answer.kind == "complete":
        return f"{indent}nothing is left to prove here"
    if answer.kind == "noProof":
        return f"{indent}no goal: {answer.reason or 'there is no proof here'}"
    return "\n\n".join(_indented(goal_text(goal), indent) for goal in answer.goals)


def goal_text(goal: WireGoal) -> str:
    """Lean's own rendering, or one from the parts."""
    if goal.text:
        return goal.text
    case = [f"case {goal.case}"] if goal.case else []
    hypotheses = [f"{' '.join(h.names)} : {h.type}" for h in goal.hypotheses]
    return "\n".join([*case, *hypotheses, f"⊢ {goal.target}"])


def candidate(item: WireCandidate, indent: str = "  ") -> str:
    """Verdict, milliseconds, text and origin; the first words of Lean where it refused."""
    word = click.style(f"{verdict(item.verdict):<14}", fg=_COLOURS[item.verdict.kind])
    first, *rest = item.text.split("\n")
    room = indent + " " * 25
    lines = [f"{indent}{word}{item.verdict.milliseconds:>7.0f} ms  {first}"]
    lines += [room + line for line in rest]
    lines[0] += click.style(f"   ({origin_in_words(item.origin)})", dim=True)
    if why := _why(item.verdict):
        lines.append(click.style(f"{room}{why}", dim=True))
    return "\n".join(lines)


def verdict(item: WireVerdict) -> str:
    """One or two words."""
    match item.kind:
        case "closed":
            return "closes"
        case "progressed":
            left = len(item.after)
            return f"leaves {left} goal{'s' if left != 1 else ''}"
        case "failed":
            return "fails"
        case "undecided":
            return "undecided"


def audit(item: WireAudit) -> str:
    """What the audit found, in one line."""
    time = f"{item.milliseconds:.0f} ms"
    if item.kind == "proved":
        axioms = ", ".join(item.axioms) or "none"
        return (
            click.style("proved", fg="green", bold=True) + f" (audited, {time}; axioms: {axioms})"
        )
    reasons = "; ".join(item.reasons) or "no reason given"
    word = "not proved" if item.kind == "notProved" else "audit undecided"
    return click.style(word, fg="red") + f": {reasons}"


def heading(text: str) -> str:
    """A line that stands out."""
    return click.style(text, bold=True)


def _why(item: WireVerdict) -> str:
    if item.kind == "undecided":
        return item.reason
    if item.kind == "failed" and item.messages:
        return item.messages[0].strip().split("\n")[0][:100]
    return ""


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line for line in text.split("\n"))
