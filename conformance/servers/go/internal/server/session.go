package server

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

const (
	// writeTimeout is how long a client may take nothing of what is written to it.
	writeTimeout = 30 * time.Second
	// closeTimeout is how long a close frame may stay without an answer.
	closeTimeout = 5 * time.Second
	// linger is how long a client may take to end its side of TCP.
	linger = time.Second
)

// How a session ended, in the words of docs/protocol.md.
const (
	clean     = "clean"
	vanished  = "vanished"
	violation = "violation"
	timedOut  = "timed_out"
	cut       = "cut"
)

var (
	errNotOpen = errors.New("the connection is closing or has ended; nothing more can be done on it")
	errNotUTF8 = errors.New("a text message is not UTF-8")
)

// session is a connection. The goroutine of its handshake reads and answers; scripts of /control write as well.
type session struct {
	house    *house
	id, tag  string
	limit    int64
	welcomes bool
	receive  func(isText bool, data []byte) error
	journal  *journal

	// Set once it is begun.
	begun chan struct{}
	conn  *websocket.Conn
	wire  *wire

	writing sync.Mutex  // held by who writes
	closed  atomic.Bool // nothing is written any more

	mutex sync.Mutex
	cause string // of an end that is our doing
	timer *time.Timer
}

// run speaks with the client until the connection has ended.
func (s *session) run(conn *websocket.Conn) {
	s.conn, s.wire = conn, conn.NetConn().(*wire)
	conn.SetReadLimit(s.limit)
	conn.SetPingHandler(s.answerPing)
	conn.SetPongHandler(s.takePong)
	conn.SetCloseHandler(s.answerClose)
	err := s.welcome()
	close(s.begun)
	for err == nil {
		err = s.converse()
	}
	s.leave(s.conclude(err))
}

// leave lets the names go before it is told that the session has ended.
func (s *session) leave(ended string) {
	s.house.leave(s)
	s.journal.note(func(j *journal) { j.ended = &ended })
}

func (s *session) welcome() error {
	if !s.welcomes {
		return nil
	}
	text, err := json.Marshal(map[string]string{"type": "welcome", "connection": s.id, "server": name + "/" + version})
	if err != nil {
		return err
	}
	return s.send(true, text)
}

func (s *session) converse() error {
	kind, data, err := s.conn.ReadMessage()
	if err != nil {
		return err
	}
	isText := kind == websocket.TextMessage
	s.journal.note(func(j *journal) { j.received.add(isText, data) })
	if isText && !utf8.Valid(data) { // The library leaves this to its users.
		return errors.Join(errNotUTF8, s.close(websocket.CloseInvalidFramePayloadData, errNotUTF8.Error()))
	}
	// Behind our close frame messages are counted, and not answered.
	if err := s.receive(isText, data); !errors.Is(err, errNotOpen) {
		return err
	}
	return nil
}

// echo is what is received on /ws and /echo.
func (s *session) echo(isText bool, data []byte) error {
	return s.send(isText, data)
}

func (s *session) send(isText bool, data []byte) error {
	kind := websocket.BinaryMessage
	if isText {
		kind = websocket.TextMessage
	}
	return s.write(func(deadline time.Time) error {
		if err := s.conn.SetWriteDeadline(deadline); err != nil {
			return err
		}
		s.journal.note(func(j *journal) { j.sent.add(isText, data) })
		return s.conn.WriteMessage(kind, data)
	})
}

func (s *session) ping(payload []byte) error {
	return s.write(func(deadline time.Time) error {
		s.journal.note(func(j *journal) { j.sent.Ping++ })
		return s.conn.WriteControl(websocket.PingMessage, payload, deadline)
	})
}

func (s *session) pong(payload []byte) error {
	return s.write(func(deadline time.Time) error {
		s.journal.note(func(j *journal) { j.sent.Pong++ })
		return s.conn.WriteControl(websocket.PongMessage, payload, deadline)
	})
}

// close begins the closing handshake.
func (s *session) close(code int, reason string) error {
	return s.closeWith(websocket.FormatCloseMessage(code, reason))
}

func (s *session) closeWith(payload []byte) error {
	return s.write(func(deadline time.Time) error {
		s.closed.Store(true)
		s.endWithin(closeTimeout, timedOut)
		return s.conn.WriteControl(websocket.CloseMessage, payload, deadline)
	})
}

// write lets one writer at a time write, as the library wants it. What is written is noted before, so that nobody knows of
// it earlier than the journal.
func (s *session) write(write func(deadline time.Time) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return errNotOpen
	}
	return write(time.Now().Add(writeTimeout))
}

func (s *session) answerPing(payload string) error {
	s.journal.note(func(j *journal) { j.received.Ping++ })
	if err := s.pong([]byte(payload)); !errors.Is(err, errNotOpen) {
		return err
	}
	return nil
}

func (s *session) takePong(payload string) error {
	s.journal.note(func(j *journal) {
		last := hex.EncodeToString([]byte(payload))
		j.received.Pong++
		j.lastPong = &last
	})
	return nil
}

// answerClose gives a client its code and reason back; or its frame is the answer to ours.
func (s *session) answerClose(code int, reason string) error {
	s.journal.note(func(j *journal) {
		j.close = &closeSeen{Reason: reason}
		if code != websocket.CloseNoStatusReceived {
			j.close.Code = &code
		}
	})
	if err := s.close(code, reason); !errors.Is(err, errNotOpen) {
		return err
	}
	return nil
}

// raw writes bytes past the library, also behind a close frame.
func (s *session) raw(data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.wire.Write(data)
	return err
}

// together holds back what is written in the meantime, and lets it leave in pieces.
func (s *session) together(piece int, write func() error) error {
	if s.closed.Load() {
		return errNotOpen
	}
	s.wire.hold()
	return errors.Join(write(), s.wire.release(piece))
}

// end cuts TCP.
func (s *session) end(cause string) error {
	s.blame(cause)
	if s.wire == nil { // Its handshake has failed.
		return errNotOpen
	}
	return s.wire.cut()
}

// finish ends our side of TCP, without a close frame.
func (s *session) finish() error {
	s.blame(cut)
	return s.wire.finish()
}

func (s *session) blame(cause string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.cause == "" {
		s.cause = cause
	}
}

func (s *session) endWithin(within time.Duration, cause string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(within, func() { _ = s.end(cause) })
}

// conclude ends TCP as it should be, and says how the session ended.
func (s *session) conclude(err error) string {
	s.closed.Store(true)
	ended := violation
	var frame *websocket.CloseError
	isFrame := errors.As(err, &frame)
	var network net.Error
	switch {
	case isFrame && frame.Code != websocket.CloseAbnormalClosure:
		ended = clean
	case isFrame, errors.Is(err, io.EOF), errors.As(err, &network), errors.Is(err, net.ErrClosed):
		ended = vanished
	}
	if ended != vanished {
		// Our side ends first, and what still comes is read away, so that no reset overtakes the close frame.
		s.endWithin(linger, timedOut)
		_ = s.wire.finish()
		_, _ = io.Copy(io.Discard, s.wire)
	}
	_ = s.wire.Close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.cause != "" && ended != violation {
		ended = s.cause
	}
	return ended
}
