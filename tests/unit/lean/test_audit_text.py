"""Two files may differ in one proof, and nowhere else."""

from __future__ import annotations

import pytest
from fd_core.lean.audit_text import (
    STAND_IN,
    AuditTexts,
    TextRefused,
    label_of,
    open_failing,
    pair_of,
    prepare,
)
from fd_core.lean_source import declarations
from fd_core.proof import Document, ProofSite, Range
from support.redteam import attacks, honest, site_in

BEFORE = "import Foo\n\n/-- one -/\ntheorem one : True := trivial\n\n"
TARGET = "theorem two (n : Nat) (h : n = 1 := by rfl) : n = n := by\n  sorry\n"
AFTER = "\n/-- three -/\n@[simp] theorem three : True := trivial\n"


def prepared(challenge: str, solution: str, label: str = "two") -> AuditTexts:
    texts = prepare(challenge, solution, label)
    assert isinstance(texts, AuditTexts), texts
    return texts


def test_the_rest_is_cut_and_the_proof_opened() -> None:
    challenge = BEFORE + TARGET + AFTER
    texts = prepared(challenge, challenge.replace("sorry", "rfl"))
    assert texts.challenge == BEFORE + TARGET.replace("by\n  sorry", "sorry")
    assert texts.solution.rstrip() == (BEFORE + TARGET).replace("sorry", "rfl").rstrip()
    assert "three" not in texts.solution
    assert texts.inserted == "rfl"
    assert texts.name == "two"
    assert texts.opened


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("theorem one : True", "theorem one : False"),
        ("n = n", "n = 1"),
        ("import Foo", "import Bar"),
        ("three : True", "three : False"),
        ("/-- one -/", ""),
        ("theorem two", "axiom two"),
    ],
)
def test_any_other_difference_is_refused(old: str, new: str) -> None:
    challenge = BEFORE + TARGET + AFTER
    solution = challenge.replace("sorry", "rfl").replace(old, new)
    refused = prepare(challenge, solution, "two")
    assert isinstance(refused, TextRefused)
    assert refused.decided


def test_no_such_declaration_is_undecided() -> None:
    refused = prepare(TARGET, TARGET, "nope")
    assert isinstance(refused, TextRefused)
    assert not refused.decided


def test_no_proof_is_undecided() -> None:
    refused = prepare("axiom two : False\n", "axiom two : False\n", "two")
    assert isinstance(refused, TextRefused)
    assert not refused.decided


def test_a_proof_deleted_is_refused() -> None:
    solution = TARGET.split(":= by\n")[0] + "-- nothing\n"
    assert isinstance(prepare(TARGET, solution, "two"), TextRefused)


def test_examples_and_unnamed_instances_get_a_name() -> None:
    challenge = "example : 1 = 1 := by sorry\n\nexample : 2 = 2 := by sorry\n"
    texts = prepared(challenge, challenge.replace("2 := by sorry", "2 := by rfl"), "example@3")
    assert texts.name == STAND_IN
    assert f"theorem _root_.{STAND_IN} : 2 = 2 := sorry" in texts.challenge
    assert "example : 1 = 1 := by sorry" in texts.challenge
    instance = "instance (priority := 10) : Foo 3 := by\n  sorry\n"
    texts = prepared(instance, instance.replace("sorry", "exact foo"), "instance@1")
    assert f"instance (priority := 10) _root_.{STAND_IN} : Foo 3" in texts.solution


def test_labels_find_their_declaration() -> None:
    text = "namespace A\n\n@[simp]\nexample : True := trivial\ntheorem b : True := trivial\nend A\n"
    labels = [label_of(text, declaration) for declaration in declarations(text)]
    assert labels == ["example@4", "A.b"]
    for label in labels:
        assert isinstance(prepare(text, text, label), AuditTexts)


def test_words_are_not_split() -> None:
    texts = prepared("theorem two : P := by sorry\n", "theorem two : P := by exact sorryAx\n")
    assert "sorryAx" in texts.inserted
    texts = prepared("theorem two : P := by rfl\n", "theorem two : P := by rfl'\n")
    assert texts.inserted == "rfl'"


def test_let_in_a_statement_is_part_of_it() -> None:
    text = "theorem two : let x := 5; x = 5 := by\n  sorry\n"
    assert "let x := 5; x = 5 := sorry" in prepared(text, text).challenge


def test_termination_clauses_stay() -> None:
    text = "theorem two : P := by\n  sorry\ntermination_by 1\n\ntheorem next : Q := x\n"
    texts = prepared(text, text.replace("sorry", "rfl"))
    assert "termination_by" in texts.solution
    assert "next" not in texts.solution


def test_a_mutual_block_stays_whole() -> None:
    text = "mutual\ntheorem two : P := by\n  sorry\ntheorem next : Q := x\nend\n"
    texts = prepared(text, text.replace("sorry", "rfl"))
    assert texts.solution.rstrip().endswith("end")
    assert not texts.opened


def test_a_pair_from_a_site() -> None:
    pair = pair_of(site_in(TARGET), "simp\nomega")
    assert pair is not None
    assert pair.declaration == "two"
    assert "  simp\n  omega" in pair.solution.text
    assert pair_of(site_in("-- nothing but sorry\n" + "#eval sorry\n"), "simp") is None


def test_every_honest_proof_gets_through() -> None:
    refused = [
        proof.name
        for proof in honest()
        if not isinstance(prepare(proof.challenge, proof.solution, proof.declaration), AuditTexts)
    ]
    assert refused == []


def test_whole_file_attacks_stop_here_or_keep_the_text_before_the_proof() -> None:
    for attack in attacks():
        texts = prepare(attack.challenge, attack.solution, "target")
        if isinstance(texts, AuditTexts):
            shared = attack.challenge.split("target")[0]
            assert texts.solution.startswith(shared), attack.id


def test_failing_theorems_above_are_opened() -> None:
    head = "theorem a : P := by\n  simp\n\n@[simp] theorem b : Q := by\n  rfl\n\ntheorem two : R "
    one = open_failing(head, {5})
    assert one is not None
    assert one.split() == head.replace("by\n  rfl", "sorry").split()
    both = open_failing(head, {2, 5})
    assert both is not None
    assert both.count(":= sorry") == 2


@pytest.mark.parametrize("line", [1, 3, 6, 0])
def test_errors_elsewhere_are_not_mended(line: int) -> None:
    head = "def a : P := foo\n\ntheorem b\n    : Q := by\n  rfl\ntheorem two : R "
    assert open_failing(head, {line}) is None


@pytest.mark.parametrize(
    "text", ["theorem t : p := by\n  ", "theorem t : p := by\n  \n\ndef a := 1\n"]
)
def test_a_cursor_stop_in_an_empty_proof_has_two_texts_that_differ_in_the_proof_alone(
    text: str,
) -> None:
    document = Document("file:///p/A.lean", 1, text)
    at = document.position(text.index("by\n  ") + 5)
    pair = pair_of(ProofSite(document, Range.empty(at), "tactic"), "simp\nomega")
    assert pair is not None
    texts = prepare(pair.challenge.text, pair.solution.text, pair.declaration)
    assert isinstance(texts, AuditTexts), texts
    assert texts.inserted.split() == ["simp", "omega"]
