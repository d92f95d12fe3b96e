package driver

import (
	"bufio"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWhatIsMissingHasTheValueOfTheBrackets(t *testing.T) {
	t.Parallel()
	told, wrong := readCommand([]byte(`{"cmd":"open","seq":7,"c":1,"on":"a","url":"ws://x/","within_ms":20}`))
	expected := command{seq: 7, on: "a", order: order{c: 1, act: open{
		Opening: Opening{URL: "ws://x/", Header: http.Header{}},
		within:  20 * time.Millisecond,
		reading: true,
	}}}
	if wrong != nil || !reflect.DeepEqual(told, expected) {
		t.Errorf("%+v, %v", told, wrong)
	}
	told, wrong = readCommand([]byte(`{"cmd":"close","seq":7,"c":1,"on":"a","within_ms":20}`))
	if wrong != nil || told.act != (closing{CloseFrame{Code: NoCode}, 20 * time.Millisecond}) {
		t.Errorf("%+v, %v", told, wrong)
	}
}

func TestSaysWhatIsWrongWithALine(t *testing.T) {
	t.Parallel()
	for _, wrong := range []struct{ fields, message string }{
		{`"cmd":"fly"`, "unknown command `fly`"},
		{`"cmd":"fly","on":"a","high":true`, "unknown command `fly`"},
		{`"cmd":7`, "`cmd` is not a text"},
		{`"on":"a"`, "the field `cmd` is missing"},
		{`"cmd":"hello"`, "the field `protocol` is missing"},
		{`"cmd":"hello","protocol":2`, "this driver speaks protocol 1, not 2"},
		{`"cmd":"bye","x":1`, "unknown field `c`"},
		{`"cmd":"end","on":"a"`, "unknown field `on`"},
		{`"cmd":"drop","on":"a","now":true`, "unknown field `now`"},
		{`"cmd":"drop","ON":"a"`, "the field `on` is missing"},
		{`"cmd":"drop","on":"a","on":"b"`, "the line is not JSON: `on` is there twice"},
		{`"cmd":"drop","on":null`, "`on` is not a text"},
		{`"cmd":"listen"`, "the field `url` is missing"},
		{`"cmd":"send","on":"a"`, "a payload is exactly one of `text`, `base64`, `fill` and `invalid_text`"},
		{`"cmd":"send","on":"a","text":"","base64":""`, "a payload is exactly one of `text`, `base64`, `fill` and `invalid_text`"},
		{`"cmd":"send","on":"a","text":1`, "`text` is not a text"},
		{`"cmd":"send","on":"a","text":"","fragments":[0]`, "unknown field `fragments`"},
		{`"cmd":"send","on":"a","base64":"?"`, "`base64` is not base64: illegal base64 data at input byte 0"},
		{`"cmd":"send","on":"a","invalid_text":"f"`, "`invalid_text` is not hexadecimal digits: encoding/hex: odd length hex string"},
		{`"cmd":"send","on":"a","fill":{"len":1,"as":"texts"}`, "`fill` has an `as` that is neither text nor binary"},
		{`"cmd":"send","on":"a","fill":{"len":1,"as":"text","x":1}`, "`fill` unknown field `x`"},
		{`"cmd":"send","on":"a","fill":{"len":9000000000000,"as":"text"}`, "`fill` `len` is not a whole number of at most 268435456"},
		{`"cmd":"send_many","on":"a","senders":0,"messages":[]`, "`senders` must be at least 1"},
		{`"cmd":"send_many","on":"a","senders":1,"messages":[{"text":"","x":1}]`, "`messages` [0] unknown field `x`"},
		{`"cmd":"ping","on":"a","hex":"7"`, "`hex` is not hexadecimal digits: encoding/hex: odd length hex string"},
		{`"cmd":"close","on":"a","within_ms":1,"reason":"why"`, "a close frame has no `reason` without a `code`"},
		{`"cmd":"close","on":"a","within_ms":1,"code":65536`, "`code` is not a whole number of at most 65535"},
		{`"cmd":"close","on":"a","within_ms":1,"code":"1000"`, "`code` is not a whole number of at most 65535"},
		{`"cmd":"close","on":"a","within_ms":-1`, "`within_ms` is not a whole number of at most 9223372036854"},
		{`"cmd":"close","on":"a","within_ms":1.5`, "`within_ms` is not a whole number of at most 9223372036854"},
		{`"cmd":"open","on":"a","url":"","within_ms":1,"data":"some"`, "`data` may be \"full\", not \"some\""},
		{`"cmd":"open","on":"a","url":"","within_ms":1,"reading":"no"`, "`reading` is neither true nor false"},
		{`"cmd":"open","on":"a","url":"","within_ms":1,"subprotocols":["a",null]`, "`subprotocols` [1] is not a text"},
		{`"cmd":"open","on":"a","url":"","within_ms":1,"headers":{"a":"b"}`, "`headers` is not a list"},
		{`"cmd":"open","on":"a","url":"","within_ms":1,"headers":[["a"]]`, "each of `headers` is a name and a value"},
		{`"cmd":"react","on":"a","then":[{"cmd":"drop","c":2}]`, "`then` [0] what is done in a reaction is `send` or `close`, not `drop`"},
		{`"cmd":"react","on":"a","then":[{"cmd":"send","c":2,"on":"b","text":""}]`, "`then` [0] what `then` does belongs to the connection of its `react`"},
		{`"cmd":"react","on":"a","then":[{"cmd":"send","text":""}]`, "`then` [0] the field `c` is missing"},
	} {
		line := `{"seq":7,"c":9,` + wrong.fields + `}`
		_, said := readCommand([]byte(line))
		if said == nil || said.Message != wrong.message {
			t.Errorf("%s: %+v, and not %q", line, said, wrong.message)
			continue
		}
		if hasNumbers := said.Seq != nil && *said.Seq == 7 && said.C != nil && *said.C == 9; hasNumbers == strings.HasSuffix(said.Message, "twice") {
			t.Errorf("%s: %+v", line, said)
		}
	}
}

func TestALineIsOneObject(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "\n", "nonsense", "[1]", `"x"`, `{"cmd":"bye"`, `{"cmd":"bye"} {}`, "{\"cmd\":\"b\xffye\"}", `{"cmd":"end","seq":18446744073709551616,"c":1}`} {
		if _, wrong := readCommand([]byte(line)); wrong == nil || wrong.Seq != nil {
			t.Errorf("%q: %+v", line, wrong)
		}
	}
	if told, wrong := readCommand([]byte(` { "cmd" : "bye" } ` + "\r\n")); wrong != nil || told.act != (farewell{}) {
		t.Errorf("%+v, %v", told, wrong)
	}
}

func TestReadsALineAwayThatIsTooLong(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", longestLine-1) + "\n"
	input := bufio.NewReader(strings.NewReader("first\n" + longest + "x" + longest + "\nlast"))
	for _, expected := range []string{"first\n", longest, "", "\n", "last"} {
		line, err := readLine(input)
		if string(line) != expected || (err == errLongLine) != (expected == "") {
			t.Errorf("%d bytes were read in place of %d, %v", len(line), len(expected), err)
		}
	}
	if line, err := readLine(input); err == nil {
		t.Errorf("%q was read at the end", line)
	}
}

func TestTellsTextThatIsNoneByItsHash(t *testing.T) {
	t.Parallel()
	told := received(Message{IsText: true, Data: []byte("\xc3(")}, false)
	if told != (receivedLong{"text", 2, "eddf68639913a3cb8331cdfe7f87559e0beccf2c289c0d90ac4d89b3204004f8", "c328"}) {
		t.Errorf("%+v", told)
	}
}
