package main

import (
	"context"
	"net"
	"net/url"
	"sync"
	"time"
)

const (
	listenWithin = 2 * time.Second // the command says no time of its own
	mostWaiting  = 1 << 14
)

type fields map[string]any

// test is one that has not ended. Its events are numbered without a gap.
type test struct {
	seq         int
	connections map[string]*connection // known to the reader of commands alone
	context     context.Context
	cancel      context.CancelFunc

	reporting sync.Mutex
	n         int
	isOver    bool
}

// connection has a goroutine that reads and another that carries out commands in their order; neither waits for the other.
type connection struct {
	test    *test
	opening command
	waiting chan turn
}

// turn is a command, or behind the last message the end.
type turn struct {
	command command
	ending  *ending
}

func newTest(seq int) *test {
	of := &test{seq: seq, connections: map[string]*connection{}}
	of.context, of.cancel = context.WithCancel(context.Background())
	return of
}

// report tells what happened, and nothing any more when the test is over.
func (of *test) report(what string, more fields) {
	of.reporting.Lock()
	defer of.reporting.Unlock()
	if of.isOver {
		return
	}
	of.n++
	event := fields{"seq": of.seq, "n": of.n, "ms": float64(time.Since(started).Microseconds()) / 1000, "is": what}
	for name, value := range more {
		event[name] = value
	}
	say(fields{"event": event})
	of.isOver = what == "ended"
}

func (of *test) answer(command command, what string, more fields) {
	if more == nil {
		more = fields{}
	}
	more["c"] = command.C
	if command.On != "" {
		more["on"] = command.On
	}
	of.report(what, more)
}

func (of *test) end(c int) {
	of.report("ended", fields{"c": c})
	of.cancel()
}

// listen connects to the address of a URL, and ends the connection.
func (of *test) listen(command command) {
	address, err := url.Parse(command.URL)
	if err == nil {
		var reached net.Conn
		reached, err = net.DialTimeout("tcp", address.Host, listenWithin)
		if err == nil {
			_ = reached.Close()
			of.answer(command, "listened", nil)
			return
		}
	}
	of.answer(command, "failed", fields{"error": err.Error()})
}

func (of *test) open(opening command) *connection {
	opened := &connection{test: of, opening: opening, waiting: make(chan turn, mostWaiting)}
	go opened.live()
	return opened
}

func (of *connection) take(command command) {
	select {
	case of.waiting <- turn{command: command}:
	default:
		of.test.answer(command, "failed", fields{"error": "too many commands wait for this connection"})
	}
}

func (of *connection) live() {
	within := time.Duration(of.opening.WithinMs) * time.Millisecond
	opening, cancel := context.WithTimeout(of.test.context, within)
	link, err := connect(opening, of.opening.URL, of.opening.Subprotocols)
	cancel()
	if err != nil {
		of.test.answer(of.opening, "refused", fields{"error": err.Error(), "status": nil})
		of.refuse(err)
		return
	}
	defer link.cut()
	var subprotocol any
	if link.subprotocol != "" {
		subprotocol = link.subprotocol
	}
	of.test.answer(of.opening, "opened", fields{"subprotocol": subprotocol, "extensions": nil})
	go of.read(link)
	of.work(link)
}

// refuse says of everything that comes why there is no connection.
func (of *connection) refuse(err error) {
	for {
		select {
		case turn := <-of.waiting:
			of.test.answer(turn.command, "failed", fields{"error": err.Error()})
		case <-of.test.context.Done():
			return
		}
	}
}

func (of *connection) read(link *link) {
	for {
		message, end := link.receive()
		if end != nil {
			select {
			case of.waiting <- turn{ending: end}:
			case <-of.test.context.Done():
			}
			return
		}
		more := message.shown(of.opening.Data == "full")
		more["on"] = of.opening.On
		of.test.report("received", more)
	}
}

func (of *connection) work(link *link) {
	var deadlines []*time.Timer
	for {
		select {
		case <-of.test.context.Done():
			return
		case turn := <-of.waiting:
			if end := turn.ending; end != nil {
				for _, deadline := range deadlines {
					deadline.Stop()
				}
				how := fields{"on": of.opening.On, "code": end.code, "reason": end.reason, "clean": end.isClean}
				of.test.report("closed", how)
				continue
			}
			if turn.command.Cmd == "close" {
				within := time.Duration(turn.command.WithinMs) * time.Millisecond
				deadlines = append(deadlines, time.AfterFunc(within, link.cut))
			}
			of.carryOut(link, turn.command)
		}
	}
}

func (of *connection) carryOut(link *link, command command) {
	var err error
	if command.Cmd == "send" {
		err = link.send(command.payload())
	} else {
		err = link.close(command.Code, command.Reason)
	}
	if err != nil {
		of.test.answer(command, "failed", fields{"error": err.Error()})
		return
	}
	of.test.answer(command, "done", nil)
}
