# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""RpcSession: every rule of OCPP-J about frames, per version, to the byte."""

from typing import Any

import pytest

from csms.ocpp.errors import LocalProtocolError, Protocol
from csms.ocpp.rpc import (
    CallReceived,
    ErrorReceived,
    Ignored,
    Limits,
    Malformed,
    OutboundCall,
    ResultErrorReceived,
    ResultReceived,
    RpcSession,
    SendReceived,
    UnexpectedReply,
)

V16, V201, V21 = Protocol.V16, Protocol.V201, Protocol.V21
ID36 = "i" * 36
NO_CALL = "a CALL has an id, an action and a payload"
NO_ID = "the message id is no text of at most 36 characters"
NO_STORE = "a text holds NUL or half of a surrogate pair"


@pytest.fixture(params=Protocol)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """Each version."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def session(protocol: Protocol) -> RpcSession:
    """A fresh session of each version."""
    return RpcSession(protocol)


def form(protocol: Protocol) -> str:
    """Bad form, in a version's spelling."""
    return "FormationViolation" if protocol is V16 else "FormatViolation"


def framework(protocol: Protocol) -> str:
    """No valid RPC message: 2.x has a code for it."""
    return "FormationViolation" if protocol is V16 else "RpcFrameworkError"


# --- calls from the peer


@pytest.mark.parametrize("frame", ['[2,"1","Heartbeat",{}]', b'[2,"1","Heartbeat",{}]', ' [ 2 , "1" , "Heartbeat" , {} ] ',
                                   b'\n[2, "1", "Heartbeat",\t{}]', '[2,"\\u0031","Heart\\u0062eat",{}]'])  # fmt: skip
def test_a_call_is_taken_apart(session: RpcSession, frame: str | bytes) -> None:
    """A CALL is one event with its parts, however it is spaced and escaped."""
    assert session.receive(frame, 0.0) == CallReceived("1", "Heartbeat", b"{}", False)
    assert session.data_to_send() == []


def test_the_payload_is_handed_on_as_it_came(session: RpcSession) -> None:
    """Nothing inside the payload is touched, not even blanks; what it means is the codec's."""
    event = session.receive('[2,"1","X",{ "a" : [1, "é\\\\u0000"] }]', 0.0)
    assert event == CallReceived("1", "X", '{ "a" : [1, "é\\\\u0000"] }'.encode(), False)
    assert session.receive('[2,"2","X",null]', 0.0) == CallReceived("2", "X", b"null", False)
    assert session.receive('[2, "3","X",[]]', 0.0) == CallReceived("3", "X", b"[]", False)


def test_answers_are_exact(session: RpcSession) -> None:
    """CALLRESULT and CALLERROR are compact and in the order in which they were given."""
    for message_id in ("a", 'b"é', ID36):
        assert isinstance(session.receive(f'[2,"{message_id}","X",{{}}]'.replace('b"é', 'b\\"é'), 0.0), CallReceived)
    session.answer(ID36, b'{"status":"Accepted"}')
    session.refuse('b"é', "InternalError", 'no "luck"', b'{"a":1}')
    session.refuse("a", "NotSupported")
    assert session.data_to_send() == [
        f'[3,"{ID36}",{{"status":"Accepted"}}]'.encode(),
        '[4,"b\\"é","InternalError","no \\"luck\\"",{"a":1}]'.encode(),
        b'[4,"a","NotSupported","",{}]',
    ]
    assert session.data_to_send() == []


def test_a_call_is_answered_once(session: RpcSession) -> None:
    """A second answer, or one to a call that never came, is our bug and sends nothing."""
    session.receive('[2,"1","X",{}]', 0.0)
    session.answer("1", b"{}")
    for wrong in ("1", "2"):
        with pytest.raises(LocalProtocolError, match=f"^no call {wrong} waits for an answer$"):
            session.answer(wrong, b"{}")
        with pytest.raises(LocalProtocolError, match=f"^no call {wrong} waits for an answer$"):
            session.refuse(wrong, "InternalError")
    assert session.data_to_send() == [b'[3,"1",{}]']


def test_pipelined_calls_with_one_id(session: RpcSession) -> None:
    """Chargers pipeline, and repeat ids: each CALL is answered once, the repeated ones are marked."""
    assert session.receive('[2,"1","A",{}]', 0.0) == CallReceived("1", "A", b"{}", False)
    assert session.receive('[2,"1","B",{}]', 0.0) == CallReceived("1", "B", b"{}", True)
    assert session.receive('[2,"1","C",{}]', 0.0) == CallReceived("1", "C", b"{}", True)
    session.answer("1", b"{}")
    session.answer("1", b"{}")
    session.refuse("1", "GenericError")
    with pytest.raises(LocalProtocolError):
        session.answer("1", b"{}")
    assert session.data_to_send() == [b'[3,"1",{}]', b'[3,"1",{}]', b'[4,"1","GenericError","",{}]']
    assert session.receive('[2,"1","D",{}]', 0.0) == CallReceived("1", "D", b"{}", True)


