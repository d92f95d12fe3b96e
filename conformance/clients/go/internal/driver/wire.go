package driver

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a TCP connection that can be left alone for a while. The library is given it in place of its own, for only so is
// the socket left alone at once: a goroutine that waits inside of the library reads on until it has a message.
type wire struct {
	net.Conn
	closed  chan struct{}
	closing sync.Once

	inRead    sync.Mutex // held by who reads
	mutex     sync.Mutex
	reading   chan struct{} // closed while it is read from
	wasPaused bool

	writing atomic.Int64 // since when somebody writes, in nanoseconds; 0 where nobody does
}

// dial makes a wire, which is cut when the context of its connection's life ends.
func dial(ctx, alive context.Context, network, address string) (*wire, error) {
	tcp, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: tcp, closed: make(chan struct{}), reading: make(chan struct{})}
	close(w.reading)
	context.AfterFunc(alive, w.cut)
	return w, nil
}

// resume lets it be read from again.
func (w *wire) resume() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.isReading() {
		// Where a deadline cannot be set, there is no connection any more.
		_ = w.SetReadDeadline(time.Time{})
		close(w.reading)
	}
}

// pause leaves it alone until it may be read from again. When it returns, nobody reads.
func (w *wire) pause() {
	w.mutex.Lock()
	if w.isReading() {
		w.reading, w.wasPaused = make(chan struct{}), true
		_ = w.SetReadDeadline(time.Unix(1, 0))
	}
	w.mutex.Unlock()
	// Who was about to read when the deadline was set may read once more; that is waited for.
	w.inRead.Lock()
	defer w.inRead.Unlock()
}

// isReading is asked by who holds mutex.
func (w *wire) isReading() bool {
	select {
	case <-w.reading:
		return true
	default:
		return false
	}
}

// awaitReading waits while it is left alone.
func (w *wire) awaitReading() error {
	w.mutex.Lock()
	reading := w.reading
	w.mutex.Unlock()
	select {
	case <-reading:
		return nil
	case <-w.closed:
		return net.ErrClosed
	}
}

// Read waits while the wire is left alone.
func (w *wire) Read(p []byte) (int, error) {
	for {
		if err := w.awaitReading(); err != nil {
			return 0, err
		}
		n, wasInterrupted, err := w.readOnce(p)
		if !wasInterrupted {
			return n, err
		}
	}
}

// readOnce reads unless the wire has been paused just now, or is while it waits. That is no error; a library has deadlines
// of its own only in the handshake, when nothing has been paused yet.
func (w *wire) readOnce(p []byte) (n int, wasInterrupted bool, err error) {
	w.inRead.Lock()
	defer w.inRead.Unlock()
	w.mutex.Lock()
	isReading := w.isReading()
	w.mutex.Unlock()
	if !isReading {
		return 0, true, nil
	}
	n, err = w.Conn.Read(p)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return n, n == 0 && w.wasPaused && errors.Is(err, os.ErrDeadlineExceeded), err
}

func (w *wire) Write(p []byte) (int, error) {
	w.writing.Store(time.Now().UnixNano())
	defer w.writing.Store(0)
	return w.Conn.Write(p)
}

// isWritingSince says whether a write has begun before some time, and not ended.
func (w *wire) isWritingSince(then time.Time) bool {
	since := w.writing.Load()
	return since != 0 && since <= then.UnixNano()
}

// Close ends TCP. What was written goes out before.
func (w *wire) Close() error {
	w.closing.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// cut ends TCP with a reset, whatever is still on its way.
func (w *wire) cut() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		// Where this fails, there is no connection any more.
		_ = tcp.SetLinger(0)
	}
	_ = w.Close()
}
