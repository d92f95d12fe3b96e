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

	mutex     sync.Mutex
	reading   chan struct{} // closed while it is read from
	wasPaused atomic.Bool
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

// Read waits while the wire is left alone. The deadline that interrupts it then is no error; a library has deadlines of
// its own only in the handshake, when nothing has been paused yet.
func (w *wire) Read(p []byte) (int, error) {
	for {
		if err := w.awaitReading(); err != nil {
			return 0, err
		}
		n, err := w.Conn.Read(p)
		if n > 0 || !w.wasPaused.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
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