def test_only_so_many_ids_are_remembered(protocol: Protocol) -> None:
    """The oldest id is forgotten first, and a repeated one counts as new."""
    session = RpcSession(protocol, Limits(remembered_ids=2))

    def duplicate(message_id: str) -> bool:
        event = session.receive(f'[2,"{message_id}","X",{{}}]', 0.0)
        assert isinstance(event, CallReceived)
        return event.duplicate

    assert [duplicate(message_id) for message_id in ("a", "b", "a", "c", "a", "b")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
    session.answer("b", b"{}")
    session.answer("c", b"{}")


def test_answer_to_a_call_whose_id_is_forgotten(protocol: Protocol) -> None:
    """A slow answer goes out although many calls came since."""
    session = RpcSession(protocol, Limits(remembered_ids=1))
    session.receive('[2,"a","X",{}]', 0.0)
    session.receive('[2,"b","X",{}]', 0.0)
    session.answer("a", b"{}")
    assert session.data_to_send() == [b'[3,"a",{}]']


@pytest.mark.parametrize("bad", [b"", b"[]", b"null", b"1", b'"{}"', b" {}"])
def test_answers_are_objects(session: RpcSession, bad: bytes) -> None:
    """errorDetails is always an object, and so is every payload; a mistake leaves the CALL open."""
    session.receive('[2,"1","X",{}]', 0.0)
    for attempt in (
        lambda: session.answer("1", bad),
        lambda: session.refuse("1", "InternalError", "", bad),
        lambda: session.call("X", bad, "9", 0.0),
    ):
        with pytest.raises(LocalProtocolError, match=r"^payloads and errorDetails are objects$"):
            attempt()
    assert session.data_to_send() == []
    session.answer("1", b"{}")
    assert session.data_to_send() == [b'[3,"1",{}]']


def test_descriptions_are_cut(session: RpcSession) -> None:
    """errorDescription is at most 255 characters, and holds nothing that cannot be stored."""
    for message_id, text, expected in (
        ("1", "é" * 255, "é" * 255),
        ("2", "é" * 256, "é" * 254 + "…"),
        ("3", "a\0b\ud800", "a�b?"),
    ):
        session.receive(f'[2,"{message_id}","X",{{}}]', 0.0)
        session.refuse(message_id, "InternalError", text)
        assert session.data_to_send() == [f'[4,"{message_id}","InternalError","{expected}",{{}}]'.encode()]


@pytest.mark.parametrize(
    ("code", "spelt16", "spelt2"),
    [
        ("FormatViolation", "FormationViolation", "FormatViolation"),
        ("FormationViolation", "FormationViolation", "FormatViolation"),
        ("OccurrenceConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("OccurenceConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("RpcFrameworkError", "FormationViolation", "RpcFrameworkError"),
        ("MessageTypeNotSupported", "NotSupported", "MessageTypeNotSupported"),
        ("SecurityError", "SecurityError", "SecurityError"),
        ("TypeConstraintViolation", "TypeConstraintViolation", "TypeConstraintViolation"),
        ("PropertyConstraintViolation", "PropertyConstraintViolation", "PropertyConstraintViolation"),
        ("NotImplemented", "NotImplemented", "NotImplemented"),
        ("ProtocolError", "ProtocolError", "ProtocolError"),
    ],
)
def test_error_codes_in_each_spelling(session: RpcSession, code: str, spelt16: str, spelt2: str) -> None:
    """1.6 keeps its misspellings (errata 5.1, 5.2); whoever refuses need not know."""
    session.receive('[2,"1","X",{}]', 0.0)
    session.refuse("1", code)
    spelt = spelt16 if session.protocol is V16 else spelt2
    assert session.data_to_send() == [f'[4,"1","{spelt}","",{{}}]'.encode()]


def test_an_unknown_error_code_is_our_bug(session: RpcSession) -> None:
    """No version knows the code: nothing goes out and the CALL stays open."""
    session.receive('[2,"1","X",{}]', 0.0)
    with pytest.raises(LocalProtocolError, match=f"^'Oops' is no error code of {session.protocol}$"):
        session.refuse("1", "Oops")
    session.answer("1", b"{}")


# --- frames that are no valid message


def malformed(session: RpcSession, frame: str | bytes, code: str, reason: str, message_id: str | None) -> None:
    """Expects one Malformed event and the CALLERROR that this version wants about it."""
    answered = message_id is not None or session.protocol is not V16
    assert session.receive(frame, 0.0) == Malformed(code, reason, message_id, answered)
    target = "-1" if message_id is None else message_id
    expected = [f'[4,"{target}","{code}","{reason}",{{}}]'.encode()] if answered else []
    assert session.data_to_send() == expected


@pytest.mark.parametrize(
    "frame", ['[2,"7"]', '[2,"7","X"]', '[2,"7","X",{},1]', '[2,"7",5,{}]', '[ 2,"7",null,{}]', '[2,"7",{}]']
)
def test_wrong_number_or_kind_of_elements(session: RpcSession, frame: str) -> None:
    """A CALL with a readable id is refused by that id."""
    malformed(session, frame, framework(session.protocol), NO_CALL, "7")


@pytest.mark.parametrize(
    "frame", ["[2]", '[2,7,"X",{}]', '[2,null,"X",{}]', f'[2,"{ID36}i","X",{{}}]', f'[ 2,"{ID36}i","X",{{}}]']
)
def test_unreadable_id(session: RpcSession, frame: str) -> None:
    """2.x answers with the id "-1" (Part 4 §4.2.3); 1.6 has no such answer."""
    malformed(session, frame, framework(session.protocol), NO_ID, None)


def test_the_longest_id(session: RpcSession) -> None:
    """36 characters are allowed, counted as characters."""
    for message_id in (ID36, "é" * 36, "\\u00e9" * 36):
        event = session.receive(f'[2,"{message_id}","X",{{}}]', 0.0)
        assert isinstance(event, CallReceived)
        assert len(event.message_id) == 36
    malformed(session, '[2,"' + "é" * 37 + '","X",{}]', framework(session.protocol), NO_ID, None)


@pytest.mark.parametrize("frame", ["[]", '["2","7","X",{}]', '[2.0,"7","X",{}]', '[null,"7"]', '[-2,"7","X",{}]', '[[2],"7","X",{}]',
                                   '[1234567890,"7"]', '["CALL"]'])  # fmt: skip
def test_unreadable_type(session: RpcSession, frame: str) -> None:
    """Without a readable type the id still says whom to tell, if there is one."""
    message_id = "7" if '"7"' in frame else None
    malformed(session, frame, framework(session.protocol), "the message type is not readable", message_id)


@pytest.mark.parametrize("frame", ["x", "{}", "7", '"text"', "null", "[2", "[", '[2,7,"X",', "[2,\"7", '{"a":1}', "[2,NaN]", "\ufeff[]",
                                   '[2,"7\x00","X",{}]'])  # fmt: skip
def test_no_json_array(session: RpcSession, frame: str) -> None:
    """Whatever is no JSON array and has no readable id."""
    malformed(session, frame, framework(session.protocol), "not a JSON array", None)


@pytest.mark.parametrize("frame", ['[2,"7","X",', '[2,"7","X",{]', '[2, "7" ,"X" ,{"a":NaN}]', '[2,"7","X",{"a":01}]',
                                   '[2,"7","X",{"a":"\x01"}]', '[2,"7","X",{}]]', '[2,"7","X",{"a":Infinity}]'])  # fmt: skip
def test_a_payload_with_bad_syntax(session: RpcSession, frame: str) -> None:
    """Id and action can be read, the payload is no JSON: a violation of form, not of the framework."""
    malformed(session, frame, form(session.protocol), "not a JSON array", "7")


@pytest.mark.parametrize("frame", ['[2,"7"', '[2,"7",', '[2,"7","X', '[2,"7",X,{}]'])
def test_bad_syntax_before_the_action(session: RpcSession, frame: str) -> None:
    """Only the id can be read."""
    malformed(session, frame, framework(session.protocol), "not a JSON array", "7")


@pytest.mark.parametrize("frame", ["", b"", " ", "\n\t "])
def test_an_empty_frame_is_ignored(session: RpcSession, frame: str | bytes) -> None:
    """Nothing was said, nothing is answered."""
    assert session.receive(frame, 0.0) == Ignored("an empty frame")
    assert session.data_to_send() == []


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff", "\\uD83Dx", "\\udc00\\ud800", "\\\\\\u0000"])
@pytest.mark.parametrize("blank", ["", " "])
def test_nul_and_lone_surrogates(session: RpcSession, escape: str, blank: str) -> None:
    """No text that PostgreSQL cannot store gets past, in the payload, the action or the id."""
    # Behind the blank it is the parser that refuses half of a pair.
    reason = "not a JSON array" if blank and "d" in escape.lower() else NO_STORE
    malformed(session, f'[2,{blank}"7","X",{{"a":"{escape}"}}]', form(session.protocol), NO_STORE, "7")
    event = session.receive(f'[{blank}2,"7","X{escape}",{{}}]', 0.0)
    assert event == Malformed(form(session.protocol), reason, "7", True)
    session.data_to_send()
    event = session.receive(f'[{blank}2,"7{escape}","X",{{}}]', 0.0)
    assert isinstance(event, Malformed)
    assert event.message_id is None
    assert event.code == framework(session.protocol)


def test_raw_surrogates_and_bad_utf8(session: RpcSession) -> None:
    """Text that is no UTF-8 is a violation of form, whether it comes as bytes or as a text."""
    malformed(session, '[2,"7","X",{"a":"\ud800"}]', form(session.protocol), "not UTF-8", "7")
    malformed(session, b'[2,"7","X",{"a":"\xff"}]', form(session.protocol), "not UTF-8", "7")
    malformed(session, b"\xff\xfe", framework(session.protocol), "not UTF-8", None)
    assert isinstance(session.receive('[2,"7","X",{"a":"é"}]'.encode(), 0.0), CallReceived)


def nested(depth: int, brackets: str = "[]") -> str:
    """A CALL whose frame nests so deep altogether."""
    opening = {"[]": "[", "{}": '{"a":'}[brackets]
    inner = depth - 2
    return '[2,"7","X",{"a":' + opening * inner + ("1" if brackets == "{}" else "") + brackets[1] * inner + "}]"


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting(session: RpcSession, brackets: str) -> None:
    """64 levels are allowed, 65 are not, 100,000 harm nobody."""
    assert isinstance(session.receive(nested(64, brackets), 0.0), CallReceived)
    for depth in (65, 66, 1_000, 100_000):
        malformed(session, nested(depth, brackets), form(session.protocol), "nested deeper than 64", "7")
    malformed(session, "[" * 100_000, framework(session.protocol), "nested deeper than 64", None)


def test_wide_is_not_deep(session: RpcSession) -> None:
    """Many brackets side by side, or inside texts, are no nesting."""
    wide = '[2,"7","X",{"a":[' + ",".join(['{"b":[[],{}]}'] * 500) + "]}]"
    assert isinstance(session.receive(wide, 0.0), CallReceived)
    text = '[2,"7","X",{"a":"' + "[{" * 500 + '\\"' + "[" * 500 + '"}]'
    assert isinstance(session.receive(text, 0.0), CallReceived)
    hidden = '[2,"7","X",{"a":' + '["]",' * 100 + "1" + "]" * 100 + "}]"
    malformed(session, hidden, form(session.protocol), "nested deeper than 64", "7")


def test_the_depth_limit_is_a_limit(protocol: Protocol) -> None:
    """Another limit counts when it is given."""
    session = RpcSession(protocol, Limits(max_depth=3))
    assert isinstance(session.receive('[2,"7","X",{"a":[]}]', 0.0), CallReceived)
    malformed(session, '[2,"7","X",{"a":[[]],"b":[[]],"c":[]}]', form(protocol), "nested deeper than 3", "7")


def test_huge_numbers_travel_as_text(session: RpcSession) -> None:
    """A number of 5,000 digits is handed on untouched; the codec refuses it."""
    digits = "1" * 5000
    event = session.receive(f'[2,"7","X",{{"a":{digits}}}]', 0.0)
    assert event == CallReceived("7", "X", f'{{"a":{digits}}}'.encode(), False)
    malformed(session, f'[{digits},"7","X",{{}}]', framework(session.protocol), "the message type is not readable", "7")


# --- message types


@pytest.mark.parametrize("number", [0, 1, 7, 22, 999_999_999])
def test_unknown_message_types(session: RpcSession, number: int) -> None:
    """1.6 §4.1.3 and 2.1 §4.4 ignore them, 2.0.1 §4.4 answers MessageTypeNotSupported."""
    reason = f"message type {number} is not known"
    if session.protocol is V201:
        malformed(session, f'[{number},"7","X",{{}}]', "MessageTypeNotSupported", reason, "7")
        malformed(session, f"[{number}]", "MessageTypeNotSupported", reason, None)
    else:
        assert session.receive(f'[{number},"7","X",{{}}]', 0.0) == Ignored(reason)
        assert session.receive(f"[{number}]", 0.0) == Ignored(reason)
        assert session.data_to_send() == []


@pytest.mark.parametrize("frame", ['[5,"7","InternalError","",{}]', '[6,"7","NotifyPeriodicEventStream",{}]'])
def test_types_5_and_6_are_unknown_before_2_1(frame: str) -> None:
    """CALLRESULTERROR and SEND came with 2.1."""
    reason = f"message type {frame[1]} is not known"
    assert RpcSession(V16).receive(frame, 0.0) == Ignored(reason)
    malformed(RpcSession(V201), frame, "MessageTypeNotSupported", reason, "7")


def test_send_is_received_and_never_answered() -> None:
    """A SEND is an event; a broken one is reported and nothing goes out (2.1 Part 4 §4.2.4)."""
    session = RpcSession(V21)
    assert session.receive('[6,"7","N",{"a":1}]', 0.0) == SendReceived("7", "N", b'{"a":1}')
    reason = "a SEND has an id, an action and a payload"
    for frame, message_id in (
        ('[6,"7","N"]', "7"), ('[6,"7","N",{},1]', "7"), ('[6,7,"N",{}]', None), ('[6,"7",1,{}]', "7"), ("[6]", None),
        (f'[6,"{ID36}i","N",{{}}]', None), ('[6,"7","N",{"a":"\\u0000"}]', "7"),
    ):  # fmt: skip
        assert session.receive(frame, 0.0) == Malformed("RpcFrameworkError", reason, message_id, False)
    assert session.receive('[6,"7","N",{', 0.0) == Malformed("RpcFrameworkError", "not a JSON array", None, False)
    assert session.receive('[5,"7","N",{', 0.0) == Malformed("RpcFrameworkError", "not a JSON array", None, False)
    assert session.data_to_send() == []
    with pytest.raises(LocalProtocolError):
        session.answer("7", b"{}")


def test_sending_a_send() -> None:
    """A SEND goes out at once, also while a CALL is outstanding; only 2.1 has it."""
    session = RpcSession(V21)
    session.call("A", b"{}", "1", 0.0)
    session.send("N", b'{"a":1}', "2")
    assert session.data_to_send() == [b'[2,"1","A",{}]', b'[6,"2","N",{"a":1}]']
    assert session.queued == 0
    for bad_id in ("", ID36 + "i"):
        with pytest.raises(LocalProtocolError, match=f"^a message id of {len(bad_id)} characters$"):
            session.send("N", b"{}", bad_id)
    for protocol in (V16, V201):
        with pytest.raises(LocalProtocolError, match=f"^{protocol} has no SEND$"):
            RpcSession(protocol).send("N", b"{}", "2")


def test_call_result_error_is_received() -> None:
    """A CALLRESULTERROR counts only for a CALLRESULT that we sent."""
    session = RpcSession(V21)
    error = '[5,"7","FormatViolation","bad",{}]'
    assert session.receive(error, 0.0) == UnexpectedReply("7", "unknown")
    session.receive('[2,"7","X",{}]', 0.0)
    assert session.receive(error, 0.0) == UnexpectedReply("7", "unknown")
    session.answer("7", b"{}")
    assert session.receive(error, 0.0) == ResultErrorReceived("7", "FormatViolation", "bad")
    assert session.receive('[5,"7","FormatViolation",null,{}]', 0.0) == ResultErrorReceived("7", "FormatViolation", "")
    session.receive('[2,"8","X",{}]', 0.0)
    session.refuse("8", "InternalError")
    assert session.receive(error.replace("7", "8"), 0.0) == UnexpectedReply("8", "unknown")
    session.data_to_send()
    reason = "a CALLRESULTERROR has an id, a code, a description and details"
    for frame, message_id in (
        ('[5,"7","X",""]', "7"), ('[5,"7",1,"",{}]', "7"), ('[5,7,"X","",{}]', None), ('[5,"7","X","",{},1]', "7"),
    ):  # fmt: skip
        assert session.receive(frame, 0.0) == Malformed("RpcFrameworkError", reason, message_id, False)
    assert session.data_to_send() == []


def test_rejecting_a_result() -> None:
    """A CALLRESULTERROR goes out for a result that came, in 2.1 only."""
    session = RpcSession(V21)
    session.call("A", b"{}", "1", 0.0)
    with pytest.raises(LocalProtocolError, match=r"^no result of 1 was received$"):
        session.reject_result("1", "FormatViolation")
    session.receive('[3,"1",{}]', 1.0)
    session.data_to_send()
    with pytest.raises(LocalProtocolError, match="objects"):
        session.reject_result("1", "FormatViolation", "", b"[]")
    with pytest.raises(LocalProtocolError, match="no error code"):
        session.reject_result("1", "Oops")
    session.reject_result("1", "FormationViolation", "x" * 256, b'{"a":1}')
    session.reject_result("1", "InternalError")
    assert session.data_to_send() == [
        f'[5,"1","FormatViolation","{"x" * 254}…",{{"a":1}}]'.encode(),
        b'[5,"1","InternalError","",{}]',
    ]
    for protocol in (V16, V201):
        with pytest.raises(LocalProtocolError, match=f"^{protocol} has no CALLRESULTERROR$"):
            RpcSession(protocol).reject_result("1", "FormatViolation")
    session.call("A", b"{}", "2", 0.0, timeout_s=1.0)
    session.expire(1.0)
    with pytest.raises(LocalProtocolError):
        session.reject_result("2", "FormatViolation")
    session.close()
    session.data_to_send()
    session.reject_result("1", "FormatViolation")
    assert session.data_to_send() == []


# --- our calls


def fields(call: OutboundCall) -> tuple[Any, ...]:
    """A call's values."""
    return (
        call.message_id,
        call.action,
        call.payload,
        call.queued_at,
        call.sent_at,
        call.deadline,
        call.context,
        call.timeout_s,
    )


def test_a_call_and_its_result(session: RpcSession) -> None:
    """A CALL goes out at once with a deadline; its CALLRESULT ends it."""
    assert session.next_timeout() is None
    assert session.outstanding is None
    call = session.call('Re"set', b'{"type":"Hard"}', "é1", 100.0)
    assert fields(call) == ("é1", 'Re"set', b'{"type":"Hard"}', 100.0, 100.0, 130.0, None, 30.0)
    assert session.data_to_send() == ['[2,"é1","Re\\"set",{"type":"Hard"}]'.encode()]
    assert session.outstanding is call
    assert session.queued == 0
    assert session.next_timeout() == 130.0
    assert session.receive('[3,"é1",{"status":"Accepted"}]', 101.0) == ResultReceived(call, b'{"status":"Accepted"}')
    assert session.outstanding is None
    assert session.next_timeout() is None
    assert session.data_to_send() == []


def test_a_result_with_blanks(session: RpcSession) -> None:
    """A CALLRESULT is read however it is spaced, and its payload handed on as it came."""
    for message_id, frame, payload in (
        ("1", '[ 3, "1", {} ]', b"{}"),
        ("2", '[3,"2", null]', b"null"),
        ("3", ' [3,"3",[]]', b"[]"),
    ):
        call = session.call("A", b"{}", message_id, 0.0)
        assert session.receive(frame, 0.0) == ResultReceived(call, payload)


def test_calls_wait_their_turn(session: RpcSession) -> None:
    """One CALL is outstanding; the next goes out when it is answered, with its own timeout counted from then."""
    first = session.call("A", b"{}", "1", 10.0)
    second = session.call("B", b"{}", "2", 11.0, timeout_s=5.0)
    third = session.call("C", b"{}", "3", 12.0)
    assert session.data_to_send() == [b'[2,"1","A",{}]']
    assert (second.sent_at, second.deadline, session.queued) == (None, None, 2)
    assert session.receive('[3,"1",{}]', 20.0) == ResultReceived(first, b"{}")
    assert session.data_to_send() == [b'[2,"2","B",{}]']
    assert (second.queued_at, second.sent_at, second.deadline, session.queued) == (11.0, 20.0, 25.0, 1)
    assert session.next_timeout() == 25.0
    assert session.receive('[4,"2","InternalError","oh",{"a":1}]', 21.0) == ErrorReceived(
        second, "InternalError", "oh", b'{"a":1}'
    )
    assert session.outstanding is third
    assert (third.sent_at, third.deadline, session.queued) == (21.0, 51.0, 0)


@pytest.mark.parametrize(
    ("frame", "code", "description", "details"),
    [
        ('[4,"1","NotSupported","",{}]', "NotSupported", "", b"{}"),
        ('[4,"1","NotSupported","no"]', "NotSupported", "no", b"{}"),
        ('[4,"1","NotSupported"]', "NotSupported", "", b"{}"),
        ('[4,"1","Made Up",null,null]', "Made Up", "", b"{}"),
        ('[4,"1","X",5,"text"]', "X", "", b"{}"),
        ('[4,"1","X","y",[1]]', "X", "y", b"{}"),
        ('[4,"1","a\\u0000b","c\\u0000d",{"e":1}]', "a�b", "c�d", b'{"e":1}'),
        ('[4,"1","X","' + "y" * 300 + '",{}]', "X", "y" * 254 + "…", b"{}"),
    ],
)
def test_call_errors(session: RpcSession, frame: str, code: str, description: str, details: bytes) -> None:
    """A CALLERROR ends the call with the peer's own code; details are always an object, texts can be stored."""
    call = session.call("A", b"{}", "1", 0.0)
    assert session.receive(frame, 0.0) == ErrorReceived(call, code, description, details)
    assert session.outstanding is None


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('[3,"1"]', "a CALLRESULT has an id and a payload"),
        ('[3,"1",{},{}]', "a CALLRESULT has an id and a payload"),
        ('[4,"1"]', "a CALLERROR has an id, a code, a description and details"),
        ('[4,"1",5,"",{}]', "a CALLERROR has an id, a code, a description and details"),
        ('[4,"1","X","",{},1]', "a CALLERROR has an id, a code, a description and details"),
        ('[3,"1",{]', "not a JSON array"),
        ('[4,"1","X', "not a JSON array"),
        ('[3,"1",' + "[" * 65 + "]" * 65 + "]", "nested deeper than 64"),
    ],
)
def test_a_broken_reply_ends_its_call(session: RpcSession, frame: str, reason: str) -> None:
    """No other reply will come, so the call ends as an error at once; a reply is never answered."""
    call = session.call("A", b"{}", "1", 0.0)
    following = session.call("B", b"{}", "2", 0.0)
    session.data_to_send()
    assert session.receive(frame, 5.0) == ErrorReceived(
        call, form(session.protocol), f"the reply is malformed: {reason}", b"{}"
    )
    assert session.outstanding is following
    assert following.deadline == 35.0
    assert session.data_to_send() == [b'[2,"2","B",{}]']
    assert session.receive('[3,"1",{}]', 0.0) == UnexpectedReply("1", "duplicate")


