import pytest
from fd_core.lean.batch import batch_of, fits_in_a_batch, read_bullet
from fd_core.lean.report import Report
from fd_core.lean.scratch import Scratch, scratch_of
from fd_core.proof import Document, Goal, ProofSite, Range


def at(text: str, version: int = 1) -> Scratch:
    """The scratch copy around the first `sorry`."""
    document = Document("file:///project/X.lean", version, text)
    first = text.index("sorry")
    where = Range(document.position(first), document.position(first + 5))
    return scratch_of(ProofSite(document, where))


BELOW = "\n\n/-- about the next -/\n@[simp] theorem later : True := by\n  trivial\n"


def test_the_prefix_is_kept_and_the_tail_is_cut() -> None:
    head = (
        "import Init\n\nopen Nat\n\n/-- doc -/\ntheorem x (p : Prop) : p → p := by\n  intro h\n  "
    )
    landing = at(head + "sorry" + BELOW).landing("exact h")
    assert landing.text == head + "exact h\n#print axioms x\n"
    assert landing.axioms_line == 8
    lines = landing.text.split("\n")
    assert lines[landing.first.line][landing.first.column :] == "exact h"


def test_the_header_is_what_workers_share() -> None:
    assert at("import A\nimport B.C\n\ntheorem x : p := by sorry\n").header.split() == [
        "import", "A", "import", "B.C",
    ]  # fmt: skip


def test_the_rest_of_the_declaration_stays() -> None:
    text = "theorem x : a ∧ b := by\n  constructor\n  · sorry\n  · exact hb\n" + BELOW
    scratch = at(text)
    assert scratch.landing("simp").text.endswith("  · simp\n  · exact hb\n#print axioms x\n")
    assert scratch.rest.strip() == "· exact hb"


def test_names_come_with_their_namespaces() -> None:
    text = "namespace A.B\ntheorem x : True := by sorry\nend A.B\n"
    assert at(text).landing("trivial").text.endswith("#print axioms A.B.x\n")


def test_an_example_gets_a_name_of_the_same_length() -> None:
    scratch = at("example (n : Nat) : n = n := by sorry\n")
    landing = scratch.landing("rfl")
    assert landing.text == "def fd_ (n : Nat) : n = n := by rfl\n#print axioms fd_\n"


def test_an_unnamed_instance_gets_one_and_the_site_moves_along() -> None:
    landing = at("instance : Inhabited Nat := ⟨by sorry⟩\n").landing("exact 0")
    first = landing.text.split("\n")[landing.first.line]
    assert first == "instance fd_ : Inhabited Nat := ⟨by exact 0⟩"
    assert first[landing.first.column :].startswith("exact 0")


def test_a_name_already_taken_is_left_alone() -> None:
    landing = at("def fd_ := 1\nexample : True := by sorry\n").landing("trivial")
    assert landing.axioms_line is None


def test_mutual_blocks_are_kept_whole() -> None:
    text = (
        "mutual\ntheorem a : True := by sorry\ntheorem b : True := by trivial\nend\n\ndef z := 1\n"
    )
    landing = at(text).landing("trivial")
    assert "theorem b" in landing.text
    assert "end\n#print axioms a\n" in landing.text
    assert "def z" not in landing.text


def test_line_ends_are_leans() -> None:
    text = "-- odd \u2028 and \x0c\r\ntheorem x : True := by\r\n  sorry\r\n"
    landing = at(text).landing("trivial")
    assert landing.text.split("\n")[landing.first.line] == "  trivial"
    assert len(landing.text.splitlines()) == landing.text.count("\n")
    assert "\r" not in landing.text


def test_letters_beyond_the_bmp_are_one_column() -> None:
    landing = at("theorem x (𝓕 : Prop) : 𝓕 → 𝓕 := by sorry\n").landing("exact id")
    assert landing.text.split("\n")[0][landing.first.column :] == "exact id"


def test_a_sorry_elsewhere_in_the_declaration_is_seen() -> None:
    assert at("theorem x : a ∧ b := by\n  constructor\n  · sorry\n  · sorry\n").open_elsewhere
    one = "theorem x : a := by\n  sorry\n"
    assert not at(one).open_elsewhere
    assert not at(one + "theorem z : a := sorry\n").open_elsewhere


