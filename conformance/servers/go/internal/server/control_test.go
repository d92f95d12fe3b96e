package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestCarriesOutACommandAndAnswersOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	client, control := s.dial("/echo?tag=a"), s.dial("/control")
	command := `{"id": [1, 2.50,"ä"] ,"to":"a","act":[{"send":{"text":"${i} of $${3}","times":2}},{"wait_ms":1},` +
		`{"send":{"hex":"00ff"}},{"send":{"fill":{"len":28,"as":"text"}}},{"ping":{"text":"p"}},{"close":{"code":4000,"reason":"bye"}}]}`
	if answer := s.ask(control, command); answer != `{"id":[1, 2.50,"ä"],"ok":true}` {
		t.Errorf("it is answered %s", answer)
	}
	for _, text := range []string{"0 of ${3}", "1 of ${3}"} {
		s.expect(client, text)
	}
	if kind, data, err := client.ReadMessage(); kind != websocket.BinaryMessage || string(data) != "\x00\xff" {
		t.Errorf("%d %q came, %v", kind, data, err)
	}
	s.expect(client, "abcdefghijklmnopqrstuvwxyzab")
	s.closes(client, 4000)
	client.Close()
	var answer struct {
		Seen struct {
			Handshake struct{ Target string }
			Received  struct{ Pong int }
			Sent      struct {
				Text, Binary, Ping, Bytes int
				SHA256                    string
			}
			LastPong string `json:"last_pong"`
			Close    struct{ Code int }
			Open     bool
			Ended    string
		}
	}
	said := s.ask(control, `{"to":"a","act":[{"seen":{"until":{"ended":true,"close":true,"received":{"pong":1}}}}]}`)
	if err := json.Unmarshal([]byte(said), &answer); err != nil {
		t.Fatal(err)
	}
	seen := answer.Seen
	if seen.Handshake.Target != "/echo?tag=a" || seen.Received.Pong != 1 || seen.LastPong != "70" || seen.Close.Code != 4000 ||
		seen.Open || seen.Ended != "clean" || seen.Sent.Text != 3 || seen.Sent.Binary != 1 || seen.Sent.Ping != 1 || seen.Sent.Bytes != 48 {
		t.Errorf("it saw %s", said)
	}
}

func TestSaysWhyACommandFailed(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.dial("/echo?tag=a")
	control := s.dial("/control")
	for _, wrong := range []struct{ command, name, message string }{
		{`nonsense`, "bad_command", "the command: it should be"},
		{`[1]`, "bad_command", "the command: it should be an object"},
		{`{"act":[]}`, "bad_command", "the command: `to` is missing"},
		{`{"to":"a"}`, "bad_command", "the command: `act` is missing"},
		{`{"to":"a","to":"b","act":[]}`, "bad_command", "the command: `to` is there twice"},
		{`{"to":"a","act":[],"and":1}`, "bad_command", "the command: unknown field `and`"},
		{`{"to":"a","act":[{}]}`, "bad_command", "act[0]: an act is an object with one key"},
		{`{"to":"a","act":[{"ping":{}},"drop"]}`, "bad_command", "act[1]: it should be an object"},
		{`{"to":"a","act":[{"sned":{}}]}`, "bad_command", "act[0]: no act is called `sned`"},
		{`{"to":"a","act":[{"send":["x"]}]}`, "bad_command", "act[0].send: it should be an object"},
		{`{"to":"a","act":[{"send":{}}]}`, "bad_command", "act[0].send: give exactly one of"},
		{`{"to":"a","act":[{"send":{"text":"","fragments":[0]}}]}`, "bad_command", "act[0].send: unknown field `fragments`"},
		{`{"to":"a","act":[{"send":{"text":"","wait":false}}]}`, "bad_command", "act[0].send: unknown field `wait`"},
		{`{"to":"a","act":[{"send":{"text":null}}]}`, "bad_command", "act[0].send.text: "},
		{`{"to":"a","act":[{"send":{"text":"${j}","times":2}}]}`, "bad_command", "act[0].send.text: `${j}` is not known"},
		{`{"to":"a","act":[{"send":{"text":"","times":1000001}}]}`, "bad_command", "act[0].send.times: "},
		{`{"to":"a","act":[{"send":{"fill":{"len":"1","as":"text"}}}]}`, "bad_command", "act[0].send.fill.len: "},
		{`{"to":"a","act":[{"send":{"fill":{"len":1,"as":"bytes"}}}]}`, "bad_command", "act[0].send.fill: "},
		{`{"to":"a","act":[{"send":{"fill":{"len":-1,"as":"text"}}}]}`, "bad_command", "act[0].send.fill.len: -1 is not from 0"},
		{`{"to":"a","act":[{"send":{"fill":{"len":99999999999,"as":"binary"}}}]}`, "bad_command", "act[0].send.fill.len: "},
		{`{"to":"a","act":[{"send":{"text":"","times":-1}}]}`, "bad_command", "act[0].send.times: -1 is not from 0"},
		{`{"to":"a","act":[{"ping":{"fill":{"len":126,"as":"text"}}}]}`, "bad_command", "act[0].ping: 126 bytes"},
		{`{"to":"a","act":[{"ping":{}},{"close":{"code":70000}}]}`, "bad_command", "act[1].close.code: 70000 is not from 0 to 65535"},
		{`{"to":"a","act":[{"close":{"reason":"r"}}]}`, "bad_command", "act[0].close: a reason needs a code"},
		{`{"to":"a","act":[{"drop":false}]}`, "bad_command", "act[0].drop: only `true`"},
		{`{"to":"a","act":[{"wait_ms":2001}]}`, "bad_command", "act[0].wait_ms: "},
		{`{"to":"a","act":[{"wait_ms":1.5}]}`, "bad_command", "act[0].wait_ms: "},
		{`{"to":"a","act":[{"raw":{}}]}`, "bad_command", "act[0].raw: "},
		{`{"to":"a","act":[{"raw":{"hex":"0"}}]}`, "bad_command", "act[0].raw.hex: "},
		{`{"to":"a","act":[{"glue":[{"drop":true}]}]}`, "bad_command", "act[0].glue[0]: `drop` has no place inside `glue`"},
		{`{"to":"a","act":[{"glue":[{"close":{}},{"ping":{}}]}]}`, "bad_command", "act[0].glue[1]: behind `close`"},
		{`{"to":"a","act":[{"trickle":[{"send":{"fill":{"len":65536,"as":"text"}}}]}]}`, "bad_command", "act[0].trickle: 65546 bytes"},
		{`{"to":"a","act":[{"seen":{"within_ms":10001}}]}`, "bad_command", "act[0].seen.within_ms: "},
		{`{"to":"a","act":[{"seen":{"until":{"received":{"text":-1}}}}]}`, "bad_command", "act[0].seen.until.received.text: "},
		{`{"to":"nobody","act":[{"ping":{}}]}`, "unknown_connection", "no connection has the tag or id `nobody`"},
		{`{"to":"a","act":[{"seen":{"until":{"ended":true},"within_ms":1}}]}`, "not_reached", "what `until` names"},
	} {
		var answer struct {
			ID             int
			Error, Message string
			Done           *int
		}
		command := strings.Replace(wrong.command, "{", `{"id":7,`, 1)
		said := s.ask(control, command)
		if err := json.Unmarshal([]byte(said), &answer); err != nil {
			t.Fatalf("%s: %v", said, err)
		}
		if answer.Error != wrong.name || !strings.HasPrefix(answer.Message, wrong.message) || answer.Done == nil || *answer.Done != 0 {
			t.Errorf("%s is answered %s", command, said)
		}
		if strings.HasPrefix(wrong.command, "{") && answer.ID != 7 {
			t.Errorf("%s is answered %s", command, said)
		}
	}
}

