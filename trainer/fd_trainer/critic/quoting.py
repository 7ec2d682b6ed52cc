"""Quoting what others wrote, so that it reads as data: fences with a word nobody could foresee.

Pure text. The word is a digest of everything quoted: a text can't contain a fence made from its own
digest, and the same material always gives the same prompt.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_THINKING = re.compile(r"<think>.*?</think>|<think>.*\Z|\A.*?</think>", re.DOTALL)
_TURN_MARK = re.compile(r"<(?=[|｜][\w▁]{1,40}[|｜]>|/?s>|/?think>)")


def plain(text: str) -> str:
    """Without letters that hide or reorder text; line ends are LF. Marks by which models tell turns
    apart (`<|im_end|>`) are broken up: a tokenizer would read them as turns."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _TURN_MARK.sub("< ", text)


def spoken(answer: str) -> str:
    """A model's answer without its thinking aloud, plain."""
    return plain(_THINKING.sub("", answer))


def fence_word(texts: Iterable[str]) -> str:
    """A word that occurs in none of the texts and that they determine."""
    whole = "\x00".join(texts)
    for salt in range(1_000):
        word = hashlib.sha256(f"{salt}\x00{whole}".encode("utf-8", "replace")).hexdigest()[:16]
        if word not in whole:
            return word
    raise AssertionError("a thousand digests in one text")


def quoted(parts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The fence word, and each part between fences that bear it and the part's name."""
    clean = {name: plain(text).strip("\n") for name, text in parts.items()}
    word = fence_word(clean.values())
    return word, {
        name: f"<<{word} {name}>>\n{text or '(nothing)'}\n<</{word} {name}>>"
        for name, text in clean.items()
    }
