package server

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// wireListener makes a wire of each TCP connection.
type wireListener struct{ net.Listener }

func (l wireListener) Accept() (net.Conn, error) {
	tcp, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: tcp, closed: make(chan struct{}), reading: make(chan struct{})}
	close(w.reading)
	return w, nil
}

// wire is a TCP connection that can be left alone for a while, and that can hold back what is written until it leaves in
// one piece, or byte by byte. The library reads and writes through it as through any other.
type wire struct {
	net.Conn
	closed  chan struct{}
	closing sync.Once

	mutex     sync.Mutex
	reading   chan struct{} // closed while it is read from
	wasPaused atomic.Bool

	writing sync.Mutex
	holds   bool
	held    []byte
}

// read lets it be read from, or leaves it alone until it may be again. Whoever reads it just then is interrupted.
func (w *wire) read(reading bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	// Where a deadline cannot be set, there is no connection any more.
	switch wasReading := w.isReading(); {
	case wasReading && !reading:
		w.reading = make(chan struct{})
		w.wasPaused.Store(true)
		_ = w.SetReadDeadline(time.Unix(1, 0))
	case !wasReading && reading:
		_ = w.SetReadDeadline(time.Time{})
		close(w.reading)
	}
}

func (w *wire) isReading() bool {
	select {
	case <-w.reading:
		return true
	default:
		return false
	}
}

// Read waits while the wire is left alone. The deadline that interrupts it then is no error; others are set only before.
func (w *wire) Read(p []byte) (int, error) {
	for {
		w.mutex.Lock()
		reading := w.reading
		w.mutex.Unlock()
		select {
		case <-reading:
		case <-w.closed:
			return 0, net.ErrClosed
		}
		n, err := w.Conn.Read(p)
		if n > 0 || !w.wasPaused.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if w.holds {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	return w.Conn.Write(p)
}

// hold holds back what is written until release.
func (w *wire) hold() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.holds = true
}

// release writes what was held back, in pieces of at most so many bytes.
func (w *wire) release(size int) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.holds = false
	for len(w.held) > 0 {
		n, err := w.Conn.Write(w.held[:min(size, len(w.held))])
		if err != nil {
			return err
		}
		w.held = w.held[n:]
	}
	return nil
}

// Close ends TCP. What was written goes out before.
func (w *wire) Close() error {
	w.closing.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// finish ends our side of TCP.
func (w *wire) finish() error {
	return w.Conn.(*net.TCPConn).CloseWrite()
}

// cut ends TCP with a reset.
func (w *wire) cut() error {
	return errors.Join(w.Conn.(*net.TCPConn).SetLinger(0), w.Close())
}
