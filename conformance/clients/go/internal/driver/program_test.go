package driver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"crosswire/clients/go/coder"
	"crosswire/clients/go/gorilla"
	"crosswire/clients/go/internal/driver"
	"crosswire/clients/go/internal/reference"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// patience is how long anything may take.
const patience = time.Minute

// object is a command, or what the driver said.
type object = map[string]any

// program is a driver that runs, and what it has said. It is checked that the events of a test have no gap, and that a
// command is answered once.
type program struct {
	*testing.T
	library driver.Library
	server  reference.Server

	input    *io.PipeWriter
	lines    chan []byte
	ended    chan error
	seq      int // the test that is spoken of
	told     map[[2]int]bool
	answered map[[2]int]bool
	events   map[int]int // of each test
	unread   []object
}

// withEach runs a test with the driver of each library.
func withEach(t *testing.T, test func(p *program)) {
	for _, library := range []driver.Library{gorilla.Library(), coder.Library()} {
		t.Run(library.Client, func(t *testing.T) {
			t.Parallel()
			p := start(t, library)
			p.server = reference.Start(t)
			test(p)
			p.finish()
		})
	}
}

func start(t *testing.T, library driver.Library) *program {
	stdin, input := io.Pipe()
	output, stdout := io.Pipe()
	p := &program{
		T: t, library: library, input: input, lines: make(chan []byte), ended: make(chan error, 1),
		seq: 1, told: map[[2]int]bool{}, answered: map[[2]int]bool{}, events: map[int]int{},
	}
	go func() {
		defer stdout.Close()
		p.ended <- driver.Run(context.Background(), library, nil, stdin, stdout, t.Output())
	}()
	go func() {
		defer close(p.lines)
		for lines := bufio.NewReader(output); ; {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			p.lines <- line
		}
	}()
	// Where the test has failed, nobody listens any more.
	t.Cleanup(func() {
		input.Close()
		for range p.lines {
		}
	})
	return p
}

// write tells the driver a line.
func (p *program) write(line string) {
	p.Helper()
	late := time.AfterFunc(patience, func() { p.input.CloseWithError(context.DeadlineExceeded) })
	defer late.Stop()
	if _, err := io.WriteString(p.input, line+"\n"); err != nil {
		p.Fatalf("the driver takes no command: %v", err)
	}
}

// tell gives a command its numbers, and does not wait for its answer.
func (p *program) tell(command object) int {
	p.Helper()
	c := len(p.told) + 1
	command = maps.Clone(command)
	command["seq"], command["c"] = p.seq, c
	p.told[[2]int{p.seq, c}] = true
	if then, ok := command["then"].([]object); ok {
		for _, reaction := range then {
			p.told[[2]int{p.seq, reaction["c"].(int)}] = true
		}
	}
	line, err := json.Marshal(command)
	if err != nil {
		p.Fatal(err)
	}
	p.write(string(line))
	return c
}

// line is the next thing that the driver says.
func (p *program) line() object {
	p.Helper()
	var line []byte
	select {
	case line = <-p.lines:
	case <-time.After(patience):
	}
	var said object
	if err := json.Unmarshal(line, &said); err != nil {
		p.Fatalf("the driver said %q: %v", line, err)
	}
	if event, ok := said["event"].(object); ok {
		seq := int(event["seq"].(float64))
		p.events[seq]++
		if event["n"] != float64(p.events[seq]) {
			p.Errorf("event %d of its test is %v", p.events[seq], event)
		}
		if c, ok := event["c"].(float64); ok {
			command := [2]int{seq, int(c)}
			if !p.told[command] || p.answered[command] {
				p.Errorf("no command waits for %v", event)
			}
			p.answered[command] = true
		}
		if event["is"] == "ended" {
			delete(p.events, seq)
		}
	}
	return said
}

// find is the next event for which something is true; others are kept.
func (p *program) find(wanted func(object) bool) object {
	p.Helper()
	if at := slices.IndexFunc(p.unread, wanted); at >= 0 {
		event := p.unread[at]
		p.unread = slices.Delete(p.unread, at, at+1)
		return event
	}
	for {
		event, ok := p.line()["event"].(object)
		if !ok {
			p.Fatal("the driver said something else than an event")
		}
		if wanted(event) {
			return event
		}
		p.unread = append(p.unread, event)
	}
}

// event is the next one of a kind.
func (p *program) event(is string) object {
	p.Helper()
	return p.find(func(event object) bool { return event["seq"] == float64(p.seq) && event["is"] == is })
}

// answer is the answer to a command.
func (p *program) answer(c int) object {
	p.Helper()
	return p.find(func(event object) bool { return event["seq"] == float64(p.seq) && event["c"] == float64(c) })
}

func (p *program) ask(command object) object {
	p.Helper()
	return p.answer(p.tell(command))
}

func (p *program) done(command object) {
	p.Helper()
	if answer := p.ask(command); answer["is"] != "done" {
		p.Fatalf("%v was answered %v", command, answer)
	}
}

// failed has a command fail, and returns the words.
func (p *program) failed(command object) string {
	p.Helper()
	answer := p.ask(command)
	if answer["is"] != "failed" {
		p.Fatalf("%v was answered %v", command, answer)
	}
	return answer["error"].(string)
}

// open opens a connection with more fields.
func (p *program) open(on, url string, more object) object {
	p.Helper()
	command := object{"cmd": "open", "on": on, "url": url, "within_ms": 30_000}
	maps.Copy(command, more)
	opened := p.ask(command)
	if opened["is"] != "opened" {
		p.Fatalf("%v was answered %v", command, opened)
	}
	return opened
}

func (p *program) closed(code int, reason string, clean bool) {
	p.Helper()
	closed := p.event("closed")
	if closed["code"] != float64(code) || closed["reason"] != reason || closed["clean"] != clean {
		p.Errorf("closed with %v, and not with %d %q, clean %t", closed, code, reason, clean)
	}
}

// received is the next message's text.
func (p *program) received() string {
	p.Helper()
	text, _ := p.event("received")["text"].(string)
	return text
}

func (p *program) end() {
	p.Helper()
	if ended := p.ask(object{"cmd": "end"}); ended["is"] != "ended" || ended["on"] != nil {
		p.Errorf("`end` was answered %v", ended)
	}
}

// finish ends the test and the driver, and checks that everything was answered.
func (p *program) finish() {
	p.Helper()
	if p.events[p.seq] > 0 {
		p.end()
	}
	for command := range p.told {
		if !p.answered[command] {
			p.Errorf("command %v was not answered", command)
		}
	}
	p.bye()
}

func (p *program) bye() {
	p.Helper()
	p.write(`{"cmd":"bye"}`)
	select {
	case err := <-p.ended:
		if err != nil {
			p.Errorf("the driver ended with %v", err)
		}
	case <-time.After(patience):
		p.Error("the driver does not end")
	}
}

// has says whether the library has a capability.
func (p *program) has(capability string) bool {
	return slices.Contains(p.library.Capabilities, capability)
}

func send(on, format string, arguments ...any) object {
	return object{"cmd": "send", "on": on, "text": fmt.Sprintf(format, arguments...)}
}
