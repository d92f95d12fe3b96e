package driver_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"crosswire/clients/go/internal/reference"
)

func TestIntroducesItselfAsOftenAsItIsAsked(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for range 2 {
			p.write(`{"cmd":"hello","protocol":1}`)
			hello := p.line()["hello"].(object)
			if hello["client"] != p.library.Client || hello["origin"] != nil || hello["max_concurrent"] != 64.0 {
				p.Errorf("it says %v", hello)
			}
		}
		p.write(`{"cmd":"hello","protocol":2}`)
		if wrong, ok := p.line()["error"].(object); !ok || wrong["message"] != "this driver speaks protocol 1, not 2" {
			p.Errorf("protocol 2 is answered %v", wrong)
		}
	})
}

// What the driver says of itself is what go.mod, the manifest and the registry say.
func TestIsWhatItSays(t *testing.T) {
	t.Parallel()
	root := reference.Root(t)
	requirements, err := os.ReadFile(filepath.Join(root, "conformance", "clients", "go", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var registry struct{ Client map[string]string }
	var manifest struct{ Clients []struct{ Name string } }
	for path, value := range map[string]any{"capabilities.json": &registry, "clients/go/impl.json": &manifest} {
		content, err := os.ReadFile(filepath.Join(root, "conformance", path))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, value); err != nil {
			t.Fatal(err)
		}
	}
	withEach(t, func(p *program) {
		if !slices.ContainsFunc(manifest.Clients, func(c struct{ Name string }) bool { return c.Name == p.library.Client }) {
			p.Errorf("the manifest has no %s", p.library.Client)
		}
		library, version, _ := strings.Cut(p.library.Version, " ")
		if requirement := "github.com/" + library + " v" + version + "\n"; !strings.Contains(string(requirements), requirement) {
			p.Errorf("go.mod does not require %s", requirement)
		}
		for _, capability := range p.library.Capabilities {
			if _, ok := registry.Client[capability]; !ok {
				p.Errorf("the registry has no %s", capability)
			}
		}
	})
}

func TestSpeaksAsTheExampleDoes(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), nil)
		p.done(send("a", "hello"))
		p.event("received")
		p.done(object{"cmd": "close", "on": "a", "code": 1000, "reason": "", "within_ms": 30_000})
		closed := p.event("closed")
		delete(closed, "ms")
		expected := object{"seq": 1.0, "n": 5.0, "on": "a", "is": "closed", "code": 1000.0, "reason": "", "clean": true}
		if !reflect.DeepEqual(closed, expected) {
			p.Errorf("it says %v", closed)
		}
	})
}

func TestSendsEveryPayload(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), nil)
		for _, payload := range []struct{ sent, received object }{
			{object{"text": "ä😀\x00<&"}, object{"text": "ä😀\x00<&"}},
			{object{"text": ""}, object{"text": ""}},
			{object{"base64": "AP8="}, object{"base64": "AP8="}},
			{object{"fill": object{"len": 28, "as": "text"}}, object{"text": "abcdefghijklmnopqrstuvwxyzab"}},
			{object{"fill": object{"len": 3, "as": "binary"}}, object{"base64": "AAEC"}},
			{object{"fill": object{"len": 0, "as": "binary"}}, object{"base64": ""}},
		} {
			payload.sent["cmd"], payload.sent["on"] = "send", "a"
			p.done(payload.sent)
			event := p.event("received")
			for name, value := range payload.received {
				if event[name] != value {
					p.Errorf("%v came back as %v", payload.sent, event)
				}
			}
		}
		p.done(object{"cmd": "send", "on": "a", "invalid_text": "ff"})
		if closed := p.event("closed"); closed["code"] != 1007.0 {
			p.Errorf("bytes that are no text end it with %v", closed)
		}
	})
}

