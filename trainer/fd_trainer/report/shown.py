"""Texts of untrusted origin made fit to be read: nothing invisible, nothing that reorders letters.

Escaping for HTML is the template engine's work and happens on top of this.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 20_000
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def shown(text: object) -> str:
    """A text with what can't be seen spelled out, so that a proof can't look like another one.

    Bidirectional marks, controls and lone surrogates become `<U+202E>`; very long texts are cut.
    """
    whole = str(text).replace("\r\n", "\n")
    cut = whole[:_LONGEST] + f"\n… {len(whole) - _LONGEST} letters more" * (len(whole) > _LONGEST)
    return _HIDDEN.sub(_spelled, cut)


def _spelled(found: re.Match[str]) -> str:
    letter = found.group()
    name = unicodedata.name(letter, "")
    return f"<U+{ord(letter):04X}{' ' + name if name else ''}>"
