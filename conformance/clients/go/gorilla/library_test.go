package gorilla_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"crosswire/clients/go/internal/reference"
)

// A context that is cancelled while the server does not answer is not looked at; only a deadline is.
func TestCancellationIsSeenByWhoDialsTCP(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		tcp, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { tcp.Close() })
			cancel()
		}
		return tcp, err
	}}
	_, _, err := dialer.DialContext(ctx, server.At("/scenario/no-answer"), nil)
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("it was given up with %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = websocket.DefaultDialer.DialContext(ctx, server.At("/scenario/no-answer"), nil)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it was given up with %v", err)
	}
}

// A receive that has timed out cannot be tried again, though the message comes.
func TestATimeoutIsTheEndOfReading(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	client := connect(t, server.At("/ws?tag=a"))
	if err := client.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, _, err := client.ReadMessage()
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("it ended with %v", err)
	}
	server.Act(t, "a", map[string]any{"send": map[string]any{"text": "now"}})
	if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, _, again := client.ReadMessage(); again != err {
		t.Errorf("again it ended with %v", again)
	}
}

// An end without a close frame looks like one with 1006; a reset does not.
func TestAPeerThatVanishes(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	for scenario, isClose := range map[string]bool{"quiet-end": true, "vanishes": false} {
		client := connect(t, server.At("/scenario/"+scenario))
		_, _, err := client.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseAbnormalClosure) != isClose {
			t.Errorf("%s: it ended with %v", scenario, err)
		}
	}
}

// A message arrives whole, however it was cut; whoever reads it in pieces gets them as they come.
func TestAMessageInPieces(t *testing.T) {
	t.Parallel()
	server := reference.Start(t)
	client := connect(t, server.At("/ws?tag=a"))
	act := map[string]any{"send": map[string]any{"text": "in äll pieces", "fragments": []int{4, 0, 1, 9}, "ping_between": true}}
	for range 2 {
		server.Act(t, "a", act)
	}
	expect(t, client, "in äll pieces")
	_, reader, err := client.NextReader()
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

// Closing TCP ends whoever waits for a message: no goroutine is left, which TestMain sees.
func TestNobodyIsLeftWaiting(t *testing.T) {
	t.Parallel()
	client := connect(t, reference.Start(t).At("/ws"))
	ended := make(chan error)
	go func() {
		_, _, err := client.ReadMessage()
		ended <- err
	}()
	client.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("it ended with %v", err)
	}
}
