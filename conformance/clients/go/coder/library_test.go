package coder_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/coder/websocket"

	"crosswire/clients/go/internal/reference"
)

func TestCancellationEndsAHandshake(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, _, err := websocket.Dial(ctx, server.At("/scenario/no-answer"), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it was given up with %v", err)
	}
}

// Of an answer that it does not accept the library waits for more, for three seconds, whatever its context says.
func TestARefusalOutlivesItsContext(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, response, err := websocket.Dial(ctx, server.At("/scenario/wrong-accept"), nil)
	if err == nil || response == nil || response.StatusCode != 101 {
		t.Errorf("it was answered %v, %v", response, err)
	}
	if took := time.Since(started); took < 2*time.Second {
		t.Errorf("it was given up after %v: the driver needs no deadline of its own any more", took)
	}
}

// A receive that has timed out cannot be tried again: the context ends the connection.
func TestATimeoutIsTheEndOfTheConnection(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	client := connect(t.Context(), t, server.At("/ws?tag=a"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := client.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if _, _, err := client.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("again it ended with %v", err)
	}
	if seen := server.Seen(t, "a", map[string]any{"ended": true}); *seen.Ended != "vanished" {
		t.Errorf("the server saw %+v", seen)
	}
}

func TestAPeerThatVanishes(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	for _, scenario := range []string{"quiet-end", "vanishes"} {
		client := connect(t.Context(), t, server.At("/scenario/"+scenario))
		_, _, err := client.Read(t.Context())
		if err == nil || websocket.CloseStatus(err) != -1 {
			t.Errorf("%s: it ended with %v", scenario, err)
		}
		if scenario == "quiet-end" && !errors.Is(err, io.EOF) {
			t.Errorf("%s: it ended with %v", scenario, err)
		}
	}
}

// A message arrives whole, however it was cut; whoever reads it in pieces gets them as they come.
func TestAMessageInPieces(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	client := connect(t.Context(), t, server.At("/ws?tag=a"))
	act := map[string]any{"send": map[string]any{"text": "in äll pieces", "fragments": []int{4, 0, 1, 9}, "ping_between": true}}
	for range 2 {
		server.Act(t, "a", act)
	}
	expect(t.Context(), t, client, "in äll pieces")
	_, reader, err := client.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 16)
	n, err := reader.Read(first)
	if err != nil || string(first[:n]) != "in \xc3" {
		t.Errorf("the first piece is %q, %v", first[:n], err)
	}
	rest, err := io.ReadAll(reader)
	if err != nil || string(rest) != "\xa4ll pieces" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	leave(t, client)
}

// CloseNow ends whoever waits for a message: no goroutine is left, which TestMain sees.
func TestNobodyIsLeftWaiting(t *testing.T) {
	t.Parallel()
	client := connect(t.Context(), t, reference.Start(t).At("/ws"))
	ended := make(chan error)
	go func() {
		_, _, err := client.Read(t.Context())
		ended <- err
	}()
	if err := client.CloseNow(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("it ended with %v", err)
	}
}