@pytest.mark.parametrize("frame", ['[3,"9"]', '[4,"9"]', '[3,"9",{]'])
def test_a_broken_reply_to_nothing(session: RpcSession, frame: str) -> None:
    """A broken reply that names no outstanding call is reported, not answered, and ends nothing."""
    for _ in range(2):
        event = session.receive(frame, 0.0)
        assert isinstance(event, Malformed)
        assert (event.code, event.message_id, event.answered) == (framework(session.protocol), "9", False)
        session.data_to_send()
        session.call("A", b"{}", "1", 0.0) if session.outstanding is None else None
    assert session.outstanding is not None
    session.data_to_send()
    for unreadable in ("[3]", "[4]", "[3,1,{}]", '[4,null,"X","",{}]', f'[3,"{ID36}i",{{}}]', "[3,", "[4 ,{",
                       '[3,"1\\u0000",{}]', f'[ 3,"{ID36}i",{{}}]'):  # fmt: skip
        event = session.receive(unreadable, 0.0)
        assert isinstance(event, Malformed)
        assert (event.message_id, event.answered) == (None, False)
    assert session.outstanding is not None
    assert session.data_to_send() == []


def test_rare_spellings_keep_every_rule(session: RpcSession) -> None:
    """Blanks before the type change nothing: the longest id is allowed, the next call gets its full time."""
    assert session.receive(f'[ 2,"{ID36}","X",{{}}]', 0.0) == CallReceived(ID36, "X", b"{}", False)
    first = session.call("A", b"{}", ID36, 0.0)
    second = session.call("B", b"{}", "2", 0.0)
    third = session.call("C", b"{}", "3", 0.0)
    assert session.receive(f'[ 3,"{ID36}",{{}}]', 5.0) == ResultReceived(first, b"{}")
    assert (second.sent_at, second.deadline) == (5.0, 35.0)
    event = session.receive(b'[3,"2","\xff"]', 6.0)
    assert event == ErrorReceived(second, form(session.protocol), "the reply is malformed: not UTF-8", b"{}")
    assert (third.sent_at, third.deadline) == (6.0, 36.0)
    reason = "a CALLRESULT has an id and a payload"
    assert session.receive('[3,"9"]', 0.0) == Malformed(framework(session.protocol), reason, "9", False)


