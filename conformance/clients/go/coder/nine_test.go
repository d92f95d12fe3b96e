package coder_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"crosswire/clients/go/internal/reference"
)

// TestNine is the study's nine tests, as a user of coder/websocket would write them: no list, no driver.
func TestNine(t *testing.T) {
	nine := []struct {
		id   string
		test func(context.Context, *testing.T, reference.Server)
	}{
		{"core/listens", listens},
		{"core/connects", connects},
		{"core/welcome", welcome},
		{"core/echo", echo},
		{"core/push", push},
		{"core/close-1000", close1000},
		{"core/many-to-server", manyToServer},
		{"core/many-to-client", manyToClient},
		{"core/many-clients", manyClients},
	}
	var ids []string
	for _, one := range nine {
		ids = append(ids, one.id)
		t.Run(one.id, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			one.test(ctx, t, reference.Start(t))
		})
	}
	if listed := reference.Tests(t, "core/"); !slices.Equal(ids, listed) {
		t.Errorf("the tests here are %v, and those of the list %v", ids, listed)
	}
}

// The server listens on its port.
func listens(ctx context.Context, t *testing.T, server reference.Server) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(server.URL, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

// A client connects.
func connects(ctx context.Context, t *testing.T, server reference.Server) {
	client, response, err := websocket.Dial(ctx, server.At("/ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 101 {
		t.Errorf("the status is %d", response.StatusCode)
	}
	leave(t, client)
}

// The first message from the server is the welcome.
func welcome(ctx context.Context, t *testing.T, server reference.Server) {
	client := dial(ctx, t, server.At("/ws"))
	var first struct{ Type, Connection, Server string }
	if err := wsjson.Read(ctx, client, &first); err != nil {
		t.Fatal(err)
	}
	if first.Type != "welcome" || first.Connection == "" || first.Server == "" {
		t.Errorf("the first message is %+v", first)
	}
	nothingElse(ctx, t, client)
	leave(t, client)
}

// A client sends a message and gets it back unchanged.
func echo(ctx context.Context, t *testing.T, server reference.Server) {
	client := connect(ctx, t, server.At("/ws"))
	for _, message := range []struct {
		kind websocket.MessageType
		data string
	}{
		{websocket.MessageText, "hello"},
		{websocket.MessageText, "ä😀\x00"},
		{websocket.MessageText, ""},
		{websocket.MessageBinary, "\x00\xff"},
	} {
		if err := client.Write(ctx, message.kind, []byte(message.data)); err != nil {
			t.Fatal(err)
		}
		kind, data, err := client.Read(ctx)
		if err != nil || kind != message.kind || string(data) != message.data {
			t.Errorf("%v came back as %v %q, %v", message, kind, data, err)
		}
	}
	leave(t, client)
}

// The server sends a message that nobody asked for.
func push(ctx context.Context, t *testing.T, server reference.Server) {
	a, b := connect(ctx, t, server.At("/ws?tag=a")), connect(ctx, t, server.At("/ws?tag=b"))
	server.Act(t, "a", json.RawMessage(`{"send":{"text":"news"}}`))
	expect(ctx, t, a, "news")
	nothingElse(ctx, t, b)
	leave(t, a)
	leave(t, b)
}

// A client closes with 1000, gets 1000 back, and the connection ends cleanly.
func close1000(ctx context.Context, t *testing.T, server reference.Server) {
	client := connect(ctx, t, server.At("/ws"))
	// With another code than its own in the answer this is an error.
	if err := client.Close(websocket.StatusNormalClosure, "done"); err != nil {
		t.Errorf("the closing handshake: %v", err)
	}
}

// Many messages sent without waiting come back complete and in order.
func manyToServer(ctx context.Context, t *testing.T, server reference.Server) {
	client := connect(ctx, t, server.At("/ws"))
	sent := make(chan error, 1)
	go func() {
		for i := range 1000 {
			if err := client.Write(ctx, websocket.MessageText, fmt.Appendf(nil, "message %d", i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range 1000 {
		expect(ctx, t, client, fmt.Sprintf("message %d", i))
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	nothingElse(ctx, t, client)
	leave(t, client)
}

// Many messages pushed by the server arrive complete and in order.
func manyToClient(ctx context.Context, t *testing.T, server reference.Server) {
	client := connect(ctx, t, server.At("/ws?tag=many"))
	server.Act(t, "many", json.RawMessage(`{"send":{"text":"message ${i}","times":1000}}`))
	for i := range 1000 {
		expect(ctx, t, client, fmt.Sprintf("message %d", i))
	}
	nothingElse(ctx, t, client)
	leave(t, client)
}

// Many clients are independent of one another.
func manyClients(ctx context.Context, t *testing.T, server reference.Server) {
	clients := make([]*websocket.Conn, 20)
	for i := range clients {
		clients[i] = connect(ctx, t, server.At("/ws"))
	}
	for i, client := range clients {
		if err := client.Write(ctx, websocket.MessageText, fmt.Appendf(nil, "from %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := clients[7].CloseNow(); err != nil {
		t.Fatal(err)
	}
	for i, client := range clients {
		if i != 7 {
			expect(ctx, t, client, fmt.Sprintf("from %d", i))
			nothingElse(ctx, t, client)
			leave(t, client)
		}
	}
}

// dial opens a connection that ends with the test.
func dial(ctx context.Context, t *testing.T, url string) *websocket.Conn {
	t.Helper()
	client, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.CloseNow() })
	return client
}

// connect opens a connection and reads its welcome.
func connect(ctx context.Context, t *testing.T, url string) *websocket.Conn {
	t.Helper()
	client := dial(ctx, t, url)
	if _, _, err := client.Read(ctx); err != nil {
		t.Fatal(err)
	}
	return client
}

func expect(ctx context.Context, t *testing.T, client *websocket.Conn, text string) {
	t.Helper()
	kind, data, err := client.Read(ctx)
	if err != nil || kind != websocket.MessageText || string(data) != text {
		t.Fatalf("%q was expected, and %v %q came, %v", text, kind, data, err)
	}
}

// nothingElse checks that the echo of a last word is the very next message.
func nothingElse(ctx context.Context, t *testing.T, client *websocket.Conn) {
	t.Helper()
	if err := client.Write(ctx, websocket.MessageText, []byte("last word")); err != nil {
		t.Fatal(err)
	}
	expect(ctx, t, client, "last word")
}

// leave closes a connection, and checks that the server agrees.
func leave(t *testing.T, client *websocket.Conn) {
	t.Helper()
	if err := client.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("the closing handshake: %v", err)
	}
}
