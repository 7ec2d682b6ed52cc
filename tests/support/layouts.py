"""Layouts that people write, each with one open goal `p ∧ q` and `hp : p`, `hq : q` at hand.

`□` marks a `sorry` to be filled, `▮` a cursor stop. Other `sorry`s stay. Every layout is honest:
Lean accepts it (with the warning) as it stands, once a cursor's line is filled.
"""

from __future__ import annotations

from fd_core.landing import guess_kind
from fd_core.proof import Document, ProofSite, Range

HEAD = "example (p q r : Prop) (hp : p) (hq : q) (hpq : p ∨ q) (n : Nat) : "

FILLED: dict[str, str] = {
    "own line": "p ∧ q := by\n  □",
    "one-line by": "p ∧ q := by □",
    "one-line by, blanks behind": "p ∧ q := by □   ",
    "one-line by, comment behind": "p ∧ q := by □ -- why",
    "term": "p ∧ q := □",
    "term, comment behind": "p ∧ q := □ -- why",
    "term on its own line": "p ∧ q :=\n  □",
    "bullet": "(p ∧ q) ∧ True := by\n  constructor\n  · □\n  · trivial",
    "bullet within a bullet": (
        "True ∧ (p ∧ q) ∧ True := by\n  constructor\n  · trivial\n  · constructor\n    · □\n    · trivial"
    ),
    "dot bullet": "p ∧ q := by\n  . □",
    "behind <;>": "(p ∧ q) ∧ (p ∧ q) := by\n  constructor <;> □",
    "<;> at the line's end": "(p ∧ q) ∧ (p ∧ q) := by\n  constructor <;>\n    □",
    "before <;>": "p ∧ q := by\n  □ <;> skip",
    "before <;> on the next line": "p ∧ q := by\n  □\n    <;> skip",
    "behind ;": "p ∧ q := by\n  skip; □",
    "before ;": "p ∧ q := by\n  □; skip",
    "cases arm": (
        "p ∧ q := by\n  cases hpq with\n  | inl h => □\n  | inr h =>\n    exact ⟨hp, hq⟩"
    ),
    "cases arm on its own line": (
        "p ∧ q := by\n  cases hpq with\n  | inl h =>\n    □\n  | inr h => exact ⟨hp, hq⟩"
    ),
    "two arms on a line": "p ∧ q := by\n  cases hpq with | inl h => □ | inr h => exact ⟨hp, hq⟩",
    "last of two arms on a line": "p ∧ q := by\n  cases hpq with | inl h => sorry | inr h => □",
    "induction arm": "p ∧ q := by\n  induction n with\n  | zero => □\n  | succ n ih => exact ih",
    "case": "p ∧ q := by\n  cases hpq\n  case inl => □\n  case inr h => exact ⟨hp, hq⟩",
    "next": "p ∧ q := by\n  cases hpq\n  next h => □\n  next h => exact ⟨hp, hq⟩",
    "have by": "p ∧ q := by\n  have h : p ∧ q := by □\n  exact h",
    "have term": "p ∧ q := by\n  have h : p ∧ q := □\n  exact h",
    "have in a bullet": "p ∧ q := by\n  · have h : p ∧ q := by □\n    exact h",
    "have in an arm": (
        "p ∧ q := by\n  cases hpq with\n  | inl h => have k : p ∧ q := □\n             exact k\n"
        "  | inr h => exact ⟨hp, hq⟩"
    ),
    "term have": "p ∧ q :=\n  have h : p ∧ q := □\n  h",
    "term have on one line": "p ∧ q := have h : p ∧ q := □; h",
    "exact": "p ∧ q := by\n  exact □",
    "exact on a long line": "p ∧ q := by exact id □",
    "by in brackets": "p ∧ q := by\n  exact id (by □)",
    "by in brackets, argument behind": "p ∧ q := by\n  exact And.intro (And.left (by □ : p ∧ q)) hq",
    "term in brackets": "p ∧ q := by\n  exact id (□)",
    "by in brackets, long line": "p ∧ q := by exact id (by □)",
    "argument in the middle": "p ∧ q := by\n  exact (fun (h : p ∧ q) (_ : True) => h) □ trivial",
    "argument in the middle, long line": (
        "p ∧ q := by exact (fun (h : p ∧ q) (_ : True) => h) □ trivial"
    ),
    "first of ⟨⟩": "(p ∧ q) ∧ True := by\n  exact ⟨□, trivial⟩",
    "last of ⟨⟩": "True ∧ (p ∧ q) := ⟨trivial, □⟩",
    "by in ⟨⟩": "(p ∧ q) ∧ True := ⟨by □, trivial⟩",
    "⟨⟩ over two lines": "True ∧ (p ∧ q) := by\n  exact ⟨trivial,\n    □⟩",
    "show from": "p ∧ q := by\n  exact show p ∧ q from □",
    "show by": "p ∧ q := show p ∧ q by □",
    "suffices from": "p ∧ q := by\n  suffices h : p ∧ q from h\n  □",
    "fun": "r → p ∧ q := fun _ => □",
    "fun in exact": "r → p ∧ q := by\n  exact fun _ => □",
    "fun in brackets": "r → p ∧ q := id (fun _ => □)",
    "fun, body on its own line": "r → p ∧ q := fun _ =>\n  □",
    "match arms in a term": "p ∧ q := match n with\n  | 0 => □\n  | _ + 1 => sorry",
    "match arms in a term, last": "p ∧ q := match n with\n  | 0 => sorry\n  | _ + 1 => □",
    "match arms on one line": "p ∧ q := match n with | 0 => □ | _ + 1 => ⟨hp, hq⟩",
    "match in tactics": "p ∧ q := by\n  match n with\n  | 0 => □\n  | _ + 1 => exact ⟨hp, hq⟩",
    "calc step": (
        "(p ∧ q) = (p ∧ q) := by\n  calc (p ∧ q)\n    _ = (q ∧ p) := by simp [and_comm]\n"
        "    _ = (p ∧ q) := propext ⟨fun _ => □, fun h => h.symm⟩"
    ),
    "calc step by": (
        "True = (p ∧ q) := calc True\n  _ = True := rfl\n"
        "  _ = (p ∧ q) := Eq.symm (eq_true (by □))"
    ),
    "first calc step": (
        "(p ∧ q) = True := by\n  calc (p ∧ q) = True := eq_true (by □)\n    _ = True := rfl"
    ),
    "first calc step, term": (
        "(p ∧ q) = True := by\n  calc (p ∧ q) = True := eq_true □\n    _ = True := rfl"
    ),
    "arms in a bracketed match": (
        "p ∧ q := by\n  exact (match n with\n    | 0 => □\n    | _ + 1 => ⟨hp, hq⟩)"
    ),
    "structure instance": "p ∧ q := {\n  left := by exact (□ : p ∧ q).1\n  right := hq }",
    "where": "p ∧ q where\n  left := hp\n  right := And.right (a := p) □",
    "let": "p ∧ q :=\n  let h : p ∧ q := □\n  h",
    "local function": "p ∧ q :=\n  go n\nwhere\n  go : Nat → p ∧ q\n    | 0 => □\n    | k + 1 => go k",
    "behind <|": "p ∧ q := id <| □",
    "repeat": "p ∧ q := by\n  repeat □",
    "any_goals in a bullet": "p ∧ q := by\n  · any_goals □",
    "obtain": "p ∧ q := by\n  obtain ⟨h, k⟩ : p ∧ q := □\n  exact ⟨h, k⟩",
    "first": "p ∧ q := by\n  first | □ | skip",
    "all_goals": "p ∧ q := by\n  all_goals □",
    "tactic in brackets": "p ∧ q := by\n  (□)",
    "tactic in braces": "p ∧ q := by { □ }",
    "if then": "p ∧ q := by\n  if n = 0 then □ else exact ⟨hp, hq⟩",
    "if else": "p ∧ q := by\n  if n = 0 then exact ⟨hp, hq⟩ else □",
    "tactics above": "p ∧ q := by\n  have h := hp\n  clear h\n  □",
    "CRLF": "True ∧ (p ∧ q) := by\r\n  constructor\r\n  · trivial\r\n  · □\r\n",
    "letters beyond the BMP": "let 𝓕 := p; 𝓕 ∧ q := by\n  intro 𝓕; show p ∧ q; □",
    "comment above": "p ∧ q := by\n  -- here (\n  □ /- and ) -/",
}  # fmt: skip