def test_unexpected_replies(session: RpcSession) -> None:
    """Unknown, duplicate and late replies are told apart and change nothing."""
    assert session.receive('[3,"1",{}]', 0.0) == UnexpectedReply("1", "unknown")
    assert session.receive('[4,"-1","RpcFrameworkError","",{}]', 0.0) == UnexpectedReply("-1", "unknown")
    session.call("A", b"{}", "1", 0.0)
    queued = session.call("B", b"{}", "2", 0.0)
    assert session.receive('[3,"2",{}]', 0.0) == UnexpectedReply("2", "unknown")
    session.receive('[3,"1",{}]', 0.0)
    assert session.receive('[3,"1",{}]', 0.0) == UnexpectedReply("1", "duplicate")
    assert session.receive('[4,"1","X","",{}]', 0.0) == UnexpectedReply("1", "duplicate")
    assert session.outstanding is queued
    assert session.expire(30.0) == [queued]
    assert session.receive('[4,"2","X","",{}]', 31.0) == UnexpectedReply("2", "late")
    assert session.receive('[3,"2",{}]', 32.0) == UnexpectedReply("2", "duplicate")


def test_a_late_reply_while_the_next_call_waits(session: RpcSession) -> None:
    """A late reply is not taken for the reply to the call that went out since."""
    first = session.call("A", b"{}", "1", 0.0)
    second = session.call("B", b"{}", "2", 0.0)
    assert session.expire(30.0) == [first]
    assert session.receive('[3,"1",{"late":1}]', 31.0) == UnexpectedReply("1", "late")
    assert session.outstanding is second
    assert session.receive('[3,"2",{}]', 32.0) == ResultReceived(second, b"{}")


