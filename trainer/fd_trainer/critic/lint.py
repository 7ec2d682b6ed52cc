"""The lint of feedback: is it in format, and does it say only what feedback may say?

Pure text. It can't know whether advice is good; it keeps out what is known to spoil distillation
(METHOD §1.8, §3.7): preambles, grades, talk to a person, and advice to cheat. Text in backticks is
Lean and is not read as prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fd_trainer.critic.feedback_format import FeedbackFormat
from fd_trainer.critic.quoting import spoken
from fd_trainer.critic.style import is_order

_ITEM = re.compile(r"^[ \t]*(?:\*\*)?(\d{1,2})[.)](?:\*\*)?[ \t]+", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_PERSON = re.compile(r"\b(?:you|your|yours|yourself|we|our|us|my|me)\b|\bI\b", re.IGNORECASE)
_STUDENT = re.compile(
    r"\b(?:students?|pupils?|learners?|authors?|submitters?|submissions?|provers?)\b"
    r"|\b(?:the|this|that|an?|previous|earlier|first|last|recorded|failed)\s+"
    r"(?:attempts?|tr(?:y|ies)|trials?|records?|recording|transcripts?|response|reply)\b"
    r"|\b(?:was|were|been)\s+(?:tried|attempted)\b|\b(?:code|proof|script)\s+above\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"\b(?:rewards?|rewarded|scores?|scored|graded?|grading|auditors?|audited|reviewers?|verdicts?)\b"
    r"|\b(?:system|user)\s+prompts?\b|\b(?:prior|previous|above|these|all|any)\s+instructions?\b"
    r"|\b(?:ignore|disregard|forget)\s+(?:all|any|the|previous|prior|everything)\b"
    r"|\bas an? (?:ai|assistant|language model)\b|<</?[0-9a-f]{16}",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"(?<![\w.'])(?:sorry|admit|sorryAx|native_decide|bv_decide|ofReduceBool|trustCompiler|unsafe|"
    r"implemented_by|run_tac|skipKernelTC|new axioms?|an axiom|axiom \w)(?![\w'])",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|no|avoid|without|instead of|rather than|refrain|don[’']t|cannot|can[’']t|"
    r"refuse[sd]?|forbid\w*|ban(?:s|ned)?|in place of)\b"
    r"|\b(?:replace|remove|drop|eliminate|fill|discharge)\s+(?:in\s+)?"
    r"(?:(?:the|each|every|any|all|a|remaining)\s+)*`?\Z",
    re.IGNORECASE,
)
_VERBS = "use|try|write|close|add|insert|put|apply|finish|end|leave|declare|call|run|set"
_CLAUSE = re.compile(
    rf"(?<=[.;!?])\s+|[,:—–]\s*(?:(?:but|and|then|instead|simply|just)\s+)*(?=(?:{_VERBS})\b)"
    rf"|\s(?:but|and|then)\s+(?:(?:instead|simply|just)\s+)*(?=(?:{_VERBS})\b)",
    re.IGNORECASE,
)
_FINDINGS = 8
"""As many are worth saying; a hostile answer could have thousands."""
_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Linted:
    """`text` in its normal form (numbered items, one per line), and what is wrong with it."""

    text: str
    items: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def lint(answer: str, form: FeedbackFormat) -> Linted:
    """What of an answer is feedback, and what is wrong with it. Findings are for a second call."""
    text = spoken(answer).strip()
    if not form.checked:
        return Linted(text, (text,) if text else (), () if text else ("The reply is empty.",))
    items, around = _items(text, form)
    findings = [*_shape(items, around, text, form)]
    for number, item in enumerate(items[: form.items[1]], start=1):
        findings += [f"Order {number} {finding}" for finding in _of_item(item, form)]
    return Linted(_normal(items, form), tuple(items), tuple(findings[:_FINDINGS]))


def _items(text: str, form: FeedbackFormat) -> tuple[list[str], list[str]]:
    """The items, and what stands before the first and after the last of them."""
    if "numbered" not in form.styles:
        return ([text] if text else []), []
    marks = list(_ITEM.finditer(text))
    if not marks:
        return [], [text] if text else []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    bodies = [text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    last, _, trailing = bodies[-1].partition("\n\n")
    bodies[-1] = last.strip()
    around = [text[: marks[0].start()].strip(), trailing.strip()]
    return bodies, [part for part in around if part]


def _shape(items: list[str], around: list[str], text: str, form: FeedbackFormat) -> Iterator[str]:
    low, high = form.items
    if not text:
        yield "The reply is empty."
    elif not low <= len(items) <= high:
        wanted = f"{low} to {high}" if low != high else str(low)
        yield f"It has {len(items)} numbered orders; it must have {wanted}."
    if "numbered" in form.styles:
        numbers = [int(mark.group(1)) for mark in _ITEM.finditer(text)]
        if numbers != list(range(1, len(numbers) + 1)):
            yield "The orders are not numbered 1, 2, 3."
    if "no_preamble" in form.styles and around and items:
        yield "There is text before the first order or after the last one."


def _of_item(item: str, form: FeedbackFormat) -> Iterator[str]:
    few, many = form.words
    count = len(item.split())
    prose = _CODE.sub("`…`", item)
    if not few <= count <= many:
        yield f"has {count} words; it must have {few} to {many}."
    if "one_line" in form.styles and ("\n" in item or _FENCE.search(item)):
        yield "is not on one line."
    if "imperative" in form.styles and not is_order(item):
        yield "is not an imperative."
    if "no_person" in form.styles and (found := _PERSON.search(prose)):
        yield f"speaks to or of a person (“{found.group()}”)."
    if "no_student" in form.styles and (found := _STUDENT.search(prose)):
        yield f"speaks of whoever made the record (“{found.group()}”)."
    if found := _VERDICT.search(prose):
        yield f"speaks of verdicts or instructions (“{found.group()}”), not of the problem."
    if word := advised_refusal(item):
        yield f"advises `{word}`, which is refused in a proof."


def advised_refusal(item: str) -> str | None:
    """What the audit refuses and an item advises; nothing if it only warns of it."""
    found = (m for m in _REFUSED.finditer(item) if not is_warned_of(item, m.start()))
    return next((match.group() for match in found), None)


def is_warned_of(text: str, at: int) -> bool:
    """Whether what stands at an offset is warned of: there is a "not" before it in its clause."""
    clause = _CLAUSE.split(text[:at].rsplit("\n", 1)[-1])[-1]
    return bool(_NOT.search(clause))


def _normal(items: list[str], form: FeedbackFormat) -> str:
    lines = [" ".join(item.split()) if "one_line" in form.styles else item for item in items]
    if "numbered" not in form.styles:
        return "\n".join(lines)
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
