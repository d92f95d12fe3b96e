package driver_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"
)

const mebibyte = 1 << 20

func TestClosesWithAnyCodeAndWithout(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for _, closing := range []struct {
			fields object
			code   int
			reason string
		}{
			{object{"code": 1000}, 1000, ""},
			{object{"code": 1013, "reason": "later"}, 1013, "later"},
			{object{"code": 4999, "reason": "ä"}, 4999, "ä"},
			{object{}, 1005, ""},
		} {
			p.open("a", p.server.At("/echo"), nil)
			command := object{"cmd": "close", "on": "a", "within_ms": 30_000}
			maps.Copy(command, closing.fields)
			p.done(command)
			closed := p.event("closed")
			// Where coder/websocket reads the answer while it closes, it tells no reason.
			if closed["reason"] == "" && p.library.Client == "go-coder" {
				closed["reason"] = closing.reason
			}
			if closed["code"] != float64(closing.code) || closed["reason"] != closing.reason || closed["clean"] != true {
				p.Errorf("closed with %v, and not with %d %q", closed, closing.code, closing.reason)
			}
		}
	})
}

func TestReportsHowThePeerEndedIt(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for _, end := range []struct {
			scenario string
			code     int
			clean    bool
		}{
			{"message-then-close", 1000, true},
			{"close-after-101", 4001, true},
			{"vanishes", 1006, false},
			{"quiet-end", 1006, false},
			{"reserved-bits", 1006, false},
		} {
			p.open("a", p.server.At("/scenario/"+end.scenario), nil)
			closed := p.event("closed")
			if closed["code"] != float64(end.code) || closed["clean"] != end.clean {
				p.Errorf("%s: it says %v", end.scenario, closed)
			}
		}
		p.open("a", p.server.At("/echo?tag=a"), nil)
		p.server.Act(p, "a", object{"close": object{}})
		p.closed(1005, "", true)
	})
}

func TestCutsWhatDoesNotAnswerAClose(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/scenario/never-answers-close"), nil)
		started := time.Now()
		p.done(object{"cmd": "close", "on": "a", "code": 1000, "within_ms": 200})
		p.closed(1006, "", false)
		if took := time.Since(started); took < 200*time.Millisecond {
			p.Errorf("it was cut after %v", took)
		}
		p.open("b", p.server.At("/scenario/answers-close-late"), nil)
		p.done(object{"cmd": "close", "on": "b", "code": 1000, "within_ms": 30_000})
		p.closed(1000, "", true)
	})
}

func TestSaysInTheLibrarysWordsWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		words := map[string]string{
			"go-gorilla": "websocket: close sent",
			"go-coder":   "failed to write msg: use of closed network connection",
		}
		closing := object{"cmd": "close", "on": "a", "code": 1000, "within_ms": 30_000}
		p.open("a", p.server.At("/echo"), nil)
		p.done(closing)
		p.closed(1000, "", true)
		if said := p.failed(send("a", "too late")); said != words[p.library.Client] {
			p.Errorf("it says %q", said)
		}
		p.done(closing)
		for _, late := range []string{"drop", "stop_reading", "start_reading"} {
			p.failed(object{"cmd": late, "on": "a"})
		}
		p.failed(object{"cmd": "react", "on": "a", "then": []object{}})
		if said := p.failed(send("nobody", "")); said != "the test has no connection `nobody`" {
			p.Errorf("it says %q", said)
		}
		p.open("a", p.server.At("/scenario/vanishes"), nil)
		p.event("closed")
		p.failed(closing)
	})
}

func TestDropsBehindWhatWasSent(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo?tag=a"), nil)
		sent := p.tell(object{"cmd": "send", "on": "a", "fill": object{"len": 100_000, "as": "text"}})
		p.done(object{"cmd": "drop", "on": "a"})
		if answer := p.answer(sent); answer["is"] != "done" {
			p.Errorf("it says %v", answer)
		}
		p.closed(1006, "", false)
		if seen := p.server.Seen(p, "a", object{"ended": true}); *seen.Ended != "vanished" || seen.Received.Text != 1 {
			p.Errorf("the server saw %+v", seen)
		}
	})
}

// flood sends more than the buffers between two programs hold, each way.
func (p *program) flood(on string) (sent []int) {
	p.Helper()
	for range 32 {
		fill := object{"len": mebibyte, "as": "binary"}
		sent = append(sent, p.tell(object{"cmd": "send", "on": on, "fill": fill}))
	}
	return sent
}