func TestTellsLongMessagesByTheirHash(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		fill := func(on string, length int, as string) object {
			return object{"cmd": "send", "on": on, "fill": object{"len": length, "as": as}}
		}
		p.open("a", p.server.At("/echo"), object{"max_message": 5_000_000})
		p.done(fill("a", 5_000_000, "binary"))
		event := p.event("received")
		// Of bytes that are their place modulo 251.
		hash := "d9b380b7e7b4216832cfebb75dbef64d95d592bcad101548204a03d9e0ddce70"
		if event["kind"] != "binary" || event["len"] != 5e6 || event["sha256"] != hash || event["base64"] != nil {
			p.Errorf("it says %v", event)
		}
		if head := event["head"].(string); len(head) != 128 || !strings.HasPrefix(head, "000102") {
			p.Errorf("it begins with %s", head)
		}
		p.done(fill("a", 4096, "text"))
		if text := p.received(); len(text) != 4096 {
			p.Errorf("%d letters came", len(text))
		}
		p.done(fill("a", 4097, "text"))
		if event := p.event("received"); event["kind"] != "text" || event["len"] != 4097.0 {
			p.Errorf("it says %v", event)
		}
		p.open("full", p.server.At("/echo"), object{"data": "full", "max_message": 4 << 20})
		p.done(fill("full", 2_000_000, "text"))
		if text := p.received(); len(text) != 2_000_000 {
			p.Errorf("%d letters came", len(text))
		}
		p.done(fill("full", 4<<20, "text"))
		if event := p.event("received"); event["len"] != float64(4<<20) {
			p.Errorf("what no line holds is told as %v", event["kind"])
		}
	})
}

func TestPingsWhereTheLibraryLetsItChoose(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo?tag=a"), nil)
		ping, pong := object{"cmd": "ping", "on": "a", "hex": "00ff"}, object{"cmd": "pong", "on": "a", "hex": "70"}
		if !p.has("ping") {
			for _, command := range []object{ping, pong} {
				if words := p.failed(command); !strings.HasPrefix(words, "the library ") {
					p.Errorf("it says %s", words)
				}
			}
			return
		}
		p.done(ping)
		if event := p.event("pong"); event["hex"] != "00ff" {
			p.Errorf("it says %v", event)
		}
		p.done(pong)
		seen := p.server.Seen(p, "a", object{"received": object{"pong": 1}})
		if *seen.LastPong != "70" || seen.Received.Ping != 1 {
			p.Errorf("the server saw %+v", seen)
		}
	})
}

func TestShowsWhatWasAgreedOn(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		more := object{"subprotocols": []string{"chat", "soap"}, "headers": [][2]string{{"X-One", "1"}, {"X-One", "2"}}}
		opened := p.open("a", p.server.At("/echo?tag=a"), more)
		if opened["subprotocol"] != "chat" || len(opened["extensions"].([]any)) != 0 {
			p.Errorf("it says %v", opened)
		}
		seen := p.server.Seen(p, "a", object{"received": object{"text": 0}})
		for _, wanted := range [][2]string{{"X-One", "1"}, {"X-One", "2"}} {
			if !slices.Contains(seen.Handshake.Headers, wanted) {
				p.Errorf("%v is not among %v", wanted, seen.Handshake.Headers)
			}
		}
		if opened := p.open("b", p.server.At("/echo"), nil); opened["subprotocol"] != nil {
			p.Errorf("it says %v", opened)
		}
	})
}

func TestReportsWhyAConnectionWasRefused(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for _, refusal := range []struct {
			url    string
			status any
		}{
			{p.server.At("/scenario/refuse?status=403"), 403.0},
			{p.server.At("/scenario/refuse?status=503"), 503.0},
			{p.server.At("/nowhere"), 404.0},
			{"ws://127.0.0.1:1/", nil},
			{"nonsense", nil},
			{"http://[/", nil},
		} {
			refused := p.ask(object{"cmd": "open", "on": "a", "url": refusal.url, "within_ms": 30_000})
			if refused["is"] != "refused" || refused["status"] != refusal.status || refused["error"] == "" {
				p.Errorf("%s: it says %v", refusal.url, refused)
			}
		}
		if words := p.failed(send("a", "")); words != "the connection was refused" {
			p.Errorf("it says %s", words)
		}
	})
}

// A library may wait for more of an answer that it has refused already; the driver does not.
func TestGivesUpInTime(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for _, scenario := range []string{"no-answer", "half-answer", "wrong-accept"} {
			started := time.Now()
			open := object{"cmd": "open", "on": "a", "url": p.server.At("/scenario/" + scenario), "within_ms": 200}
			refused := p.ask(open)
			if took := time.Since(started); refused["is"] != "refused" || took > 10*time.Second {
				p.Errorf("%s: after %v it says %v", scenario, took, refused)
			}
		}
		open := object{"cmd": "open", "on": "a", "url": p.server.At("/scenario/no-answer"), "within_ms": 60_000, "abandon": true}
		if refused := p.ask(open); refused["is"] != "refused" {
			p.Errorf("what is abandoned is %v", refused)
		}
		p.open("a", p.server.At("/echo"), nil)
		again := p.ask(object{"cmd": "open", "on": "a", "url": p.server.At("/echo"), "within_ms": 30_000})
		if again["is"] != "refused" || again["error"] != "the test has a connection `a` already" {
			p.Errorf("it says %v", again)
		}
	})
}

