"""Landing: what every layout has in common, and the shapes that some ask for."""

from __future__ import annotations

import pytest
from fd_core.landing import advance, land, normalise
from fd_core.lean_source import blank_out, is_balanced
from fd_core.proof import Document, Position, ProofSite, Range
from hypothesis import given, settings
from hypothesis import strategies as st
from support.layouts import CANDIDATES, HEAD, STEPS, marked, sites

SITES = sites()
by_layout = pytest.mark.parametrize("site", [s for _, s in SITES], ids=[n for n, _ in SITES])


def landed(text: str, candidate: str, mark: str = "□") -> str:
    return land(marked(HEAD + text, mark), candidate).document.text.removeprefix(HEAD)


def advanced(text: str, candidate: str) -> str:
    site = advance(marked(HEAD + text), candidate)
    at = site.document.offset(site.range.start)
    return (site.document.text[:at] + "▮" + site.document.text[at:]).removeprefix(HEAD)


@by_layout
@pytest.mark.parametrize("candidate", [*CANDIDATES.values(), *STEPS])
def test_landing_keeps_everything_but_the_site(site: ProofSite, candidate: str) -> None:
    result = land(site, candidate)
    text = site.document.text
    start, end = (site.document.offset(p) for p in (result.range.start, result.range.end))
    assert result.document.text == text[:start] + result.text + text[end:]
    assert not text[start : site.document.offset(site.range.start)].strip()
    assert is_balanced(result.document.text) == is_balanced(text)


@by_layout
@pytest.mark.parametrize("candidate", [*CANDIDATES.values(), *STEPS])
def test_first_and_last_enclose_the_candidate(site: ProofSite, candidate: str) -> None:
    result = land(site, candidate)
    inside = result.document.slice(Range(result.first, result.last))
    words = normalise(candidate).split()
    assert inside.split() == words[: len(inside.split())]
    assert set(words[len(inside.split()) :]) <= {"--", "done"}
    assert inside == inside.strip()


@by_layout
def test_continuation_lines_stand_at_the_first_tactic_s_column(site: ProofSite) -> None:
    result = land(site, "constructor\n· exact hp\n· exact hq")
    lines = result.document.lines[result.first.line : result.last.line + 1]
    assert len(lines) == 3
    assert all(line[: result.first.column].strip() == "" for line in lines[1:])
    assert [line[result.first.column] for line in lines] == ["c", "·", "·"]


@by_layout
@pytest.mark.parametrize("candidate", STEPS)
def test_advancing_opens_a_line_at_the_same_column(site: ProofSite, candidate: str) -> None:
    following = advance(site, candidate)
    at = following.range.start
    assert following.kind == "tactic"
    assert following.range.start == following.range.end
    assert following.document.lines[at.line][: at.column].strip() == ""
    first = next(
        line for line in following.document.lines if normalise(candidate).split("\n")[0] in line
    )
    assert first.index(candidate.split()[0]) == at.column or "h := hp" in first


@by_layout
def test_a_candidate_after_advancing_lands_where_the_cursor_is(site: ProofSite) -> None:
    following = advance(site, "have k := hp")
    result = land(following, "exact ⟨k, hq⟩")
    assert result.first == following.range.start
    above = result.document.lines[result.first.line - 1]
    assert above.index("have k := hp") == result.first.column


@by_layout
def test_line_ends_of_the_file_are_used(site: ProofSite) -> None:
    result = land(site, "constructor\r\n· exact hp\n· exact hq")
    ends = result.document.text.count("\r\n")
    assert ends == (result.document.text.count("\n") if "\r" in site.document.text else 0)


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("p := by □", "p := by\n  a\n  b"),
        ("p := □", "p := by\n  a\n  b"),
        ("p := by\n  have h : q := □\n  c", "p := by\n  have h : q := by\n    a\n    b\n  c"),
        ("p := by\n  · have h : q := by □", "p := by\n  · have h : q := by\n      a\n      b"),
        ("p := by\n  x <;> □", "p := by\n  x <;> (a\n         b)"),
        ("p := by\n  □ <;> x", "p := by\n  (a\n   b) <;> x"),
        ("p := by\n  x; □", "p := by\n  x; (a\n      b)"),
        ("p := by\n  cases h with\n  | l h => □", "p := by\n  cases h with\n  | l h =>\n    a\n    b"),
        ("p := by\n  case l => □", "p := by\n  case l =>\n    a\n    b"),
        ("p := by\n  exact f (by □) x", "p := by\n  exact f (by\n    a\n    b) x"),
        ("p := by exact f (by □) x", f"p := by exact f (by\n{' ' * 77}a\n{' ' * 77}b) x"),
        ("p := f □ x", "p := f (by\n  a\n  b) x"),
        ("p := ⟨□, x⟩", "p := ⟨(by\n  a\n  b), x⟩"),
        ("p := by\n  calc x\n    _ = y := □", "p := by\n  calc x\n    _ = y := by\n      a\n      b"),
    ],
)  # fmt: skip
def test_shape_of_two_lines(layout: str, expected: str) -> None:
    assert landed(layout, "a\nb") == expected


