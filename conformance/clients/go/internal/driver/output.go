package driver

import (
	"io"
	"math"
	"sync"
	"time"
)

// mostWaiting is how many bytes of messages may wait to be written before whoever has another one waits too.
const mostWaiting = 1 << 20

// output is standard output. One goroutine writes what waits; it alone may be held up by whoever reads. What answers a
// command waits for nothing, so that commands are read on while nobody reads; what a peer sends waits for room, so that it
// is held back by TCP.
type output struct {
	started time.Time

	mutex   sync.Mutex
	changed sync.Cond // on mutex: any of the following has changed
	waiting []byte
	over    bool
	err     error
}

func newOutput() *output {
	o := &output{started: time.Now()}
	o.changed.L = &o.mutex
	return o
}

// test is a test as the output sees it: it counts the events, so that n is the order of the lines.
type test struct {
	seq    uint64
	output *output
	events uint64
	over   bool
}

// write writes until close is called, and all that waits is written; or until nobody reads any more.
func (o *output) write(to io.Writer) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for o.err == nil {
		if len(o.waiting) == 0 {
			if o.over {
				return
			}
			o.changed.Wait()
			continue
		}
		lines := o.waiting
		o.waiting = nil
		o.changed.Broadcast()
		o.mutex.Unlock()
		_, err := to.Write(lines)
		o.mutex.Lock()
		o.err = err
	}
	o.changed.Broadcast()
}

// close lets write return.
func (o *output) close() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.over = true
	o.changed.Broadcast()
}

// failure is why nothing can be written any more.
func (o *output) failure() error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.err
}

// line writes a line of its own, which is no event.
func (o *output) line(value any) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.put(encode(value))
}

// answer tells how a command was answered.
func (t *test) answer(on string, c uint64, is string, details any) {
	t.output.mutex.Lock()
	defer t.output.mutex.Unlock()
	t.put(event{C: &c, On: on, Is: is}, details)
}

// end tells that the test has ended, which is the last that it tells.
func (t *test) end(c uint64) {
	t.output.mutex.Lock()
	defer t.output.mutex.Unlock()
	t.put(event{C: &c, Is: "ended"}, nil)
	t.over = true
	t.output.changed.Broadcast()
}

// abandon lets the test say nothing more.
func (t *test) abandon() {
	t.output.mutex.Lock()
	defer t.output.mutex.Unlock()
	t.over = true
	t.output.changed.Broadcast()
}

// report tells what nobody asked for, as soon as there is room.
func (t *test) report(on, is string, details any) {
	t.output.mutex.Lock()
	defer t.output.mutex.Unlock()
	for len(t.output.waiting) > mostWaiting && !t.over && t.output.err == nil {
		t.output.changed.Wait()
	}
	t.put(event{On: on, Is: is}, details)
}

func (t *test) put(event event, details any) {
	if t.over {
		return
	}
	t.events++
	event.Seq, event.N = t.seq, t.events
	event.MS = math.Round(time.Since(t.output.started).Seconds()*1e6) / 1e3
	t.output.put(event.line(details))
}

func (o *output) put(line []byte) {
	o.waiting = append(o.waiting, line...)
	o.changed.Broadcast()
}
