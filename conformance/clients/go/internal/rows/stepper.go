package rows

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
)

// stepper is a `crosswire step` that runs. It is a writer for what the driver says.
type stepper struct {
	// tests are those of the list, once ready is closed.
	tests []listed
	ready chan struct{}
	// commands is what it tells the driver.
	commands *io.PipeReader
	// over is closed when it has said everything.
	over chan struct{}

	command *exec.Cmd
	input   io.WriteCloser

	mutex    sync.Mutex // for writing to input, and for what follows
	last     uint64
	verdicts map[uint64]chan<- verdict
}

// listed is a test of the list.
type listed struct {
	ID          string
	Unsupported *string
	Known       *struct{ Reason, Link string }
}

type verdict struct {
	Seq              uint64
	Outcome, Message string
}

func startStepper(stderr io.Writer, program string, arguments ...string) (*stepper, error) {
	command := exec.Command(program, arguments...)
	command.Stderr = stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	commands, told := io.Pipe()
	s := &stepper{
		ready:    make(chan struct{}),
		commands: commands,
		over:     make(chan struct{}),
		command:  command,
		input:    input,
		verdicts: map[uint64]chan<- verdict{},
	}
	go func() {
		defer close(s.over)
		told.CloseWithError(s.sort(output, told))
	}()
	return s, nil
}

// sort hands what is said to where it belongs. It ends with what is said.
func (s *stepper) sort(said io.Reader, driver io.Writer) error {
	lines := bufio.NewReader(said)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(line, []byte(`{"ready":`)):
			var said struct{ Ready struct{ Tests []listed } }
			if err := json.Unmarshal(line, &said); err != nil {
				return fmt.Errorf("%.200s: %w", line, err)
			}
			s.tests = said.Ready.Tests
			close(s.ready)
		case bytes.HasPrefix(line, []byte(`{"verdict":`)):
			var said struct{ Verdict verdict }
			if err := json.Unmarshal(line, &said); err != nil {
				return fmt.Errorf("%.200s: %w", line, err)
			}
			s.mutex.Lock()
			s.verdicts[said.Verdict.Seq] <- said.Verdict
			s.mutex.Unlock()
		default:
			if _, err := driver.Write(line); err != nil {
				return err
			}
		}
	}
}

// begin starts a test; its verdict comes when it is over.
func (s *stepper) begin(id string) (<-chan verdict, error) {
	told := make(chan verdict, 1)
	s.mutex.Lock()
	s.last++
	seq := s.last
	s.verdicts[seq] = told
	s.mutex.Unlock()
	start, err := json.Marshal(map[string]any{"start": map[string]any{"seq": seq, "test": id}})
	if err != nil {
		return nil, err
	}
	_, err = s.Write(append(start, '\n'))
	return told, err
}

// Write takes whole lines.
func (s *stepper) Write(lines []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.input.Write(lines)
}

// stop lets it end, as it does when its standard input has, and waits for that.
func (s *stepper) stop() error {
	closed := s.input.Close()
	<-s.over
	return errors.Join(closed, s.command.Wait())
}