func TestOnWhatHasEndedOnlyWaitingAndSeeingAreLeft(t *testing.T) {
	t.Parallel()
	s := start(t)
	control := s.dial("/control")
	s.dial("/echo?tag=a")
	said := s.ask(control, `{"to":"a","act":[{"drop":true},{"seen":{"until":{"ended":true}}},{"wait_ms":0},{"ping":{}}]}`)
	if !strings.HasPrefix(said, `{"id":null,"error":"not_open",`) || !strings.Contains(said, `"done":3`) || !strings.Contains(said, `"ended":"cut"`) {
		t.Errorf("it is answered %s", said)
	}
	// The tag is free again, and the newcomer has it.
	s.dial("/echo?tag=a")
	if said := s.ask(control, `{"to":"a","act":[{"ping":{}}]}`); said != `{"id":null,"ok":true}` {
		t.Errorf("it is answered %s", said)
	}
}

func TestBytesLeaveTogetherOrOneAtATime(t *testing.T) {
	t.Parallel()
	s := start(t)
	control := s.dial("/control")
	for _, act := range []string{"glue", "trickle"} {
		client := s.dial("/echo?tag=" + act)
		said := s.ask(control, `{"to":"`+act+`","act":[{"`+act+`":[{"send":{"text":"a"}},{"raw":{"hex":"810162"}},{"close":{"code":4000}}]}]}`)
		if said != `{"id":null,"ok":true}` {
			t.Errorf("it is answered %s", said)
		}
		s.expect(client, "a")
		s.expect(client, "b")
		s.closes(client, 4000)
	}
}

func TestLeavesASocketAlone(t *testing.T) {
	t.Parallel()
	s := start(t)
	client, control := s.dial("/echo?tag=a"), s.dial("/control")
	s.ask(control, `{"to":"a","act":[{"stop_reading":true}]}`)
	if err := client.WriteMessage(websocket.TextMessage, []byte("later")); err != nil {
		t.Fatal(err)
	}
	said := s.ask(control, `{"to":"a","act":[{"seen":{"until":{"received":{"text":1}},"within_ms":50}}]}`)
	if !strings.Contains(said, "not_reached") {
		t.Errorf("it is answered %s", said)
	}
	s.ask(control, `{"to":"a","act":[{"start_reading":true}]}`)
	s.expect(client, "later")
}

func TestAClientThatDoesNotAnswerACloseIsCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.dial("/echo?tag=a")
	control := s.dial("/control")
	started := time.Now()
	said := s.ask(control, `{"to":"a","act":[{"close":{}},{"seen":{"until":{"ended":true},"within_ms":10000}}]}`)
	if !strings.Contains(said, `"ended":"timed_out"`) || time.Since(started) > 8*time.Second {
		t.Errorf("after %v it is answered %s", time.Since(started), said)
	}
}
