// Package reference starts the reference server for tests.
package reference

import (
	"bufio"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long anything may take.
const patience = 30 * time.Second

// Server is a reference server that keeps a journal. It ends with its test.
type Server struct {
	// URL is where it listens, without a path.
	URL string
	// Control is its control endpoint.
	Control string
}

// Start starts a server and waits until it listens.
func Start(t testing.TB) Server {
	t.Helper()
	command := exec.Command(Program(t), "serve", "--under-test", "--journal")
	command.Stderr = t.Output()
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// It stops when its standard input ends.
		_ = input.Close()
		late := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
		defer late.Stop()
		if err := command.Wait(); err != nil {
			t.Errorf("the reference server: %v", err)
		}
	})
	late := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the reference server did not say that it is ready: %v", err)
	}
	var said struct{ Ready Server }
	if err := json.Unmarshal(line, &said); err != nil {
		t.Fatalf("the reference server said %q: %v", line, err)
	}
	return said.Ready
}

// At is the URL of a path.
func (s Server) At(path string) string {
	return s.URL + path
}

// Act lets the server act on the connection that has a tag, and returns its answer.
func (s Server) Act(t testing.TB, to string, acts ...any) Answer {
	t.Helper()
	control, _, err := websocket.DefaultDialer.DialContext(t.Context(), s.Control, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	err = errors.Join(
		control.SetReadDeadline(time.Now().Add(patience)),
		control.WriteJSON(map[string]any{"id": 1, "to": to, "act": acts}),
	)
	if err != nil {
		t.Fatal(err)
	}
	var answer Answer
	if err := control.ReadJSON(&answer); err != nil {
		t.Fatal(err)
	}
	if !answer.OK {
		t.Fatalf("the server did not do %v: %s: %s", acts, answer.Error, answer.Message)
	}
	return answer
}

// Answer is an answer of the control endpoint.
type Answer struct {
	OK             bool
	Error, Message string
	Seen           Seen
}

// Seen is what the server saw of a connection, as far as tests ask for it.
type Seen struct {
	Handshake struct {
		Target      string
		Headers     [][2]string
		Subprotocol *string
	}
	Received struct{ Text, Binary, Ping, Pong int }
	LastPong *string `json:"last_pong"`
	Close    *struct {
		Code   *int
		Reason string
	}
	Open  bool
	Ended *string
}

// Seen is what the server saw of a connection, once something is true of it.
func (s Server) Seen(t testing.TB, tag string, until any) Seen {
	t.Helper()
	wait := map[string]any{"until": until, "within_ms": 10_000}
	return s.Act(t, tag, map[string]any{"seen": wait}).Seen
}