def test_a_very_late_reply(protocol: Protocol) -> None:
    """Only so many ids of ours are remembered, the newest; then a late reply is unknown and the id free again."""
    session = RpcSession(protocol, Limits(remembered_ids=2))
    for number in range(3):
        session.call("A", b"{}", str(number), 0.0)
        assert len(session.expire(30.0)) == 1
    assert session.receive('[3,"0",{}]', 0.0) == UnexpectedReply("0", "unknown")
    assert session.receive('[3,"1",{}]', 0.0) == UnexpectedReply("1", "late")
    assert session.receive('[3,"2",{}]', 0.0) == UnexpectedReply("2", "late")
    assert session.call("A", b"{}", "0", 0.0).message_id == "0"


def test_128_ids_are_remembered_by_default(session: RpcSession) -> None:
    """Both for our calls and for the peer's."""
    for number in range(128):
        session.call("A", b"{}", str(number), 0.0)
        session.receive(f'[3,"{number}",{{}}]', 0.0)
        session.receive(f'[2,"{number}","X",{{}}]', 0.0)
    assert session.receive('[3,"0",{}]', 0.0) == UnexpectedReply("0", "duplicate")
    assert session.receive('[2,"0","X",{}]', 0.0) == CallReceived("0", "X", b"{}", True)
    session.receive('[2,"new","X",{}]', 0.0)
    assert session.receive('[2,"1","X",{}]', 0.0) == CallReceived("1", "X", b"{}", False)
    session.call("A", b"{}", "new", 0.0)
    session.receive('[3,"new",{}]', 0.0)
    assert session.receive('[3,"0",{}]', 0.0) == UnexpectedReply("0", "unknown")
    assert session.receive('[3,"1",{}]', 0.0) == UnexpectedReply("1", "duplicate")


