package driver

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// blockedAfter is how long a write may take that is not blocked. A drop waits for the sends in front of it, but not for one
// that is.
const blockedAfter = time.Second

// connection is a connection of a test. One goroutine carries out its commands in order, another one reads. It lives until
// its context ends, by a deadline or with its test: then TCP is cut, and whoever waits in the library returns.
//
// Its end is reported once, behind the answers to all that it has been told by then. What it is told later is still asked
// of the library, and answered with what that says.
type connection struct {
	library Library
	test    *test
	log     *slog.Logger
	on      string
	alive   context.Context
	cut     context.CancelFunc // ends alive

	// Set when it is opened, before anything else is done with it.
	conn Conn
	full bool // long messages are reported whole

	more chan struct{} // something waits

	mutex    sync.Mutex
	stage    stage
	wire     *wire
	waiting  []order
	reaction []order // what is done when the next message comes
	closing  bool    // a closing handshake has begun, from either side
	timer    *time.Timer
	deadline time.Time // of the timer
}

type stage int

const (
	isOpening stage = iota
	isOpen
	isOver
)

func newConnection(ctx context.Context, library Library, test *test, log *slog.Logger, on string) *connection {
	alive, cut := context.WithCancel(ctx)
	return &connection{
		library: library, test: test, log: log, on: on, alive: alive, cut: cut, more: make(chan struct{}, 1),
	}
}

// give gives it a command, and waits for nothing.
func (c *connection) give(told order) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.stage == isOpen && c.hurry(told) {
		return
	}
	c.waiting = append(c.waiting, told)
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// hurry does what does not wait for sends in front of it. They may be blocked until the peer is read from, or for ever:
// reading goes its own way, and deadlines run from when they were told. It says whether nothing is left to do.
func (c *connection) hurry(told order) bool {
	switch act := told.act.(type) {
	case reading:
		if act {
			c.wire.resume()
		} else {
			c.wire.pause()
		}
		c.answer(told, nil)
		return true
	case closing:
		c.cutWithin(act.within)
	case drop:
		c.cutIfBlocked()
	}
	return false
}

// cutWithin ends its life after a while, or earlier if that was arranged before.
func (c *connection) cutWithin(within time.Duration) {
	switch deadline := time.Now().Add(within); {
	case c.stage == isOver:
	case c.timer == nil:
		c.deadline, c.timer = deadline, time.AfterFunc(within, c.cut)
	case deadline.Before(c.deadline):
		c.deadline = deadline
		c.timer.Reset(within)
	}
}

// cutIfBlocked ends its life as soon as a write is blocked, as long as it is not over.
func (c *connection) cutIfBlocked() {
	time.AfterFunc(blockedAfter, func() {
		switch {
		case c.alive.Err() != nil || c.isOver():
		case c.wire.isWritingSince(time.Now().Add(-blockedAfter)):
			c.cut()
		default:
			c.cutIfBlocked()
		}
	})
}

// live opens it and carries out what it is told, until the test ends.
func (c *connection) live(ctx context.Context, told order, how open) {
	defer c.cut()
	var ended chan error
	if agreed, refusal := c.open(how); refusal != nil {
		c.enter(isOver)
		c.test.answer(c.on, told.c, "refused", refusal)
	} else {
		c.test.answer(c.on, told.c, "opened", agreed)
		c.enter(isOpen)
		ended = make(chan error, 1)
		go func() { ended <- c.read() }()
	}
	for {
		c.carryOutWaiting()
		select {
		case <-c.more:
		case err := <-ended:
			c.end(err)
			ended = nil
		case <-ctx.Done():
			if ended != nil {
				<-ended
			}
			return
		}
	}
}

func (c *connection) isOver() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.stage == isOver
}

// open carries out the opening handshake.
func (c *connection) open(how open) (*opened, *refused) {
	ctx, cancel := context.WithTimeout(c.alive, how.within)
	defer cancel()
	how.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		wire, err := dial(ctx, c.alive, network, address)
		if err != nil {
			return nil, err
		}
		c.mutex.Lock()
		c.wire = wire
		c.mutex.Unlock()
		if how.abandon {
			c.cut()
		}
		return wire, nil
	}
	how.Pong = func(payload []byte) {
		c.test.report(c.on, "pong", pongPayload{hex.EncodeToString(payload)})
	}
	// Not every library gives up when its context ends.
	inTime := context.AfterFunc(ctx, c.cut)
	conn, response, err := c.library.Open(ctx, how.Opening)
	if !inTime() && err == nil {
		err = errors.Join(context.Cause(ctx), conn.Cut())
	}
	if err != nil {
		refusal := &refused{Error: err.Error()}
		if response != nil {
			refusal.Status = &response.StatusCode
		}
		return nil, refusal
	}
	c.conn, c.full = conn, how.full
	if !how.reading {
		c.wire.pause()
	}
	agreed := &opened{Extensions: []string{}}
	if subprotocol := conn.Subprotocol(); subprotocol != "" {
		agreed.Subprotocol = &subprotocol
	}
	for _, list := range response.Header.Values("Sec-WebSocket-Extensions") {
		for extension := range strings.SplitSeq(list, ",") {
			agreed.Extensions = append(agreed.Extensions, strings.TrimSpace(extension))
		}
	}
	return agreed, nil
}

func (c *connection) enter(stage stage) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.stage = stage
	switch {
	case stage == isOpen:
		c.waiting = slices.DeleteFunc(c.waiting, c.hurry)
	case c.timer != nil:
		c.timer.Stop()
	}
}

// read reports what comes, until nothing more can.
func (c *connection) read() error {
	// What is being sent will not arrive any more.
	defer func() { _ = c.conn.Cut() }()
	for {
		if err := c.wire.awaitReading(); err != nil {
			return err
		}
		message, err := c.conn.Receive(c.alive)
		if err != nil {
			return err
		}
		// It may have been in the library's buffer before the socket was left alone.
		if err := c.wire.awaitReading(); err != nil {
			return err
		}
		c.test.report(c.on, "received", received(message, c.full))
		c.mutex.Lock()
		reaction := c.reaction
		c.reaction = nil
		c.mutex.Unlock()
		for _, told := range reaction {
			c.answer(told, c.carryOut(told.act))
		}
	}
}

// end reports how the connection ended, when reading has.
func (c *connection) end(err error) {
	frame, peerClosed := c.conn.PeerClosed(err)
	wasCut := c.alive.Err() != nil
	c.mutex.Lock()
	c.closing = c.closing || peerClosed
	c.mutex.Unlock()
	c.carryOutWaiting()
	c.enter(isOver)
	for _, told := range c.reaction {
		c.answer(told, net.ErrClosed)
	}
	if !peerClosed {
		c.log.Info("ended without a close frame", "test", c.test.seq, "connection", c.on, "error", err)
		frame.Code = noFrame
	}
	c.test.report(c.on, "closed", closed{frame.Code, frame.Reason, peerClosed && !wasCut})
}

func (c *connection) carryOutWaiting() {
	for {
		c.mutex.Lock()
		if len(c.waiting) == 0 {
			c.mutex.Unlock()
			return
		}
		told := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.mutex.Unlock()
		c.answer(told, c.carryOut(told.act))
	}
}

func (c *connection) answer(told order, err error) {
	if err != nil {
		c.test.answer(c.on, told.c, "failed", failed{err.Error()})
	} else {
		c.test.answer(c.on, told.c, "done", nil)
	}
}
