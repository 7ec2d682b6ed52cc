from fd_core.proof import Document, Goal, Hypothesis, Position, ProofSite, ProofState, Range
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.sampled_from(list("ab𝔽∀\n\r \t")), max_size=60)


@given(TEXT, st.integers(0, 60))
def test_offset_and_position_are_inverse(text: str, offset: int) -> None:
    document = Document("file:///a.lean", 1, text)
    offset = min(offset, len(text))
    if offset and text[offset - 1 : offset + 1] == "\r\n":
        return  # between CR and LF there is no position
    assert document.offset(document.position(offset)) == offset


@given(TEXT, TEXT)
def test_replacing_a_range_leaves_the_rest(text: str, new: str) -> None:
    document = Document("file:///a.lean", 1, text)
    end = document.position(len(text))
    assert document.replaced(Range(end, end), new).text == text + new
    assert document.replaced(Range(Position(0, 0), end), new).text == new


def test_positions_beyond_the_text_are_clamped() -> None:
    document = Document("file:///a.lean", 1, "ab\ncd")
    assert document.offset(Position(0, 99)) == 2
    assert document.offset(Position(99, 0)) == 5


def test_columns_count_code_points() -> None:
    document = Document("file:///a.lean", 1, "𝔽 𝓕x")
    assert document.slice(Range(Position(0, 2), Position(0, 3))) == "𝓕"


def _state(target: str, environment: str, line: int = 0) -> ProofState:
    document = Document("file:///a.lean", line, "x\n" * 9)
    site = ProofSite(document, Range.empty(Position(line, 0)))
    goal = Goal(target, (Hypothesis(("n", "m"), "Nat"), Hypothesis(("k",), "Nat", "n + m")))
    return ProofState(site, (goal,), environment)


def test_the_digest_sees_goal_and_environment_but_not_the_place() -> None:
    state = _state("n = m", "e1")
    assert state.digest == _state("n = m", "e1", line=3).digest
    assert state.digest != _state("n = k", "e1").digest
    assert state.digest != _state("n = m", "e2").digest


def test_a_goal_reads_as_lean_shows_it() -> None:
    goal = Goal(
        "a = b", (Hypothesis(("a", "b"), "Nat"), Hypothesis(("c",), "Nat", "a")), case="inl"
    )
    assert str(goal) == "case inl\na b : Nat\nc : Nat := a\n⊢ a = b"
