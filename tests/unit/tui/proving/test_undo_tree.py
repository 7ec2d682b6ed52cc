"""The undo tree as it is looked at."""

from __future__ import annotations

from fd_core.protocol import (
    GoalsResult,
    SessionNode,
    SessionTree,
    WireCandidate,
    WireGoal,
    WirePosition,
    WireRange,
    WireVerdict,
)
from fd_tui.proving.steps import Branch, Row
from fd_tui.proving.undo_tree import UndoTree
from hypothesis import given
from hypothesis import strategies as st

AT = WirePosition(line=1, character=2)
GOAL = WireGoal(target="p", text="⊢ p")


def node(
    id: int, parent: int | None, text: str = "", name: str = "", *, done: bool = False
) -> SessionNode:
    state = GoalsResult(kind="complete") if done else GoalsResult(kind="goals", goals=[GOAL])
    verdict = WireVerdict(kind="closed" if done else "progressed", milliseconds=10.0 * id)
    made = WireCandidate(text=text or f"step {id}", origin="user", verdict=verdict)
    return SessionNode(
        id=id, parent=parent, candidate=made if parent is not None else None, state=state, name=name
    )


def tree(*nodes: SessionNode, current: int = 0) -> UndoTree:
    where = WireRange(start=AT, end=AT)
    return UndoTree.of(
        SessionTree(
            session="s", uri="u", declaration="d", range=where, current=current, nodes=list(nodes)
        )
    )


FORKED = tree(
    node(0, None),
    node(1, 0, "intro h"),
    node(2, 1, "constructor"),
    node(3, 1, "exact h", "short", done=True),
    node(4, 2, "  exact h.1\n  exact h.2", done=True),
    node(5, 0, "simp"),
    current=2,
)


def test_paths_children_and_depths() -> None:
    assert FORKED.roots == (0,)
    assert FORKED.path(4) == (0, 1, 2, 4)
    assert FORKED.depth(4) == 3
    assert FORKED.children(1) == (2, 3)
    assert FORKED.parent(0) is None
    assert FORKED.finished == {3, 4}
    assert len(FORKED) == 6
    assert 5 in FORKED
    assert 6 not in FORKED


def test_a_proof_is_the_steps_one_below_the_other() -> None:
    assert FORKED.proof(4) == "intro h\nconstructor\nexact h.1\nexact h.2"
    assert FORKED.proof(0) == ""


def test_branches_end_at_leaves() -> None:
    assert FORKED.branches() == (
        Branch(3, "short", 2, is_finished=True, holds_current=False),
        Branch(4, "", 3, is_finished=True, holds_current=True),
        Branch(5, "", 1, is_finished=False, holds_current=False),
    )


def test_two_branches_have_a_beginning_in_common() -> None:
    found = FORKED.compare(3, 4)
    assert [step.text for step in found.common] == ["intro h"]
    assert [
        (step.node, step.verdict, step.milliseconds, step.goals_left) for step in found.left
    ] == [(3, "closed", 30.0, 0)]
    assert [step.node for step in found.right] == [2, 4]
    assert FORKED.compare(4, 4).left == ()
    assert [step.node for step in FORKED.compare(1, 4).right] == [2, 4]


def test_only_forks_are_indented() -> None:
    assert list(FORKED.rows()) == [
        Row(0, 0, False), Row(1, 1, True), Row(2, 2, True), Row(4, 2, False), Row(3, 2, True),
        Row(5, 1, True),
    ]  # fmt: skip


def test_thousands_of_steps_in_a_row_or_beside_each_other() -> None:
    deep = tree(node(0, None), *(node(i, i - 1) for i in range(1, 5_000)), current=4_999)
    assert len(deep.path(4_999)) == 5_000
    assert deep.branches() == (Branch(4_999, "", 4_999, is_finished=False, holds_current=True),)
    assert len(list(deep.rows())) == 5_000
    comb = tree(
        node(0, None), *(node(i, i - 1 if i % 2 else max(i - 2, 0)) for i in range(1, 5_000))
    )
    assert sum(1 for _ in comb.rows()) == 5_000
    assert len(comb.branches()) == 2_500


@given(st.lists(st.integers(-1, 30), max_size=30), st.integers(0, 30))
def test_whatever_the_server_sends_every_walk_ends(parents: list[int], current: int) -> None:
    nodes = [node(i, parent if parent >= 0 else None) for i, parent in enumerate(parents)]
    found = tree(*nodes, current=current)
    assert sorted(row.node for row in found.rows()) == list(range(len(nodes)))
    for id in range(len(nodes)):
        assert found.path(id)[-1] == id
        assert found.path(id)[0] in found.roots
        again = found.compare(id, found.leaves()[0])
        assert (*again.common, *again.left) == found.steps(id)