def test_the_environment_is_what_stands_above() -> None:
    text = "import A\n\ntheorem x : p := by sorry\n"
    here = at(text).environment("Lean 4.27.0")
    assert here == at(text + "theorem y : q := by simp\n", version=9).environment("Lean 4.27.0")
    assert here != at("-- more\n" + text).environment("Lean 4.27.0")
    assert here != at(text).environment("Lean 4.28.0")


@pytest.mark.parametrize(
    "text",
    [
        "theorem x (p : Prop) : p := by\n  sorry\n",
        "theorem x (p : Prop) : p := by sorry\n",
        "theorem x : a ∧ b := by\n  constructor\n  · sorry\n  · exact hb\n",
        "theorem x : a := by\n  cases h with\n  | inl h => sorry\n  | inr h => exact h\n",
        "theorem x : a := by\n  have h : b := by sorry\n  exact h\n",
        "theorem x : a := by\n  case left => sorry\n",
    ],
)
@pytest.mark.parametrize("group", [1, 2])
def test_bullets_are_where_they_are_said_to_be(text: str, group: int) -> None:
    candidates = [
        "simp",
        "induction n with\n| zero => rfl\n| succ n ih =>\n  simp [ih]",
        "-- no\nrfl -- x",
    ]
    batch = batch_of(at(text), candidates, group=group)
    lines = batch.text.split("\n")
    assert sum(line.strip() == "first | skip" for line in lines) == (2 if group > 1 else 0)
    for bullet, candidate in zip(batch.bullets, candidates, strict=True):
        first, column = bullet.first.line, bullet.first.column
        assert lines[first][column - 3 : column] == "· ("
        kept = [line[column:] for line in lines[first : bullet.last_line]]
        assert "\n".join(kept) == candidate
        assert lines[bullet.last_line].strip() == ")"
        assert lines[bullet.mark].strip() == "exact fd_mark"


def test_evidence_that_came_at_once_shares_the_time() -> None:
    batch = batch_of(at("theorem x : True := by\n  sorry\n"), ["simp", "omega", "grind", "rfl"])
    first, second, third, fourth = (bullet.mark for bullet in batch.bullets)
    arrivals = {first: 0.2, second: 0.499, third: 0.5, fourth: 0.6}
    report = Report((), "done", 0.7, arrivals)
    spent = [
        read_bullet(batch, index, report, Goal("True")).cost.milliseconds for index in range(4)
    ]
    assert spent == pytest.approx([200, 150, 150, 100])


ONE, TWO = [Goal("p")], [Goal("p"), Goal("q")]


@pytest.mark.parametrize(
    ("candidate", "goals", "fits"),
    [
        ("simp", ONE, True),
        ("all_goals simp", ONE, True),
        ("intro h\nexact h", ONE, True),
        ("case left => simp", ONE, False),
        ("simp", [Goal("?w = 3")], False),
        ("simp", TWO, True),
        ("all_goals simp", TWO, False),
        ("exact h; exact k", TWO, False),
        ("simp\nsimp", TWO, False),
        ("constructor <;> simp", TWO, True),
        ("swap", TWO, False),
        ("exact h.swap", TWO, True),
        ("cases h", ONE, True),
    ],
)
def test_what_may_be_put_in_a_bullet(candidate: str, goals: list[Goal], fits: bool) -> None:
    assert fits_in_a_batch(candidate, goals) is fits


def test_a_module_as_a_plain_file_keeps_every_place() -> None:
    header = "module\n\npublic import Init\npublic meta import A\nimport all B\n\n"
    text = header + "public theorem x : True := by\n  sorry\n"
    scratch = at(text)
    assert scratch.is_module
    plain = scratch.as_plain_file()
    assert not plain.is_module
    assert plain.header.split() == ["import", "Init", "import", "A", "import", "B"]
    assert plain.landing("trivial").first == scratch.landing("trivial").first
    assert not at("-- module\ntheorem x : True := by sorry\n").is_module
