"""The language-model critic over real HTTP, against an endpoint that plays every misbehaviour."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fd_trainer.critic.guarded import Guarded
from fd_trainer.critic.opening import SENT, SPENDING, Surroundings, open_critic
from fd_trainer.remark import Masked, Remark, Remarked
from support.scripted_critic import (
    CHATTY,
    GOOD,
    config_for,
    graded_of,
    problem_of,
    said,
    said_by_anthropic,
)
from support.scripted_endpoint import Answer, ScriptedEndpoint, json_answer, scripted
from support.states import state_of

KEY = "sk-very-secret-key-0123456789"
ENVIRONMENT = {"CRITIC_KEY": KEY}
PRICE = {"scripted-critic": {"input": 5.0, "output": 25.0}}


@asynccontextmanager
async def critic_at(
    folder: Path, *answers: Answer, **changes: Any
) -> AsyncIterator[tuple[Guarded, ScriptedEndpoint]]:
    """A critic over a fake endpoint, with its files and cache under a folder."""
    async with scripted(answers) as fake:
        table = {"cache": folder / "cache", "api_key_env": "CRITIC_KEY"} | changes
        config = config_for(fake.url, **table)
        critic = open_critic(config, Surroundings(folder, environment=ENVIRONMENT))
        try:
            yield critic, fake
        finally:
            await critic.aclose()


async def remark(critic: Guarded, candidate: str = "omega", *messages: str) -> Remark:
    return await critic.remark_on(problem_of(), graded_of(candidate, *messages or ("no",)))


async def test_a_good_answer_becomes_feedback_with_its_cost(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(GOOD), prices=PRICE) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Remarked)
        assert got.feedback.text == GOOD
        assert got.feedback.source.startswith("language_model scripted-critic fd-critic-4#")
        assert (got.cost.calls, got.cost.tokens_in, got.cost.tokens_out) == (1, 900, 60)
        assert got.cost.money == pytest.approx((900 * 5 + 60 * 25) / 1e6)
        assert critic.spent == got.cost
        assert fake.requests[0].path == "/v1/chat/completions"
        assert fake.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_thinking_aloud_is_no_part_of_an_answer(tmp_path: Path) -> None:
    for thought in ("<think>You should\n1. no</think>\n", "so you said 1. no\n</think>\n\n"):
        async with critic_at(tmp_path / thought[:6], said(thought + GOOD)) as (critic, _):
            got = await remark(critic)
            assert isinstance(got, Remarked)
            assert got.feedback.text == GOOD


async def test_anthropics_dialect(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said_by_anthropic(GOOD), api="anthropic") as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Remarked)
        assert got.feedback.text == GOOD
        request = fake.requests[0]
        assert request.path == "/v1/messages"
        assert request.headers["x-api-key"] == KEY
        assert "authorization" not in request.headers
        assert request.headers["anthropic-version"]
        assert request.body["system"].startswith("Act as a proof-engineering tutor.")
        assert [m["role"] for m in request.body["messages"]] == ["user"]


async def test_the_same_question_is_paid_for_once_also_after_a_restart(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(GOOD)) as (critic, fake):
        first, second = await asyncio.gather(remark(critic), remark(critic))
        assert isinstance(first, Remarked)
        assert isinstance(second, Remarked)
        assert {first.cached, second.cached} == {False, True}
        assert len(fake.requests) == 1
    async with critic_at(tmp_path, _HTML) as (critic, fake):
        again = await remark(critic)
        assert isinstance(again, Remarked)
        assert again.cached
        assert again.cost.calls == 0
        assert fake.requests == []
        assert isinstance(await remark(critic, "another"), Masked)


async def test_a_new_instruction_or_model_asks_anew(tmp_path: Path) -> None:
    changed: list[dict[str, Any]] = [{"prompt": "fd-critic-3"}, {"model": "another"}]
    changed += [{"attempt_chars": 500}, {"redact": ["keys"]}, {"show_references": True}]
    for changes in ({}, *changed):
        async with critic_at(tmp_path, said(GOOD), **changes) as (critic, fake):
            await remark(critic)
            assert len(fake.requests) == 1


async def test_out_of_format_is_asked_for_once_more_with_what_was_wrong(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(CHATTY), said(GOOD)) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Remarked)
        assert got.feedback.text == GOOD
        assert got.cost.calls == 2
        roles = [m["role"] for m in fake.bodies()[1]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert "before the first order" in fake.bodies()[1]["messages"][-1]["content"]


async def test_out_of_format_twice_masks_and_is_not_paid_for_again(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(CHATTY)) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert "before the first order" in got.reason
        assert got.cost.calls == 2
        again = await remark(critic)
        assert isinstance(again, Masked)
        assert again.cost.calls == 0
        assert len(fake.requests) == 2


async def test_killed_between_the_two_answers_only_the_second_is_asked_for(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(CHATTY), format="mask") as (critic, fake):
        assert isinstance(await remark(critic), Masked)
    async with critic_at(tmp_path, said(GOOD)) as (critic, fake):
        assert isinstance(await remark(critic), Remarked)
        assert len(fake.requests) == 1
        assert len(fake.bodies()[0]["messages"]) == 4


_HTML = Answer(("<html><body>Sign in</body></html>",), 200, {"content-type": "text/html"})
_TEN_MB = Answer((*[b"x" * 2**20] * 10,), 200, {"content-type": "application/json"})
_DEEP = Answer(("[" * 200_000,), 200)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_HTML, "web page"),
        (Answer(("",)), "no JSON"),
        (said(""), "empty"),
        (_TEN_MB, "more than 1 MiB"),
        (_DEEP, "no JSON"),
        (Answer(('{"choices": [{"mess',)), "no JSON"),
        (Answer(('{"choices"',), short=500), "broke off"),
        (json_answer({"choices": []}), "another shape"),
        (json_answer([1, 2]), "another shape"),
        (json_answer({"choices": [{"message": {"content": 7}}]}), "another shape"),
        (json_answer({"error": {"message": "no such model"}}, 404), "has no model"),
        (json_answer({"error": {"message": "bad key"}}, 401), "refused the key"),
        (json_answer({"error": {"message": "pay first"}}, 402), "pay first"),
        (Answer(status=302, headers={"location": "http://elsewhere.test/"}), "redirects"),
        (said("1. Use `omega` and then", reason="length"), "cut off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_an_endpoint_does_wrong_masks_the_sample_and_says_why(
    tmp_path: Path, answer: Answer, words: str
) -> None:
    async with critic_at(tmp_path, answer) as (critic, _):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert words in got.reason
        assert KEY not in got.reason


async def test_nobody_there_and_hanging_up_mask(tmp_path: Path) -> None:
    async with critic_at(tmp_path, endpoint="http://127.0.0.1:9/v1") as (critic, _):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert "nothing answers" in got.reason
        assert "critic.endpoint" in got.reason
        assert critic.spent.calls == 0
    async with critic_at(tmp_path, Answer(status=0), timeout_s=2) as (critic, _):
        assert isinstance(await remark(critic), Masked)


async def test_silence_masks_after_the_timeout_and_may_have_been_billed(tmp_path: Path) -> None:
    async with critic_at(tmp_path, Answer(delay_s=30), timeout_s=0.3) as (critic, _):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert "within 0.3 s" in got.reason
        assert "critic.timeout_s" in got.reason
        assert critic.spent.calls == 1


async def test_429_is_tried_again_when_the_endpoint_says(tmp_path: Path) -> None:
    busy = Answer(("{}",), 429, {"retry-after": "0.1"})
    async with critic_at(tmp_path, busy, busy, said(GOOD)) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Remarked)
        assert len(fake.requests) == 3
        assert got.cost.calls == 1


async def test_a_long_retry_after_masks_and_spares_the_endpoint_the_others(tmp_path: Path) -> None:
    busy = Answer(("{}",), 429, {"retry-after": "3600"})
    async with critic_at(tmp_path, busy, timeout_s=1) as (critic, fake):
        assert isinstance(await remark(critic), Masked)
        other = await remark(critic, "other")
        assert isinstance(other, Masked)
        assert "left alone for 3600 s" in other.reason
        assert len(fake.requests) == 1


async def test_letters_that_are_no_letters_in_an_answer_can_be_sent_back(tmp_path: Path) -> None:
    broken = said("Sure \ud800 you \udfff")
    async with critic_at(tmp_path, broken, said(GOOD)) as (critic, fake):
        assert isinstance(await remark(critic), Remarked)
        assert "Sure  you" in json.dumps(fake.bodies()[1])


async def test_an_answer_of_a_hundred_thousand_orders_is_one_finding(tmp_path: Path) -> None:
    flood = "\n".join(f"{n}. You" for n in range(1, 60_000))
    async with critic_at(tmp_path, said(flood)) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert len(got.reason) < 1_000
        assert len(json.dumps(fake.bodies()[1])) < 20_000


async def test_an_endpoint_that_keeps_failing_is_left_alone(tmp_path: Path) -> None:
    async with critic_at(tmp_path, _HTML) as (critic, fake):
        got = [await remark(critic, f"candidate {n}") for n in range(6)]
        assert all(isinstance(each, Masked) for each in got)
        assert len(fake.requests) == 3
        assert isinstance(got[-1], Masked)
        assert "left alone" in got[-1].reason


async def test_a_wrong_key_is_not_tried_all_night(tmp_path: Path) -> None:
    answer = json_answer({"error": {"message": "bad key"}}, 401)
    async with critic_at(tmp_path, answer) as (critic, fake):
        for n in range(3):
            await remark(critic, f"candidate {n}")
        assert len(fake.requests) == 1


async def test_options_an_endpoint_does_not_know_are_adapted(tmp_path: Path) -> None:
    refusal = json_answer(
        {"error": {"message": "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead."}},
        400,
    )
    cold = json_answer({"error": {"message": "temperature is not supported"}}, 400)
    answers = (refusal, cold, said(GOOD), said(GOOD))
    async with critic_at(tmp_path, *answers, temperature=0.7) as (critic, fake):
        assert isinstance(await remark(critic), Remarked)
        assert isinstance(await remark(critic, "other"), Remarked)
        last = fake.bodies()[-1]
        assert "max_tokens" not in last
        assert "temperature" not in last
        assert last["max_completion_tokens"] == 600
        assert len(fake.requests) == 4


async def test_the_budget_stops_before_it_is_passed_and_survives_a_restart(tmp_path: Path) -> None:
    limits = {"max_calls": 2}
    async with critic_at(tmp_path, said(GOOD), **limits) as (critic, fake):
        got = await asyncio.gather(*(remark(critic, f"candidate {n}") for n in range(6)))
        assert sum(isinstance(each, Remarked) for each in got) == 2
        assert len(fake.requests) == 2
    async with critic_at(tmp_path, said(GOOD), **limits) as (critic, fake):
        assert critic.spent.calls == 2
        refused = await remark(critic, "one more")
        assert isinstance(refused, Masked)
        assert "budget" in refused.reason
        assert fake.requests == []


async def test_money_is_never_passed_whatever_the_endpoint_charges(tmp_path: Path) -> None:
    """Each call may cost its bytes and its answer at most; calls under way wait for one another."""
    charged = said(GOOD, read=1_000, written=100)  # (1000 * 5 + 100 * 25) / 1e6 = 0.0075
    changes = {"max_money": 0.10, "prices": PRICE, "concurrency": 4}
    async with critic_at(tmp_path, charged, **changes) as (critic, fake):
        await asyncio.gather(*(remark(critic, f"candidate {n}") for n in range(30)))
        assert critic.spent.money is not None
        assert critic.spent.money <= 0.10
        assert critic.spent.money > 0.05
        assert len(fake.requests) < 14


async def test_concurrency_is_limited(tmp_path: Path) -> None:
    """Six answers that take a while each, two at a time: three times that while at least."""
    pause_s = 0.2
    slow = Answer(said(GOOD).pieces, 200, {"content-type": "application/json"}, delay_s=pause_s)
    async with critic_at(tmp_path, slow, concurrency=2) as (critic, _):
        began = time.monotonic()
        got = await asyncio.gather(*(remark(critic, f"candidate {n}") for n in range(6)))
        assert all(isinstance(each, Remarked) for each in got)
        assert time.monotonic() - began >= 3 * pause_s


async def test_everything_sent_is_in_the_log_byte_for_byte_without_the_key(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(CHATTY), said(GOOD)) as (critic, fake):
        await remark(critic)
        url = fake.url
        bodies = fake.bodies()
    log = tmp_path / SENT
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [json.loads(row["body"]) for row in rows] == bodies
    assert [row["bytes"] for row in rows] == [len(row["body"].encode()) for row in rows]
    assert {row["to"] for row in rows} == {f"{url}/chat/completions"}
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for file in (log, tmp_path / SPENDING, *(tmp_path / "cache").rglob("*.json")):
        assert KEY not in file.read_text(encoding="utf-8")
    assert KEY not in repr(critic.voices[0].__dict__)


async def test_nothing_leaves_if_it_can_not_be_logged(tmp_path: Path) -> None:
    (tmp_path / SENT).mkdir()
    async with critic_at(tmp_path, said(GOOD)) as (critic, fake):
        got = await remark(critic)
        assert isinstance(got, Masked)
        assert "logged" in got.reason
        assert fake.requests == []


async def test_private_text_is_not_sent_and_names_come_back(tmp_path: Path) -> None:
    above = (
        "-- see /home/mustermann/secret/notes.txt or write to erika@example.org\n"
        "theorem confidential_bound (n : Nat) : n ≤ n := Nat.le_refl n\n"
    )
    problem = problem_of(state_of("n : Nat\n⊢ n ≤ n", above=above))
    answer = GOOD.replace("which is linear", "or `user_lemma_1`, which is linear")
    redact = ["paths", "people", "emails", "keys", "identifiers", "comments"]
    async with critic_at(tmp_path, said(answer), redact=redact) as (critic, fake):
        graded = graded_of("exact confidential_bound n", f"bad key {KEY} in /home/x/y.lean:3:4")
        got = await critic.remark_on(problem, graded)
        sent = json.dumps(fake.bodies(), ensure_ascii=False)
    for private in ("mustermann", "erika", KEY, "/home/x", "confidential_bound", "see <"):
        assert private not in sent
    assert "user_lemma_1" in sent
    assert isinstance(got, Remarked)
    assert "`confidential_bound`" in got.feedback.text


async def test_undecided_attempts_are_never_sent(tmp_path: Path) -> None:
    async with critic_at(tmp_path, said(GOOD)) as (critic, fake):
        got = await critic.remark_on(problem_of(), graded_of("omega", outcome="undecided"))
        assert isinstance(got, Masked)
        assert fake.requests == []


async def test_a_fallback_speaks_where_the_model_gives_nothing(tmp_path: Path) -> None:
    async with critic_at(tmp_path, _HTML, fallback="rules") as (critic, _):
        got = await remark(critic, "omega", "`simp` made no progress")
        assert isinstance(got, Remarked)
        assert got.feedback.source.startswith("rules")
        assert got.cost.calls == 1


async def test_cancelling_leaves_no_reservation_open(tmp_path: Path) -> None:
    async with critic_at(tmp_path, Answer(delay_s=30), max_calls=3) as (critic, fake):
        ask = asyncio.create_task(remark(critic))
        while not fake.requests:
            await asyncio.sleep(0.01)
        ask.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ask
        assert critic.spent.calls == 1
