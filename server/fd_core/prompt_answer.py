"""Reading a model's completion: the tactics or proofs in it, out of code fences and think blocks.

Pure text. Nothing here judges: what it reads wrongly is refused by Lean. Results are normalised
tactic text, best first, ready to land at the site that was asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from fd_core.landing import normalise
from fd_core.lean_source import blank_out, declarations
from fd_core.prompt_context import declaration_parts
from fd_core.proof import ProofSite

_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[ \t]*$", re.MULTILINE)
_THINK = re.compile(r"<think>.*?</think>", re.DOTALL)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_COMMENTS = re.compile(r"\A(?:\s*--[^\n]*(?:\n|\Z))+")
_BY = re.compile(r"^\s*by\b[ \t]*")
_PROOF = re.compile(r":=\s*by\b")
_SPECIAL = re.compile(r"<[｜|][^<>\n]{1,40}[｜|]>|</s>")


def tactics(completion: str) -> list[str]:
    """One step: the whole answer, and its first top-level tactic where it runs on."""
    texts = [_without_by(code) for code in _codes(completion)][:1]
    return _distinct(text for whole in texts for text in (whole, _first_step(whole)))


def proofs(completion: str, site: ProofSite | None = None) -> list[str]:
    """Proofs to put at a site: tactic blocks as they are, whole declarations cut down to it."""
    found: list[str] = []
    for code in _codes(completion):
        if any(_head_in(code, d.start) for d in declarations(code)):
            found.extend(_from_code(code, site))
        else:
            found.append(_without_by(code))
    return _distinct(found)


def _head_in(code: str, start: int) -> bool:
    """Whether a declaration starts at a line's margin: a `theorem` inside a proof is none."""
    return start == 0 or code[start - 1] == "\n"


def _codes(completion: str) -> list[str]:
    """Code blocks, last first; without fences, the text itself."""
    text = _SPECIAL.sub("", _after_thinking(completion))
    fences = list(_FENCE.finditer(text))
    if not fences:
        return [text] if text.strip() else []
    if _closes(fences, text):
        # The prompt opened the fence, and the answer went on inside it.
        return [text[: fences[0].start()]]
    spans = [*(fence.span() for fence in fences), (len(text), len(text))]  # the last may stay open
    blocks = [text[opened[1] : closed[0]] for opened, closed in list(pairwise(spans))[::2]]
    return [block for block in reversed(blocks) if block.strip()]


def _closes(fences: list[re.Match[str]], text: str) -> bool:
    first = fences[0]
    if first.group(1) or not text[: first.start()].strip():
        return False
    return len(fences) == 1 or bool(fences[1].group(1))


def _after_thinking(text: str) -> str:
    """Without think blocks; nothing if the model was cut off while thinking."""
    text = _THINK.sub("", text)
    if "</think>" in text:
        return text.rsplit("</think>", 1)[1]
    return text.split("<think>", 1)[0]


def _without_by(code: str) -> str:
    """Tactics behind a `by`, without remarks before the first."""
    code = _BY.sub("", _COMMENTS.sub("", code), count=1)
    return normalise(_COMMENTS.sub("", code))


def _first_step(text: str) -> str:
    """The first tactic at the margin, with what is nested under it."""
    lines = text.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        continues = line.startswith((" ", "|", "·", ")", "⟩", "]", "}", "<;>")) or not line.strip()
        if not continues:
            return "\n".join(lines[:index]).rstrip()
    return text


def _from_code(code: str, site: ProofSite | None) -> Iterator[str]:
    """The proof in a whole file that a model wrote out again."""
    head, tail = declaration_parts(site) if site else ("", "")
    for declaration in reversed(declarations(code)):
        body = code[declaration.start : declaration.end]
        rest = _after_head(body, head) if head else None
        if rest is None and (not head or _head_is_statement(head)):
            proof = _PROOF.search(blank_out(body))
            rest = body[proof.end() :] if proof and _same_name(head, body) else None
        if rest is not None:
            yield _as_tactics(_before_tail(rest, tail), site)
            return


def _head_is_statement(head: str) -> bool:
    return bool(re.search(r":=\s*(?:by)?\s*$", blank_out(head)))


def _same_name(head: str, body: str) -> bool:
    return not head or _TOKEN.findall(blank_out(head))[:2] == _TOKEN.findall(blank_out(body))[:2]


def _after_head(body: str, head: str) -> str | None:
    """What follows the user's own text in the model's copy, spaces and comments apart."""
    wanted = _TOKEN.findall(blank_out(head))
    seen = list(_TOKEN.finditer(blank_out(body)))
    if len(seen) < len(wanted) or [m.group() for m in seen[: len(wanted)]] != wanted:
        return None
    return body[seen[len(wanted) - 1].end() :] if wanted else body


def _before_tail(rest: str, tail: str) -> str:
    """Without the user's text after the site, if the model copied it."""
    wanted = _TOKEN.findall(blank_out(tail))
    seen = list(_TOKEN.finditer(blank_out(rest)))
    if not wanted or [m.group() for m in seen[-len(wanted) :]] != wanted:
        return rest
    return rest[: seen[-len(wanted)].start()]


def _as_tactics(rest: str, site: ProofSite | None) -> str:
    if site is not None and site.kind == "term" and not _BY.match(rest):
        return f"exact ({rest.strip()})"
    return _without_by(rest)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text.strip()))
