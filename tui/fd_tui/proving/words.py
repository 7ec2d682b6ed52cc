"""Events of a session in words, for a viewer. The texts in them are of untrusted origin."""

from __future__ import annotations

from fd_tui.proving.session_events import (
    Applied,
    Closed,
    Copied,
    Finished,
    Lost,
    Named,
    Opened,
    Rejected,
    Searched,
    SessionEvent,
    Went,
    Wrote,
)

_AUDITS = {"proved": "proved", "notProved": "not proved", "undecided": "audit undecided"}


def in_words(event: SessionEvent) -> str:
    """What happened."""
    match event:
        case Opened(declaration=name):
            return f"opened {name}".strip()
        case Applied(verdict="progressed", goals_left=left, milliseconds=spent):
            return f"progressed, {left} left ({spent:.0f} ms)"
        case Applied(verdict=verdict, milliseconds=spent):
            return f"{verdict} ({spent:.0f} ms)"
        case Went(node=node):
            return f"went to node {node}"
        case Named(name=name):
            return f"named the branch {name}"
        case Rejected(reason=reason):
            return f"rejected: {reason or 'no reason given'}"
        case Searched(found=found, expanded=expanded, reason=reason):
            return f"searched {expanded} states: " + ("found" if found else reason or "nothing")
        case Lost(reason=reason):
            return f"lost a branch: {reason}"
        case Finished(audit=audit):
            return _AUDITS.get(audit, "closed, without an audit")
        case Wrote(path=path):
            return f"written into {path}"
        case Copied():
            return "copied"
        case Closed(reason=reason):
            return f"ended: {reason}" if reason else "ended"


def text_of(event: SessionEvent) -> str:
    """The Lean text an event is about, empty if there is none."""
    match event:
        case Applied(text=text) | Rejected(text=text) | Finished(proof=text):
            return text
        case Lost(texts=texts):
            return "\n".join(texts)
        case _:
            return ""
