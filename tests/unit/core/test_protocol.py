"""What goes over the wire comes back."""

import typing

import pytest
from fd_core import protocol
from fd_core.protocol import Adapters, Wire, WireAdapter

KINDS = [kind for name in protocol.__all__ if isinstance(kind := getattr(protocol, name), type)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, Wire)])
def test_what_may_be_none_may_be_absent(kind: type[Wire]) -> None:
    """`to_wire` leaves out what is none, so no reader may ask for it."""
    for name, field in kind.model_fields.items():
        may_be_none = type(None) in typing.get_args(field.annotation)
        assert not (may_be_none and field.is_required()), name


def test_an_adapter_without_a_parent_is_read_again() -> None:
    sent = Adapters(adapters=[WireAdapter(id="a", base_model="b", created_at=1.0, status="x")])
    assert Adapters.model_validate(sent.to_wire()) == sent