func (p *program) flooded(sent []int) {
	p.Helper()
	for _, c := range sent {
		if answer := p.answer(c); answer["is"] != "done" {
			p.Fatalf("it says %v", answer)
		}
		if event := p.event("received"); event["len"] != float64(mebibyte) {
			p.Fatalf("it says %v", event)
		}
	}
}

func TestReadsWhileItWrites(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), object{"max_message": mebibyte})
		p.flooded(p.flood("a"))
	})
}

func TestStartsReadingWhileASendIsBlocked(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), object{"reading": false, "max_message": mebibyte})
		sent := p.flood("a")
		for _, command := range []string{"start_reading", "stop_reading", "start_reading"} {
			p.done(object{"cmd": command, "on": "a"})
		}
		p.flooded(sent)
		p.done(object{"cmd": "close", "on": "a", "code": 1000, "within_ms": 30_000})
		p.closed(1000, "", true)
	})
}

func TestEndsWhileASendIsBlocked(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for on, ending := range map[string]object{
			"dropped": {"cmd": "drop"},
			"closed":  {"cmd": "close", "code": 1000, "within_ms": 200},
		} {
			p.open(on, p.server.At("/scenario/never-reads"), nil)
			p.event("received")
			blocked := p.tell(object{"cmd": "send", "on": on, "fill": object{"len": 16 * mebibyte, "as": "binary"}})
			behind := p.tell(send(on, "behind it"))
			ending["on"] = on
			end := p.tell(ending)
			for _, c := range []int{blocked, behind} {
				if answer := p.answer(c); answer["is"] != "failed" {
					p.Errorf("%s: it says %v", on, answer)
				}
			}
			if answer := p.answer(end); (answer["is"] == "done") != (on == "dropped") {
				p.Errorf("%s: it says %v", on, answer)
			}
			p.closed(1006, "", false)
		}
	})
}

// While nothing is read, a ping is not answered either.
func TestLeavesTheSocketAlone(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/ws?tag=a"), nil)
		p.event("received")
		for range 3 {
			p.done(object{"cmd": "stop_reading", "on": "a"})
			p.done(object{"cmd": "stop_reading", "on": "a"})
			p.server.Act(p, "a", object{"ping": object{}}, object{"send": object{"text": "later"}})
			p.done(send("a", "meanwhile"))
			seen := p.server.Seen(p, "a", object{"received": object{"text": 1}})
			pongs := seen.Received.Pong
			p.open("b", p.server.At("/echo"), nil)
			p.done(send("b", "this passes everything else"))
			if event := p.event("received"); event["on"] != "b" {
				p.Errorf("it says %v", event)
			}
			if seen := p.server.Seen(p, "a", object{"received": object{"text": 1}}); seen.Received.Pong != pongs {
				p.Errorf("the server saw %+v", seen)
			}
			p.done(object{"cmd": "drop", "on": "b"})
			p.closed(1006, "", false)
			p.done(object{"cmd": "start_reading", "on": "a"})
			if later, meanwhile := p.received(), p.received(); later != "later" || meanwhile != "meanwhile" {
				p.Errorf("%q and %q came", later, meanwhile)
			}
			p.server.Seen(p, "a", object{"received": object{"pong": pongs + 1}})
		}
		p.done(object{"cmd": "stop_reading", "on": "a"})
		p.done(object{"cmd": "drop", "on": "a"})
		p.closed(1006, "", false)
	})
}

func TestReadsNothingUntilItIsToldTo(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/scenario/early"), object{"reading": false})
		p.open("b", p.server.At("/echo"), nil)
		p.done(send("b", "meanwhile"))
		if event := p.event("received"); event["on"] != "b" {
			p.Errorf("the welcome was there first: %v", event)
		}
		p.done(object{"cmd": "start_reading", "on": "a"})
		if event := p.event("received"); event["on"] != "a" {
			p.Errorf("it says %v", event)
		}
	})
}