def test_timeouts_to_the_instant(session: RpcSession) -> None:
    """A call expires at its deadline, not before; the next goes out then."""
    assert session.expire(1e9) == []
    first = session.call("A", b"{}", "1", 100.0, timeout_s=2.5)
    second = session.call("B", b"{}", "2", 100.0)
    assert session.next_timeout() == 102.5
    assert session.expire(102.49) == []
    assert session.outstanding is first
    assert session.expire(102.5) == [first]
    assert session.outstanding is second
    assert (second.sent_at, second.deadline) == (102.5, 132.5)
    assert session.expire(102.5) == []
    assert session.data_to_send() == [b'[2,"1","A",{}]', b'[2,"2","B",{}]']
    assert session.expire(200.0) == [second]
    assert session.next_timeout() is None


def test_the_default_timeout_is_a_limit(protocol: Protocol) -> None:
    """Another default counts when it is given, and a timeout is longer than nothing."""
    session = RpcSession(protocol, Limits(call_timeout_s=7.0))
    assert session.call("A", b"{}", "1", 1.0).deadline == 8.0
    for bad in (0.0, -1.0):
        with pytest.raises(LocalProtocolError, match=f"^a timeout of {bad} s$"):
            session.call("A", b"{}", "2", 1.0, timeout_s=bad)
    assert session.queued == 0
    assert session.call("A", b"{}", "2", 1.0, timeout_s=0.5).timeout_s == 0.5


