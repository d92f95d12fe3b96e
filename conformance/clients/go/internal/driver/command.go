package driver

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// command is one line, understood.
type command struct {
	seq uint64
	on  string
	order
}

// order is what is to be done, and the number under which it is answered.
type order struct {
	c   uint64
	act any // one of the types below
}

type (
	greet    struct{}
	farewell struct{}
	end      struct{}
	listen   struct{ url string }
	open     struct {
		Opening
		within  time.Duration
		reading bool
		full    bool // long messages are reported whole
		abandon bool
	}
	send     struct{ payload payload }
	sendMany struct {
		senders  int
		messages []payload
	}
	ping    struct{ payload []byte }
	pong    struct{ payload []byte }
	closing struct {
		frame  CloseFrame
		within time.Duration
	}
	drop    struct{}
	reading bool // whether the socket is read from
	react   struct{ then []order }
)

// mistake is a line that is no command, with its numbers as far as they could be read.
type mistake struct {
	Message string  `json:"message"`
	Seq     *uint64 `json:"seq,omitempty"`
	C       *uint64 `json:"c,omitempty"`
}

// readCommand reads a line. Nothing is carried out of one that has an unknown command or field, or a value that cannot be
// meant.
func readCommand(line []byte) (command, *mistake) {
	members, err := readObject(line)
	if err != nil {
		return command{}, &mistake{Message: err.Error()}
	}
	wrong := &mistake{Seq: numberIn(members, "seq"), C: numberIn(members, "c")}
	f := &fields{object: members}
	understood := understand(f)
	if err := f.end(); err != nil {
		wrong.Message = err.Error()
		return command{}, wrong
	}
	return understood, nil
}

func numberIn(members object, name string) *uint64 {
	if number, err := identifier(members[name]); err == nil {
		return &number
	}
	return nil
}

func identifier(value any) (uint64, error) { return number(math.MaxUint64)(value) }

func understand(f *fields) command {
	name := take(f, "cmd", text)
	if f.err != nil {
		return command{}
	}
	switch name {
	case "hello":
		if version := take(f, "protocol", identifier); version != protocol {
			f.fail("this driver speaks protocol %d, not %d", protocol, version)
		}
		return command{order: order{act: greet{}}}
	case "bye":
		return command{order: order{act: farewell{}}}
	}
	told := command{seq: take(f, "seq", identifier), order: order{c: take(f, "c", identifier)}}
	switch name {
	case "listen":
		told.act = listen{url: take(f, "url", text)}
	case "end":
		told.act = end{}
	default:
		told.on = take(f, "on", text)
		told.act = actOn(f, name, told)
	}
	return told
}

// actOn reads what a command wants of a connection.
func actOn(f *fields, name string, told command) any {
	switch name {
	case "open":
		return openingIn(f)
	case "send":
		return send{payloadIn(f)}
	case "send_many":
		many := sendMany{int(take(f, "senders", number(1<<20))), take(f, "messages", list(readPayload))}
		if many.senders == 0 {
			f.fail("`senders` must be at least 1")
		}
		return many
	case "ping":
		return ping{take(f, "hex", hexadecimal)}
	case "pong":
		return pong{take(f, "hex", hexadecimal)}
	case "close":
		return closingIn(f)
	case "drop":
		return drop{}
	case "stop_reading":
		return reading(false)
	case "start_reading":
		return reading(true)
	case "react":
		return react{take(f, "then", list(reactionOf(told)))}
	}
	// What else is wrong with the line does not matter then.
	f.err = fmt.Errorf("unknown command `%s`", name)
	return nil
}

func openingIn(f *fields) open {
	told := open{
		Opening: Opening{
			URL:          take(f, "url", text),
			Subprotocols: takeOr(f, "subprotocols", list(text), nil),
			Header:       http.Header{},
			MaxMessage:   int64(takeOr(f, "max_message", number(math.MaxInt64), 0)),
		},
		within:  take(f, "within_ms", milliseconds),
		reading: takeOr(f, "reading", boolean, true),
		abandon: takeOr(f, "abandon", boolean, false),
	}
	for _, header := range takeOr(f, "headers", list(list(text)), nil) {
		if len(header) != 2 {
			f.fail("each of `headers` is a name and a value")
			break
		}
		told.Header.Add(header[0], header[1])
	}
	switch data := takeOr(f, "data", text, ""); data {
	case "full":
		told.full = true
	case "":
	default:
		f.fail("`data` may be \"full\", not %q", data)
	}
	return told
}

func closingIn(f *fields) closing {
	_, hasCode := f.object["code"]
	told := closing{
		frame:  CloseFrame{Code: int(takeOr(f, "code", number(math.MaxUint16), NoCode))},
		within: take(f, "within_ms", milliseconds),
	}
	if _, hasReason := f.object["reason"]; hasReason && !hasCode {
		f.fail("a close frame has no `reason` without a `code`")
	}
	told.frame.Reason = takeOr(f, "reason", text, "")
	return told
}

// reactionOf reads a command inside a `react`. It belongs to the same connection; it may say so again.
func reactionOf(outer command) func(any) (order, error) {
	return func(value any) (order, error) {
		members, ok := value.(object)
		if !ok {
			return order{}, errors.New("is not an object")
		}
		f := &fields{object: members}
		name := take(f, "cmd", text)
		if name != "send" && name != "close" {
			f.fail("what is done in a reaction is `send` or `close`, not `%s`", name)
		}
		seq, on := takeOr(f, "seq", identifier, outer.seq), takeOr(f, "on", text, outer.on)
		if seq != outer.seq || on != outer.on {
			f.fail("what `then` does belongs to the connection of its `react`")
		}
		told := order{c: take(f, "c", identifier), act: actOn(f, name, outer)}
		return told, f.end()
	}
}

func milliseconds(value any) (time.Duration, error) {
	count, err := number(math.MaxInt64 / uint64(time.Millisecond))(value)
	return time.Duration(count) * time.Millisecond, err
}