// What is told behind `open` waits for it.
func TestCarriesOutInOrderWhatComesBehindOpen(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		on := func(command object) int {
			command["on"] = "a"
			return p.tell(command)
		}
		told := []int{
			on(object{"cmd": "open", "url": p.server.At("/echo"), "within_ms": 30_000}),
			on(object{"cmd": "stop_reading"}),
			on(object{"cmd": "start_reading"}),
			on(object{"cmd": "send", "text": "at once"}),
		}
		for i, is := range []string{"opened", "done", "done", "done"} {
			if answer := p.answer(told[i]); answer["is"] != is {
				p.Errorf("it says %v", answer)
			}
		}
		if text := p.received(); text != "at once" {
			p.Errorf("%q came", text)
		}
		refused := on(object{"cmd": "open", "url": "ws://127.0.0.1:1/", "within_ms": 30_000})
		if answer := p.answer(refused); answer["is"] != "refused" {
			p.Errorf("it says %v", answer)
		}
	})
}

func TestReactsToTheNextMessageOnce(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), nil)
		p.done(object{"cmd": "react", "on": "a", "then": []object{{"cmd": "send", "c": 1001, "text": "reaction"}}})
		p.done(send("a", "action"))
		if answer := p.answer(1001); answer["is"] != "done" {
			p.Errorf("it says %v", answer)
		}
		if first, second := p.received(), p.received(); first != "action" || second != "reaction" {
			p.Errorf("%q and %q came", first, second)
		}
		leave := object{"cmd": "close", "c": 1002, "code": 4000, "reason": "enough", "within_ms": 30_000}
		p.done(object{"cmd": "react", "on": "a", "then": []object{leave}})
		p.done(send("a", "action"))
		if answer := p.answer(1002); answer["is"] != "done" {
			p.Errorf("it says %v", answer)
		}
		// Of this answer coder/websocket tells no reason.
		if closed := p.event("closed"); closed["code"] != 4000.0 || closed["clean"] != true {
			p.Errorf("it says %v", closed)
		}

		p.open("b", p.server.At("/echo"), nil)
		p.done(object{"cmd": "react", "on": "b", "then": []object{{"cmd": "send", "c": 1003, "text": ""}}})
		p.done(object{"cmd": "close", "on": "b", "within_ms": 30_000})
		if answer := p.answer(1003); answer["is"] != "failed" {
			p.Errorf("no message came, and it says %v", answer)
		}
		p.closed(1005, "", true)
	})
}

func TestLimitsWhatItAccepts(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo?tag=a"), object{"max_message": 10})
		p.done(send("a", "0123456789"))
		if text := p.received(); text != "0123456789" {
			p.Errorf("%q came", text)
		}
		p.done(send("a", "0123456789a"))
		p.closed(1006, "", false)
		if seen := p.server.Seen(p, "a", object{"ended": true}); *seen.Close.Code != 1009 {
			p.Errorf("the server saw %+v", seen)
		}
		// Where nothing is said, the library's own limit stands: 32 KiB, or none.
		p.open("b", p.server.At("/echo"), nil)
		p.done(object{"cmd": "send", "on": "b", "fill": object{"len": 4 * mebibyte, "as": "binary"}})
		if p.library.Client == "go-coder" {
			p.closed(1006, "", false)
		} else if event := p.event("received"); event["len"] != 4.0*mebibyte {
			p.Errorf("it says %v", event)
		}
	})
}

func TestManySendersSendEachInItsOrder(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		p.open("a", p.server.At("/echo"), nil)
		var messages []object
		for i := range 100 {
			messages = append(messages, object{"text": strconv.Itoa(i)})
		}
		many := object{"cmd": "send_many", "on": "a", "senders": 7, "messages": messages}
		if !p.has("many-senders") {
			if words := p.failed(many); words != "the library has one sender at a time" {
				p.Errorf("it says %s", words)
			}
			return
		}
		p.done(many)
		of := map[int][]int{}
		for range messages {
			i, err := strconv.Atoi(p.received())
			if err != nil {
				p.Fatal(err)
			}
			of[i%7] = append(of[i%7], i)
		}
		for sender, sent := range of {
			if !slices.IsSorted(sent) {
				p.Errorf("sender %d: %v", sender, sent)
			}
		}
		p.done(object{"cmd": "send_many", "on": "a", "senders": 3, "messages": []object{}})
	})
}

func TestComesBackUnderTheSameName(t *testing.T) {
	t.Parallel()
	withEach(t, func(p *program) {
		for i := range 20 {
			p.open("a", p.server.At("/ws?tag=a"), nil)
			p.event("received")
			p.done(send("a", "%d", i))
			if text := p.received(); text != fmt.Sprint(i) {
				p.Errorf("%q came", text)
			}
			p.done(object{"cmd": "drop", "on": "a"})
			p.closed(1006, "", false)
			p.server.Seen(p, "a", object{"ended": true})
		}
	})
}
