import pytest
from fd_core.errors import PolicyError
from fd_core.protocol import Status
from fd_server.status import StatusBoard


@pytest.mark.parametrize("found", [True, False])
def test_a_policy_that_is_down_stays_told_whatever_the_portfolio_finds(found: bool) -> None:
    sent: list[Status] = []
    board = StatusBoard(sent.append)
    board.policy_down(PolicyError("no answer from the endpoint", fix="Start the model."))
    board.thinking(3, 8)
    board.settled(8, 8, found=found, out_of_time=False)
    assert (board.current.state, board.current.fix) == ("policy down", "Start the model.")
    board.policy_up()
    board.settled(8, 8, found=True, out_of_time=False)
    assert board.current.state == "idle"


def test_what_is_down_is_said_again_when_a_search_ends() -> None:
    board = StatusBoard(lambda _: None)
    board.policy_down(PolicyError("no answer from the endpoint", fix="Start the model."))
    board.thinking(0, 0)
    board.idle()
    assert (board.current.state, board.current.fix) == ("policy down", "Start the model.")


@pytest.mark.parametrize(
    ("out_of_time", "state"), [(True, "out of budget"), (False, "nothing found")]
)
def test_nothing_found_says_whether_there_was_time(out_of_time: bool, state: str) -> None:
    board = StatusBoard(lambda _: None)
    board.settled(4, 8, found=False, out_of_time=out_of_time)
    assert board.current.state == state
    assert board.current.fix
