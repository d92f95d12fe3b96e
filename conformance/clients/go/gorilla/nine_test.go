package gorilla_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"crosswire/clients/go/internal/reference"
)

// patience is how long anything in these tests may take.
const patience = 30 * time.Second

// TestNine is the study's nine tests, as a user of gorilla/websocket would write them: no list, no driver.
func TestNine(t *testing.T) {
	nine := []struct {
		id   string
		test func(*testing.T, reference.Server)
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
			one.test(t, reference.Start(t))
		})
	}
	if listed := reference.Tests(t, "core/"); !slices.Equal(ids, listed) {
		t.Errorf("the tests here are %v, and those of the list %v", ids, listed)
	}
}

// The server listens on its port.
func listens(t *testing.T, server reference.Server) {
	connection, err := net.DialTimeout("tcp", strings.TrimPrefix(server.URL, "ws://"), patience)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

// A client connects.
func connects(t *testing.T, server reference.Server) {
	client, response, err := websocket.DefaultDialer.DialContext(t.Context(), server.At("/ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 101 {
		t.Errorf("the status is %d", response.StatusCode)
	}
	leave(t, client)
}

// The first message from the server is the welcome.
func welcome(t *testing.T, server reference.Server) {
	client := dial(t, server.At("/ws"))
	var first struct{ Type, Connection, Server string }
	if err := client.ReadJSON(&first); err != nil {
		t.Fatal(err)
	}
	if first.Type != "welcome" || first.Connection == "" || first.Server == "" {
		t.Errorf("the first message is %+v", first)
	}
	nothingElse(t, client)
	leave(t, client)
}

// A client sends a message and gets it back unchanged.
func echo(t *testing.T, server reference.Server) {
	client := connect(t, server.At("/ws"))
	for _, message := range []struct {
		kind int
		data string
	}{
		{websocket.TextMessage, "hello"},
		{websocket.TextMessage, "ä😀\x00"},
		{websocket.TextMessage, ""},
		{websocket.BinaryMessage, "\x00\xff"},
	} {
		if err := client.WriteMessage(message.kind, []byte(message.data)); err != nil {
			t.Fatal(err)
		}
		kind, data, err := client.ReadMessage()
		if err != nil || kind != message.kind || string(data) != message.data {
			t.Errorf("%+v came back as %d %q, %v", message, kind, data, err)
		}
	}
	leave(t, client)
}

// The server sends a message that nobody asked for.
func push(t *testing.T, server reference.Server) {
	a, b := connect(t, server.At("/ws?tag=a")), connect(t, server.At("/ws?tag=b"))
	server.Act(t, "a", json.RawMessage(`{"send":{"text":"news"}}`))
	expect(t, a, "news")
	nothingElse(t, b)
	leave(t, a)
	leave(t, b)
}

// A client closes with 1000, gets 1000 back, and the connection ends cleanly.
func close1000(t *testing.T, server reference.Server) {
	client := connect(t, server.At("/ws"))
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "done")
	if err := client.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, _, err := client.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseNormalClosure || closed.Text != "done" {
		t.Errorf("the connection ended with %v", err)
	}
}

// Many messages sent without waiting come back complete and in order.
func manyToServer(t *testing.T, server reference.Server) {
	client := connect(t, server.At("/ws"))
	sent := make(chan error, 1)
	go func() {
		for i := range 1000 {
			if err := client.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "message %d", i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range 1000 {
		expect(t, client, fmt.Sprintf("message %d", i))
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	nothingElse(t, client)
	leave(t, client)
}

// Many messages pushed by the server arrive complete and in order.
func manyToClient(t *testing.T, server reference.Server) {
	client := connect(t, server.At("/ws?tag=many"))
	server.Act(t, "many", json.RawMessage(`{"send":{"text":"message ${i}","times":1000}}`))
	for i := range 1000 {
		expect(t, client, fmt.Sprintf("message %d", i))
	}
	nothingElse(t, client)
	leave(t, client)
}

// Many clients are independent of one another.
func manyClients(t *testing.T, server reference.Server) {
	clients := make([]*websocket.Conn, 20)
	for i := range clients {
		clients[i] = connect(t, server.At("/ws"))
	}
	for i, client := range clients {
		if err := client.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "from %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	clients[7].Close()
	for i, client := range clients {
		if i != 7 {
			expect(t, client, fmt.Sprintf("from %d", i))
			nothingElse(t, client)
			leave(t, client)
		}
	}
}

// dial opens a connection that ends with the test, and in which nothing waits for ever.
func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	client, _, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	deadline := time.Now().Add(patience)
	if err := errors.Join(client.SetReadDeadline(deadline), client.SetWriteDeadline(deadline)); err != nil {
		t.Fatal(err)
	}
	return client
}

// connect opens a connection and reads its welcome.
func connect(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	client := dial(t, url)
	if _, _, err := client.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	return client
}

func expect(t *testing.T, client *websocket.Conn, text string) {
	t.Helper()
	kind, data, err := client.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(data) != text {
		t.Fatalf("%q was expected, and %d %q came, %v", text, kind, data, err)
	}
}

// nothingElse checks that the echo of a last word is the very next message.
func nothingElse(t *testing.T, client *websocket.Conn) {
	t.Helper()
	if err := client.WriteMessage(websocket.TextMessage, []byte("last word")); err != nil {
		t.Fatal(err)
	}
	expect(t, client, "last word")
}

// leave closes a connection, and checks that the server agrees.
func leave(t *testing.T, client *websocket.Conn) {
	t.Helper()
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := client.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := client.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			client.Close()
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
