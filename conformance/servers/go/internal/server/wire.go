package server

import (
	"errors"
	"net"
	"os"
	"sync"
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

	inRead    sync.Mutex // held by who reads
	mutex     sync.Mutex
	reading   chan struct{} // closed while it is read from
	wasPaused bool

	writing sync.Mutex
	holds   bool
	held    []byte
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

// readOnce reads unless the wire has been paused just now, or is while it waits. That is no error; other
// deadlines are set only before the handshake is answered.
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
