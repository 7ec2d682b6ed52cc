"""Whether a sentence is an order: by its first word, or the first after a condition.

Pure text, and a sieve: English has no list of verbs that is complete. A first word is refused if it
can't begin an order (articles, pronouns, participles); conditions in front are looked past.
"""

from __future__ import annotations

import re

_NO_ORDER_WORDS = """
a an the this that these those it its they them there he she we i your you our his her their my one
some any many most each every another such what which who whose why how no yes ok okay sure here
certainly great good well excellent correct incorrect wrong right nice overall is are was were be
been has have had will would can could should must might may shall does did lean mathlib and but or
so thus hence therefore however also unfortunately fortunately actually maybe perhaps alternatively
hmm accept approve
"""
_NO_ORDER = frozenset(_NO_ORDER_WORDS.split())
_CONDITION_WORDS = """
if when whenever once before after for to in on with at while unless until instead rather given
where wherever under between during by from without inside outside besides beyond among as since
because
"""
_CONDITION = frozenset(_CONDITION_WORDS.split())
_ADVERB_WORDS = """
first then next finally always only directly immediately early simply just start second third lastly
otherwise afterwards separately explicitly carefully still
"""
_ADVERB = frozenset(_ADVERB_WORDS.split())
_NEVER = re.compile(r"(?:do not|don[’']t|never|avoid|refrain|stop)\b", re.IGNORECASE)
_BARE_WORDS = "bring embed need feed proceed exceed apply supply multiply rely imply"
_BARE = frozenset(_BARE_WORDS.split())
_LEAD = re.compile(r"[\s*_“\"'(\[]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*")
_CLAUSE = re.compile(r"[,;:—–]\s+|\.\s+|\s-\s")
_CODE = re.compile(r"`[^`\n]*`")


def is_order(sentence: str) -> bool:
    """Whether a sentence begins with an imperative, possibly after an adverb or a condition."""
    return _begins(_CODE.sub("`", sentence), depth=0)


def _begins(text: str, depth: int) -> bool:
    text = text[_LEAD.match(text).end() :]  # type: ignore[union-attr]
    if _NEVER.match(text):
        return True
    found = _WORD.match(text)
    if found is None:
        return False
    word = found.group().lower()
    if word in _CONDITION:
        return depth < 3 and _after_condition(text, depth)
    if word in _ADVERB:
        rest = text[found.end() :].lstrip(" ,:")
        return depth < 3 and (_begins(rest, depth + 1) or word in ("start", "stop"))
    return word not in _NO_ORDER and _is_bare(word)


def _after_condition(text: str, depth: int) -> bool:
    """Whether some clause after a condition is an order."""
    clauses = _CLAUSE.split(text)[1:5]
    return any(_begins(clause, depth + 1) for clause in clauses)


def _is_bare(word: str) -> bool:
    """Whether a word can be a verb in its bare form."""
    if word in _BARE:
        return True
    return len(word) > 1 and not word.endswith(("ing", "ed", "ly", "tion", "ness", "ment"))