def test_the_queue_is_bounded(session: RpcSession) -> None:
    """One outstanding and 64 queued calls; the 66th is refused and the queue unharmed."""
    calls = [session.call("A", b"{}", str(number), 0.0) for number in range(65)]
    assert session.queued == 64
    with pytest.raises(LocalProtocolError, match=r"^64 calls are queued already$"):
        session.call("A", b"{}", "65", 0.0)
    assert session.queued == 64
    assert session.data_to_send() == [b'[2,"0","A",{}]']
    session.receive('[3,"0",{}]', 0.0)
    assert session.call("A", b"{}", "65", 0.0).sent_at is None
    for call in calls[1:]:
        assert session.outstanding is call
        session.receive(f'[3,"{call.message_id}",{{}}]', 0.0)
    assert session.data_to_send() == [f'[2,"{number}","A",{{}}]'.encode() for number in range(1, 66)]


def test_no_queue_at_all(protocol: Protocol) -> None:
    """With a queue of 0 only the outstanding call is allowed."""
    session = RpcSession(protocol, Limits(max_queued_calls=0))
    session.call("A", b"{}", "1", 0.0)
    with pytest.raises(LocalProtocolError, match=r"^0 calls are queued already$"):
        session.call("A", b"{}", "2", 0.0)


def test_ids_of_our_calls(session: RpcSession) -> None:
    """An id is 1 to 36 characters and neither in use nor remembered; a refused one changes nothing."""
    session.call("A", b"{}", ID36, 0.0)
    session.call("A", b"{}", "2", 0.0)
    for used in (ID36, "2"):
        with pytest.raises(LocalProtocolError, match=f"^the message id {used} is already used$"):
            session.call("A", b"{}", used, 0.0)
    for bad in ("", ID36 + "i"):
        with pytest.raises(LocalProtocolError, match=f"^a message id of {len(bad)} characters$"):
            session.call("A", b"{}", bad, 0.0)
    session.receive(f'[3,"{ID36}",{{}}]', 0.0)
    session.expire(30.0)
    for used in (ID36, "2"):
        with pytest.raises(LocalProtocolError, match=f"^the message id {used} is already used$"):
            session.call("A", b"{}", used, 0.0)
    assert session.queued == 0


