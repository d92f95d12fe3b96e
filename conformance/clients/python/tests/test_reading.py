"""What a line may say, and what is said about one that may not."""

from __future__ import annotations

import json

import pytest

from crosswire_client import commands as told
from crosswire_client.reading import Mistake, understand

SEND = '{"cmd":"send","seq":7,"c":9,"on":"a",'


def test_what_is_left_out_has_the_value_of_the_brackets() -> None:
    command = understand(b'{"cmd":"open","seq":7,"c":1,"on":"a","url":"ws://x/","within_ms":20}')
    assert command == told.Open(
        seq=7,
        c=1,
        on="a",
        url="ws://x/",
        within_ms=20,
        subprotocols=[],
        headers=[],
        max_message=None,
        reading=True,
        data=None,
        abandon=False,
    )


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ('"text":"ä"', "ä"),
        ('"base64":"AP8="', b"\x00\xff"),
        ('"fill":{"len":28,"as":"text"}', "abcdefghijklmnopqrstuvwxyzab"),
        ('"fill":{"len":252,"as":"binary"}', bytes([*range(251), 0])),
        ('"invalid_text":"c3"', told.InvalidText(b"\xc3")),
    ],
)
def test_a_payload_has_one_of_four_forms(form: str, message: told.Message) -> None:
    command = understand(f"{SEND}{form}}}".encode())
    assert isinstance(command, told.Send)
    assert command.payload.message() == message
    assert isinstance(command.payload.message(), told.InvalidText) is isinstance(message, told.InvalidText)


def test_what_a_reaction_does_belongs_to_its_connection() -> None:
    then = '[{"cmd":"send","c":10,"text":""},{"cmd":"close","c":11,"within_ms":5,"on":"a"}]'
    command = understand(f'{{"cmd":"react","seq":7,"c":9,"on":"a","then":{then}}}'.encode())
    assert isinstance(command, told.React)
    assert [(order.seq, order.c, order.on) for order in command.then] == [(7, 10, "a"), (7, 11, "a")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "this line is no JSON"),
        ("{", "this line is no JSON"),
        ("[" * 100_000, "this line is no JSON"),
        ('{"cmd":"bye","cmd":"bye"}', "a name is there twice in one object"),
        ('{"cmd":"end","seq":NaN,"c":1}', "NaN is no number"),
        ("[]", "there is no command null"),
        ('{"cmd":7}', "there is no command 7"),
        ('{"cmd":"fly"}', 'there is no command "fly"; there are hello, bye, '),
        ('{"cmd":"bye","now":true}', "`bye`: there is no field `now`"),
        ('{"cmd":"end","seq":7}', "`end`: the field `c` is missing"),
        ('{"cmd":"end","seq":7,"c":true}', "`end`: `c`: true is not a whole number from 0"),
        ('{"cmd":"end","seq":7,"c":1.0}', "`end`: `c`: 1.0 is not a whole number from 0"),
        ('{"cmd":"end","seq":7,"c":-1}', "`end`: `c`: -1 is not a whole number from 0"),
        ('{"cmd":"hello","protocol":2}', "`hello`: `protocol`: 2 is not a value that is known here"),
        (SEND + '"text":7}', "`send`: `payload`: `text`: 7 is not a text"),
        (SEND + '"text":"\\ud800"}', "surrogates not allowed"),
        (SEND + '"text":"","loudly":true}', "`send`: there is no field `loudly`"),
        (SEND + '"text":"","base64":""}', "a payload is exactly one of"),
        (SEND + '"fragments":[1]}', "a payload is exactly one of"),
        (SEND + '"base64":"A"}', "`base64`"),
        (SEND + '"fill":{"len":3}}', "`fill`: the field `as` is missing"),
        (SEND + '"fill":{"len":3,"as":"letters"}}', '"letters" is not a value that is known here'),
        (SEND + '"fill":{"len":900000000000,"as":"text"}}', "a fill may be"),
        (SEND + '"text":"","fragments":1}', "`fragments`: 1 is not a list"),
        ('{"cmd":"ping","seq":7,"c":9,"on":"a","hex":"0 0"}', "`ping`: `hex`: "),
        ('{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,"reason":""}', "no `reason` without a `code`"),
        ('{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,"code":65536}', "`code` is a number of two bytes"),
        ('{"cmd":"send_many","seq":7,"c":9,"on":"a","senders":0,"messages":[]}', "`senders` is at least 1"),
        ('{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"drop","c":1}]}', "there are send, close"),
        ('{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":1,"on":"b","text":""}]}', "belongs to"),
    ],
)
def test_says_what_is_wrong_and_where(line: str, words: str) -> None:
    with pytest.raises(Mistake) as mistake:
        understand(line.encode())
    assert words in str(mistake.value)
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(given, dict) and given.get("seq") == 7:
        assert mistake.value.numbers["seq"] == 7