CURSORS: dict[str, str] = {
    "empty line": "p ∧ q := by\n  ▮\n",
    "empty line, column 0": "p ∧ q := by\n▮\n",
    "empty line after a tactic, column 0": "p ∧ q := by\n  have h := hp\n▮\n",
    "empty line, too far right": "p ∧ q := by\n  have h := hp\n       ▮\n",
    "empty line, blanks behind": "p ∧ q := by\n  have h := hp\n  ▮    \n",
    "empty line in a bullet": "True ∧ p ∧ q := by\n  constructor\n  · trivial\n  · have h := hp\n▮\n",
    "behind by": "p ∧ q := by▮\n",
    "behind by and a blank": "p ∧ q := by ▮\n",
    "behind a bullet": "p ∧ q := by\n  · ▮\n",
    "behind a bare bullet": "p ∧ q := by\n  ·▮\n",
    "behind a tactic": "p ∧ q := by\n  have h := hp▮\n",
    "behind a tactic in a bullet": "p ∧ q := by\n  · have h := hp▮\n",
    "behind an arrow": "p ∧ q := by\n  cases hpq with\n  | inl h =>▮\n  | inr h => exact ⟨hp, hq⟩\n",
    "below an arrow": "p ∧ q := by\n  cases hpq with\n  | inl h =>\n    ▮\n  | inr h => exact ⟨hp, hq⟩\n",
    "below an arrow, column 0": (
        "p ∧ q := by\n  cases hpq with\n  | inl h => exact ⟨hp, hq⟩\n  | inr h =>\n▮\n"
    ),
    "before a tactic": "p ∧ q := by\n  ▮skip\n",
    "after a bracketed line": "p ∧ q := by\n  have h := And.intro hp\n    hq\n▮\n",
    "CRLF, column 0": "p ∧ q := by\r\n  have h := hp\r\n▮\r\n",
}  # fmt: skip

