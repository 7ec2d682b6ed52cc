import json
from dataclasses import asdict

import pytest
from fd_core.errors import StoreError
from fd_core.events import Event, Rejected, SuggestionResolved
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.store.codec import EVENT_VERSION, to_event, to_row
from hypothesis import given
from support.records import EVENTS, OFFERED, offered


@given(EVENTS)
def test_every_event_comes_back_equal_and_of_the_same_types(event: Event) -> None:
    row = to_row(event)
    back = to_event(row.kind, row.version, row.payload)
    assert back == event
    assert type(back) is type(event)
    assert {k: type(v) for k, v in asdict(back).items()} == {
        k: type(v) for k, v in asdict(event).items()
    }


@given(EVENTS)
def test_payload_is_strict_json_in_utf8(event: Event) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)  # NaN and Infinity are no JSON

    json.loads(to_row(event).payload.encode("utf-8"), parse_constant=refuse)


def test_decisions_carry_their_kind() -> None:
    row = to_row(SuggestionResolved("s", 1.0, Rejected("ugly")))
    assert json.loads(row.payload)["decision"] == {"kind": "Rejected", "reason": "ugly"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rank": "first"}, "SuggestionOffered.rank: expected int, got str"),
        ({"rank": True}, "SuggestionOffered.rank: expected int, got bool"),
        ({"goals": ["a", 5]}, "SuggestionOffered.goals[1]: expected str, got int"),
        ({"surface": "hologram"}, "SuggestionOffered.surface: 'hologram' is none of inline"),
        ({"logprob": "high"}, "SuggestionOffered.logprob"),
        ({"at": None}, "SuggestionOffered.at: expected float"),
        ({"colour": "red"}, "SuggestionOffered: unknown field 'colour'"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], named: str) -> None:
    payload = json.dumps({**to_plain(OFFERED), **change})
    with pytest.raises(StoreError) as caught:
        to_event("SuggestionOffered", EVENT_VERSION, payload)
    assert named in str(caught.value)


def test_a_missing_field_is_named() -> None:
    plain = to_plain(OFFERED)
    del plain["candidate"]
    with pytest.raises(StoreError, match="SuggestionOffered: field 'candidate' is missing"):
        to_event("SuggestionOffered", EVENT_VERSION, json.dumps(plain))


def test_an_unknown_decision_is_named() -> None:
    with pytest.raises(
        PlainDataError, match=r"SuggestionResolved\.decision\.kind: 'Maybe' is none"
    ):
        from_plain(
            SuggestionResolved, {"suggestion_id": "s", "at": 1, "decision": {"kind": "Maybe"}}
        )


def test_a_field_with_a_default_may_be_absent() -> None:
    plain = {"suggestion_id": "s", "at": 1, "decision": {"kind": "Rejected"}}
    assert from_plain(SuggestionResolved, plain) == SuggestionResolved("s", 1.0, Rejected(""))


def test_wrong_values_are_refused_before_they_are_written() -> None:
    with pytest.raises(StoreError, match=r"SuggestionOffered\.line: expected int, got float"):
        to_row(offered(line=1.5))
    with pytest.raises(StoreError, match="str is not an event"):
        to_row("hello")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="at is nan"):
        to_row(offered(at=float("nan")))


def test_newer_payloads_are_refused_with_the_fix() -> None:
    row = to_row(OFFERED)
    with pytest.raises(StoreError, match="Upgrade fd-prover"):
        to_event(row.kind, EVENT_VERSION + 1, row.payload)
    with pytest.raises(StoreError, match="SuggestionDreamt"):
        to_event("SuggestionDreamt", EVENT_VERSION, row.payload)
    with pytest.raises(StoreError, match="not JSON"):
        to_event(row.kind, EVENT_VERSION, "{half")
