"""A session as Markdown: readable, complete, and no text in it ends its own block."""

from __future__ import annotations

from pathlib import Path

from fd_tui.proving.journal_lines import encode, parse
from fd_tui.proving.markdown import fenced, markdown, plain
from fd_tui.proving.session_events import (
    Applied,
    Entry,
    Finished,
    Lost,
    Named,
    Opened,
    Rejected,
    SessionEvent,
    Went,
)
from hypothesis import given
from hypothesis import strategies as st

OPENED = Opened(
    "s", "file:///p/A.lean", "", 3, 2, "Foo.bar_baz", "/p", "theorem bar_baz : p := by\n  sorry", 28,
    goals=("h : q\n⊢ p",),
)  # fmt: skip
EVENTS: tuple[SessionEvent, ...] = (
    Applied(0, 1, "intro h", "policy m", "progressed", 12.4, 2, ("⊢ a", "⊢ b")),
    Applied(1, 2, "exact h", "user", "closed", 3.0, 0),
    Applied(1, None, "nope", "user", "failed", 1.0, 0, (), ("unknown identifier 'nope'",)),
    Applied(1, 3, "simp", "portfolio simp", "progressed", 5.0, 1, ("⊢ c",)),
    Named(3, "the *other* way"),
    Rejected(0, "aesop", "too slow", "policy m"),
    Lost(0, ("old one",), "out of time"),
    Went(2),
    Finished(2, "intro h\nexact h", "proved", ("propext",), (), 120.0),
)


def written(*events: SessionEvent) -> str:
    entries = [Entry(1_700_000_000.0 + i, e) for i, e in enumerate((OPENED, *events))]
    return markdown(parse(Path("x"), b"".join(map(encode, entries))))


EXPECTED = """\
# Foo.bar\\_baz

- file: file:///p/A.lean, line 4
- from 2023-11-14 22:13 UTC to 2023-11-14 22:13 UTC

## Declaration

```lean
theorem bar_baz : p := by
  sorry
```

## Goals

```lean
h : q
⊢ p
```

## Branch 1 (finished, last stood here)

**Step 1**: progressed · policy m · 12 ms · 2 left

```lean
intro h
```

leaves

```lean
⊢ a
```

```lean
⊢ b
```

**Step 2**: closed · user · 3 ms

```lean
exact h
```

## the \\*other\\* way

After step 1:

**Step 3**: progressed · portfolio simp · 5 ms · 1 left

```lean
simp
```

leaves

```lean
⊢ c
```

## Tried, and not taken by Lean

failed · user · 1 ms

```lean
nope
```

```text
unknown identifier 'nope'
```

## Rejected

policy m: too slow

```lean
aesop
```

## Lost when the session was resumed

out of time

```lean
old one
```

## Proved

```lean
intro h
exact h
```

Audited in 120 ms; axioms: propext
"""


def test_the_whole_session_can_be_read() -> None:
    assert written(*EVENTS) == EXPECTED


def test_only_the_audit_makes_it_proved() -> None:
    for audit, title in [("notProved", "Not proved"), ("undecided", "Undecided"), ("", "Closed, ")]:
        told = written(*EVENTS[:-1], Finished(2, "x", audit, (), ("uses `sorry`",)))
        assert f"\n## {title}" in told
        assert "\n## Proved" not in told
        assert "- uses \\`sorry\\`" in told
    assert "roved" not in written(EVENTS[0])


def test_a_session_just_opened() -> None:
    assert "Step" not in written()


@given(st.text(alphabet="`~a\n\r\x1b ", max_size=30))
def test_no_text_ends_its_block(text: str) -> None:
    first, *inside, last = fenced(text).split("\n")
    assert first == f"{last}lean"
    assert not any(line.strip() and set(line.strip()) == {"`"} and len(line.strip()) >= len(last)
                   for line in inside)  # fmt: skip
    assert "\x1b" not in fenced(text)


@given(st.text(max_size=30))
def test_words_stay_on_their_line(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1


def test_words_are_no_markup() -> None:
    assert plain("<b>*x* [a](b)\n# `y`") == "\\<b\\>\\*x\\* \\[a\\]\\(b\\) \\# \\`y\\`"


def test_five_thousand_steps_are_written_once_each() -> None:
    chain = [Applied(i, i + 1, f"t{i}", "user", "progressed", 1.0, 1) for i in range(5_000)]
    assert written(*chain).count("**Step ") == 5_000
