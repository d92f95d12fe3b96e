package driver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"
)

// listenWithin is how long a listen may take, which says no time of its own.
const listenWithin = 2 * time.Second

// ErrUsage is the error of a program that was called wrongly.
var ErrUsage = errors.New("it takes no arguments: it reads commands from standard input, as conformance/drivers.md has them")

// Run carries out the commands of stdin until it ends or says bye, and tells on stdout what happened. When it returns,
// nothing is left of what it did.
func Run(ctx context.Context, library Library, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		return ErrUsage
	}
	ctx, cancel := context.WithCancel(ctx)
	d := &driver{
		library: library,
		output:  newOutput(),
		log:     slog.New(slog.NewTextHandler(stderr, nil)),
		tests:   map[uint64]*running{},
	}
	var writing sync.WaitGroup
	writing.Go(func() { d.output.write(stdout) })
	err := d.carryOutAll(ctx, bufio.NewReaderSize(stdin, 64<<10))
	for _, running := range d.tests {
		running.test.abandon()
	}
	cancel()
	d.tasks.Wait()
	d.output.close()
	writing.Wait()
	return errors.Join(err, d.output.failure())
}

// driver hands commands to where they belong. Each connection has a goroutine of its own: none waits for another one.
type driver struct {
	library Library
	output  *output
	log     *slog.Logger
	tests   map[uint64]*running
	tasks   sync.WaitGroup
}

// running is a test that has not ended.
type running struct {
	test        *test
	ctx         context.Context
	cancel      context.CancelFunc // lets go of all of it
	connections map[string]*connection
}

func (d *driver) carryOutAll(ctx context.Context, input *bufio.Reader) error {
	for d.output.failure() == nil {
		line, err := readLine(input)
		if err == io.EOF {
			break
		}
		if errors.Is(err, errLongLine) {
			d.output.line(map[string]*mistake{"error": {Message: err.Error()}})
			continue
		}
		if err != nil {
			return fmt.Errorf("standard input cannot be read: %w", err)
		}
		told, wrong := readCommand(line)
		if wrong != nil {
			d.output.line(map[string]*mistake{"error": wrong})
			continue
		}
		if _, ok := told.act.(farewell); ok {
			break
		}
		d.carryOut(ctx, told)
	}
	return nil
}

func (d *driver) carryOut(ctx context.Context, told command) {
	if _, ok := told.act.(greet); ok {
		d.output.line(map[string]hello{"hello": d.library.hello()})
		return
	}
	r := d.running(ctx, told.seq)
	switch act := told.act.(type) {
	case end:
		r.test.end(told.c)
		r.cancel()
		delete(d.tests, told.seq)
	case listen:
		d.tasks.Go(func() {
			if err := act.carryOut(r.ctx); err != nil {
				r.test.answer("", told.c, "failed", failed{err.Error()})
			} else {
				r.test.answer("", told.c, "listened", nil)
			}
		})
	case open:
		if before := r.connections[told.on]; before != nil && !before.isOver() {
			r.test.answer(told.on, told.c, "refused", refused{Error: fmt.Sprintf("the test has a connection `%s` already", told.on)})
			return
		}
		c := newConnection(r.ctx, d.library, r.test, d.log, told.on)
		r.connections[told.on] = c
		d.tasks.Go(func() { c.live(r.ctx, told.order, act) })
	default:
		if c := r.connections[told.on]; c != nil {
			c.give(told.order)
		} else {
			r.test.answer(told.on, told.c, "failed", failed{fmt.Sprintf("the test has no connection `%s`", told.on)})
		}
	}
}

// running is the test of this number, which begins with its first command.
func (d *driver) running(ctx context.Context, seq uint64) *running {
	r := d.tests[seq]
	if r == nil {
		r = &running{test: &test{seq: seq, output: d.output}, connections: map[string]*connection{}}
		r.ctx, r.cancel = context.WithCancel(ctx)
		d.tests[seq] = r
	}
	return r
}

// carryOut connects to the address and ends the connection.
func (l listen) carryOut(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, listenWithin)
	defer cancel()
	address, err := url.Parse(l.url)
	if err != nil {
		return err
	}
	if address.Port() == "" {
		return fmt.Errorf("%s names no host with a port", l.url)
	}
	tcp, err := new(net.Dialer).DialContext(ctx, "tcp", address.Host)
	if err != nil {
		return err
	}
	return tcp.Close()
}

// errLongLine is the error of a line that was read away.
var errLongLine = fmt.Errorf("a line is at most %d bytes long", longestLine)

// readLine reads a line with its end, or what stands behind the last one.
func readLine(input *bufio.Reader) ([]byte, error) {
	var line []byte
	isLong := false
	for {
		part, err := input.ReadSlice('\n')
		isLong = isLong || len(line)+len(part) > longestLine
		if !isLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case isLong && (err == nil || err == io.EOF):
			return nil, errLongLine
		case err == io.EOF && len(line) > 0:
			return line, nil
		default:
			return line, err
		}
	}
}

// ExitCode tells a person what Run ended with, and is the exit code of a program that has done nothing else.
func ExitCode(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	// Where nobody listens there is nobody to tell.
	_, _ = fmt.Fprintln(stderr, err)
	if errors.Is(err, ErrUsage) {
		return 2
	}
	return 1
}