func TestListensToWhetherSomethingListens(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		if listened := p.ask(object{"cmd": "listen", "url": p.server.At("/ws")}); listened["is"] != "listened" {
			p.Errorf("it says %v", listened)
		}
		for _, url := range []string{"ws://127.0.0.1:1/", "nonsense here", "/path", "ws://[/"} {
			p.failed(object{"cmd": "listen", "url": url})
		}
	})
}

func TestAnswersWhatIsNoCommandAndGoesOn(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for _, wrong := range []struct {
			line   string
			seq, c any
		}{
			{`{"cmd":"fly","seq":7,"c":9}`, 7.0, 9.0},
			{`{"cmd":"send","seq":7,"c":9,"on":"a","text":"","loudly":true}`, 7.0, 9.0},
			{`{"cmd":"send","seq":7,"c":9,"on":"a","text":"","fragments":[0]}`, 7.0, 9.0},
			{`{"cmd":"end","seq":7}`, 7.0, nil},
			{`{"seq":-1,"c":9}`, nil, 9.0},
			{"garbage", nil, nil},
			{"", nil, nil},
			{strings.Repeat("x", 5<<20), nil, nil},
		} {
			p.write(wrong.line)
			said, ok := p.line()["error"].(object)
			if !ok || said["message"] == "" || said["seq"] != wrong.seq || said["c"] != wrong.c {
				p.Errorf("%.80s is answered %v", wrong.line, said)
			}
		}
		p.open("a", p.server.At("/echo"), nil)
	})
}

func TestConnectionsAndTestsDoNotWaitForOneAnother(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		stuck := object{"cmd": "open", "on": "stuck", "url": p.server.At("/scenario/no-answer"), "within_ms": 60_000}
		for p.seq = 1; p.seq <= 2; p.seq++ {
			p.tell(stuck)
			p.tell(send("stuck", "this waits"))
			p.open("a", p.server.At("/echo"), nil)
		}
		for _, p.seq = range []int{2, 1} {
			p.done(send("a", "%d", p.seq))
			if text := p.received(); text != fmt.Sprint(p.seq) {
				p.Errorf("test %d got %s", p.seq, text)
			}
		}
		p.end()
		p.seq = 2
		p.done(send("a", "still there"))
		p.end()
		// What is stuck ends with its test, and is not answered.
		p.answered = p.told
	})
}

func TestLetsGoOfATestThatEnds(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/scenario/pings?tag=a"), nil)
		p.open("b", p.server.At("/echo?tag=b"), object{"reading": false})
		p.end()
		for _, tag := range []string{"a", "b"} {
			if seen := p.server.Seen(p, tag, object{"ended": true}); *seen.Ended != "vanished" {
				p.Errorf("the server saw %+v", seen)
			}
		}
		p.seq = 2
		p.open("a", p.server.At("/echo"), nil)
	})
}

func TestEndsWithItsStandardInput(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/scenario/pings"), nil)
		p.end()
		other := start(p.T, p.library)
		other.open("a", p.server.At("/scenario/pings"), nil)
		other.input.Close()
		select {
		case err := <-other.ended:
			if err != nil {
				p.Errorf("it ended with %v", err)
			}
		case <-time.After(patience):
			p.Error("it does not end")
		}
	})
}

// A runner may tell everything before it listens.
func TestTakesCommandsWhileNobodyListens(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), nil)
		const many = 5000
		var sent []int
		for i := range many {
			sent = append(sent, p.tell(send("a", "%d", i)))
		}
		for i, c := range sent {
			if answer := p.answer(c); answer["is"] != "done" {
				p.Fatalf("message %d: %v", i, answer)
			}
			if text := p.received(); text != fmt.Sprint(i) {
				p.Fatalf("message %d is %s", i, text)
			}
		}
	})
}