def test_calls_that_cross(session: RpcSession) -> None:
    """Both sides may use the same id at the same time: each direction has its own."""
    call = session.call("A", b"{}", "1", 0.0)
    assert session.receive('[2,"1","X",{}]', 0.0) == CallReceived("1", "X", b"{}", False)
    session.answer("1", b'{"mine":1}')
    assert session.receive('[3,"1",{"theirs":1}]', 0.0) == ResultReceived(call, b'{"theirs":1}')
    assert session.data_to_send() == [b'[2,"1","A",{}]', b'[3,"1",{"mine":1}]']


def test_the_context_is_the_callers(session: RpcSession) -> None:
    """What the caller hangs on a call comes back with the event."""
    call = session.call("A", b"{}", "1", 0.0)
    call.context = marker = object()
    event = session.receive('[3,"1",{}]', 0.0)
    assert isinstance(event, ResultReceived)
    assert event.call.context is marker


def test_closing(session: RpcSession) -> None:
    """Closing returns what was under way in order; then nothing is received, sent or expected any more."""
    calls = [session.call("A", b"{}", str(number), 0.0) for number in range(3)]
    session.receive('[2,"7","X",{}]', 0.0)
    session.data_to_send()
    assert session.close() == calls
    assert session.close() == []
    assert (session.outstanding, session.queued, session.next_timeout(), session.expire(99.0)) == (None, 0, None, [])
    assert session.receive('[3,"0",{}]', 0.0) == Ignored("the session is closed")
    session.answer("7", b"{}")
    session.refuse("7", "InternalError")
    session.answer("never came", b"{}")
    assert session.data_to_send() == []
    with pytest.raises(LocalProtocolError, match=r"^the session is closed$"):
        session.call("A", b"{}", "9", 0.0)
    if session.protocol is V21:
        with pytest.raises(LocalProtocolError, match=r"^the session is closed$"):
            session.send("A", b"{}", "9")


def test_closing_without_anything(session: RpcSession) -> None:
    """What waits to be written can still be fetched after closing."""
    session.receive('[2,"7","X",{}]', 0.0)
    session.answer("7", b"{}")
    assert session.close() == []
    assert session.data_to_send() == [b'[3,"7",{}]']


def test_the_id_limit_is_a_limit(protocol: Protocol) -> None:
    """Another greatest length of ids counts for both directions."""
    session = RpcSession(protocol, Limits(max_message_id=2))
    assert isinstance(session.receive('[2,"ab","X",{}]', 0.0), CallReceived)
    event = session.receive('[2,"abc","X",{}]', 0.0)
    assert isinstance(event, Malformed)
    assert event.description == "the message id is no text of at most 2 characters"
    with pytest.raises(LocalProtocolError):
        session.call("A", b"{}", "abc", 0.0)
    session.call("A", b"{}", "ab", 0.0)
