# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""RpcSession under anything: no input raises, one frame is one event, two sessions understand each other."""

import json
from random import Random
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from csms.ocpp.codec import ACTIONS, Protocol, Validation, decode_request, decode_response, encode_checked, response_of
from csms.ocpp.errors import ERROR_CODES
from csms.ocpp.rpc import (
    CallReceived,
    ErrorReceived,
    Event,
    Limits,
    Malformed,
    OutboundCall,
    ResultReceived,
    RpcSession,
    UnexpectedReply,
)
from tests.ocpp.samples import make, official

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
NEARLY_FRAMES = st.tuples(
    st.sampled_from([2, 3, 4, 5, 6, 7, "2"]),
    st.sampled_from(["1", "x" * 36, "x" * 37, 5, None, "\0"]),
    JSON,
    JSON,
    JSON,
).flatmap(lambda parts: st.integers(0, 5).map(lambda count: json.dumps(parts[:count])))
CUT_FRAMES = st.tuples(NEARLY_FRAMES, st.integers(0, 80)).map(lambda pair: pair[0][: pair[1]])
INPUTS = st.one_of(
    st.text(),
    st.binary(),
    st.text(alphabet=st.characters(exclude_categories=())),
    JSON.map(json.dumps),
    NEARLY_FRAMES,
    CUT_FRAMES,
    CUT_FRAMES.map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@settings(max_examples=500)
@given(st.sampled_from(Protocol), st.lists(INPUTS, min_size=1, max_size=4))
def test_no_input_raises(protocol: Protocol, frames: list[str | bytes]) -> None:
    """Any text or bytes are one event; what goes out is valid, in this version's words, and storable."""
    session = RpcSession(protocol)
    session.call("Reset", b'{"type":"Hard"}', "1", 0.0)
    session.data_to_send()
    for frame in frames:
        event = session.receive(frame, 1.0)
        assert isinstance(event, get_args(Event))
        written = session.data_to_send()
        assert len(written) == (1 if isinstance(event, Malformed) and event.answered else 0)
        for answer in written:
            kind, message_id, code, description, details = json.loads(answer)
            assert (kind, details) == (4, {})
            assert code in ERROR_CODES[protocol]
            assert 0 < len(description) <= 255
            assert len(message_id) <= 36
        if isinstance(event, Malformed):
            assert event.code in ERROR_CODES[protocol]


@given(st.sampled_from([(p, a) for p in Protocol for a in ACTIONS[p].values() if a.response]), st.integers())
def test_both_roles_against_each_other(which: tuple[Protocol, object], seed: int) -> None:
    """A made-up request of any action goes over, is read, answered and the answer read, byte for byte."""
    protocol, action = which
    name = action.name  # type: ignore[attr-defined]
    random = Random(seed)
    request = json.dumps(make(official(protocol, name, "request"), random)).encode()
    response = json.dumps(make(official(protocol, name, "response"), random)).encode()
    charger, csms = RpcSession(protocol), RpcSession(protocol)
    asker, answerer = (charger, csms) if action.from_charger else (csms, charger)  # type: ignore[attr-defined]
    call = asker.call(name, request, "1", 0.0)
    (frame,) = asker.data_to_send()
    received = answerer.receive(frame, 0.0)
    assert isinstance(received, CallReceived)
    message, findings = decode_request(
        protocol,
        received.action,
        received.payload,
        from_csms=not action.from_charger,  # type: ignore[attr-defined]
    )
    assert findings == ()
    assert json.loads(encode_checked(message)) == json.loads(request)
    answerer.answer(received.message_id, response)
    (frame,) = answerer.data_to_send()
    event = asker.receive(frame.decode(), 1.0)
    assert event == ResultReceived(call, response)
    answer, findings = decode_response(protocol, name, response, Validation.ADVISORY)
    assert (type(answer), findings) == (response_of(protocol, name), ())


class Conversation(RuleBasedStateMachine):
    """Two sessions on a wire that keeps order, with calls, answers, refusals and timeouts in any sequence."""

    def __init__(self) -> None:
        super().__init__()
        limits = Limits(max_queued_calls=3, call_timeout_s=10.0, remembered_ids=100_000)
        self.now = 0.0
        self.ends = (RpcSession(Protocol.V21, limits), RpcSession(Protocol.V21, limits))
        self.wires: tuple[list[bytes], list[bytes]] = ([], [])  # what end 0 and end 1 wrote and the other did not read
        self.asked: tuple[list[str], list[str]] = ([], [])  # calls that each end has to answer
        self.over: dict[str, int] = {}
        self.made: tuple[list[OutboundCall], list[OutboundCall]] = ([], [])
        self.count = 0

    @rule(end=st.integers(0, 1))
    def call(self, end: int) -> None:
        """An end makes a call if its queue has room."""
        if self.ends[end].queued < 3:
            self.count += 1
            self.made[end].append(self.ends[end].call("X", b"{}", str(self.count), self.now))

    @rule(end=st.integers(0, 1))
    def read(self, end: int) -> None:
        """An end reads one frame."""
        if not self.wires[1 - end]:
            return
        event = self.ends[end].receive(self.wires[1 - end].pop(0), self.now)
        if isinstance(event, CallReceived):
            assert not event.duplicate
            self.asked[end].append(event.message_id)
        elif isinstance(event, ResultReceived | ErrorReceived):
            assert event.call in self.made[end]
            self.over[event.call.message_id] = self.over.get(event.call.message_id, 0) + 1
        else:
            assert isinstance(event, UnexpectedReply)
            assert event.kind == "late"

    @rule(end=st.integers(0, 1), refuse=st.booleans(), index=st.integers(0, 9))
    def reply(self, end: int, *, refuse: bool, index: int) -> None:
        """An end answers one of the calls it was asked."""
        if self.asked[end]:
            message_id = self.asked[end].pop(index % len(self.asked[end]))
            if refuse:
                self.ends[end].refuse(message_id, "InternalError")
            else:
                self.ends[end].answer(message_id, b"{}")

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        """Time passes, calls expire."""
        self.now += seconds
        for end in self.ends:
            for call in end.expire(self.now):
                self.over[call.message_id] = self.over.get(call.message_id, 0) + 1

    @invariant()
    def one_outcome_each_in_order(self) -> None:
        """No call ends twice; calls go out in the order in which they were made, one at a time."""
        for end, session in enumerate(self.ends):
            self.wires[end].extend(session.data_to_send())
            sent = [call for call in self.made[end] if call.sent_at is not None]
            assert sent == self.made[end][: len(sent)]
            assert all(call.message_id in self.over for call in sent if call is not session.outstanding)
            assert session.outstanding is None or session.outstanding.message_id not in self.over
        assert all(times == 1 for times in self.over.values())


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, stateful_step_count=60)