CANDIDATES: dict[str, str] = {
    "one line": "exact ⟨hp, hq⟩",
    "greedy comma": "exact And.intro hp <| hq",
    "chained": "constructor <;> assumption",
    "bullets": "constructor\n· exact hp\n· exact hq",
    "steps": "have h := hp\nexact ⟨h, hq⟩ -- done",
    "arms": "cases Classical.em p with\n| inl _ => exact ⟨hp, hq⟩\n| inr h => exact absurd hp h",
    "rcases": "rcases Classical.em p with h | h\n· exact ⟨h, hq⟩\n· exact absurd hp h",
    "alternatives": "first | omega | exact ⟨hp, hq⟩",
    "alternatives over lines": "first\n  | omega\n  | exact ⟨hp, hq⟩",
    "semicolons": "have h := hp; exact ⟨h, hq⟩",
    "nested by": "have h : p := by\n  exact hp\nexact ⟨h, hq⟩",
    "nested arrow": "refine And.intro ?here hq\ncase here =>\n  exact hp",
    "two columns in": "    have h := hp\n    exact ⟨h, hq⟩",
    "first line at the margin": "have h := hp\n    exact ⟨h, hq⟩",
}
"""Each closes `p ∧ q` from `hp` and `hq`, however it has to be laid out."""

STEPS = ("have h := hp", "refine ⟨?_, ?_⟩\n· exact hp")
"""Each leaves something to do."""


def marked(text: str, mark: str = "□") -> ProofSite:
    """The site that a mark stands for: `□` for a `sorry`, `▮` for a cursor."""
    at = text.index(mark)
    inner = "sorry" if mark == "□" else ""
    document = Document("file:///layout.lean", 0, text.replace(mark, inner))
    where = Range(document.position(at), document.position(at + len(inner)))
    return guess_kind(document, where)


def sites() -> list[tuple[str, ProofSite]]:
    """Every layout's site, by name."""
    filled = [(name, marked(HEAD + text)) for name, text in FILLED.items()]
    cursors = [(f"cursor {name}", marked(HEAD + text, "▮")) for name, text in CURSORS.items()]
    return filled + cursors