@pytest.mark.parametrize(
    ("layout", "candidate", "expected"),
    [
        ("p := ⟨□, x⟩", "simp", "p := ⟨by simp, x⟩"),
        ("p := ⟨□, x⟩", "exists a", "p := ⟨(by exists a), x⟩"),
        ("p := ⟨by □, x⟩", "exact fun x => x", "p := ⟨by (exact fun x => x), x⟩"),
        ("p := f □ x", "simp", "p := f (by simp) x"),
        ("p := f □", "simp", "p := f (by simp)"),
        ("p := f (□)", "simp", "p := f (by simp)"),
        ("p := by\n  first | □ | x", "first | a | b", "p := by\n  first | (first | a | b) | x"),
        ("p := by\n  x <;> □", "a <;> b", "p := by\n  x <;> (a <;> b)"),
        ("p := by\n  x <;> □", "simp [a, b]", "p := by\n  x <;> simp [a, b]"),
        ("p := f (by □)", "simp -- why", "p := f (by simp)"),
        ("p := f □", "simp -- why", "p := f (by simp)"),
    ],
)  # fmt: skip
def test_brackets_only_where_something_would_be_drawn_in(
    layout: str, candidate: str, expected: str
) -> None:
    assert landed(layout, candidate) == expected


def test_a_rcases_pattern_does_not_take_the_next_arm() -> None:
    text = "p := by\n  cases h with\n  | l h => □\n  | r h => x"
    assert "(rcases h with a | b)" in landed(text, "rcases h with a | b")


def test_advancing_stays_inside_brackets_and_blocks() -> None:
    assert advanced("p := by □", "a") == "p := by\n  a\n  ▮"
    assert advanced("p := by\n  x <;> □", "a") == "p := by\n  x <;> (a\n         ▮)"
    assert advanced("p := f □ x", "a") == "p := f (by\n  a\n  ▮) x"
    assert advanced("p := by\n  · □\n  · x", "a") == "p := by\n  · a\n    ▮\n  · x"


def test_a_site_past_the_end_of_the_text_lands_at_the_end() -> None:
    document = Document("file:///a.lean", 0, "example : True := by\n")
    site = ProofSite(document, Range.empty(Position(9, 9)))
    assert "trivial" in land(site, "trivial").document.text


@settings(max_examples=300, deadline=None)
@given(
    st.text("by sorry:=\n\r\t·|=>;(⟨⟩)'\"-/«𝓕", max_size=60),
    st.integers(0, 8),
    st.integers(0, 20),
    st.text("ab \n\t·|-(\"'/", max_size=30),
    st.sampled_from(["tactic", "term"]),
)
def test_landing_and_advancing_are_total(
    text: str, line: int, column: int, candidate: str, kind: str
) -> None:
    document = Document("file:///a.lean", 0, text)
    start = document.position(document.offset(Position(line, column)))
    site = ProofSite(document, Range.empty(start), kind)  # type: ignore[arg-type]
    result = land(site, candidate)
    assert result.first <= result.last
    assert advance(site, candidate).document.text.count("\n") > text.count("\n")


@settings(max_examples=300, deadline=None)
@given(st.text('have x:=by\n  |·-/"(cases with simp', max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert "\t" not in once
    assert "\r" not in once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a\n  b", "a\nb"),
        ("intro h\n  cases h\n  simp", "intro h\ncases h\nsimp"),
        ("have h : p := by\n    simp\n  exact h", "have h : p := by\n  simp\nexact h"),
        ("have h : p := by\n    simp\n    omega", "have h : p := by\n  simp\n  omega"),
        ("cases h with\n| inl a => x\n| inr b => y", "cases h with\n  | inl a => x\n  | inr b => y"),
        ("cases h with\n    | inl a => x\n    | inr b =>\n      y",
         "cases h with\n  | inl a => x\n  | inr b =>\n    y"),
        ("constructor\n  · a\n  · b", "constructor\n· a\n· b"),
        ("simp only [a,\n    b]", "simp only [a,\n  b]"),
        ("exact f\n  x", "exact f\n  x"),
        ("calc a = b := x\n    _ = c := y", "calc a = b := x\n  _ = c := y"),
        ("\n\n  simp  \n", "simp"),
        ("a\r\nb", "a\nb"),
    ],
)  # fmt: skip
def test_one_form_for_candidates(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_blanking_keeps_offsets() -> None:
    text = "a /- b /- c -/ -/ \"x\n\" '\"' h's «a -- b» -- end\n"
    assert len(blank_out(text)) == len(text)
    assert blank_out(text).split() == ["a", "h's", "«______»"]
