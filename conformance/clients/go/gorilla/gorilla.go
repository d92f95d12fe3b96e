// Package gorilla lets the driver use gorilla/websocket.
package gorilla

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"crosswire/clients/go/internal/driver"
)

// Library describes gorilla/websocket. It has one writer at a time, and chooses itself where a message is cut into frames. Behind
// the close frames there is nothing to do with a connection but to close it, which ends TCP.
func Library() driver.Library {
	return driver.Library{
		Client:  "go-gorilla",
		Version: "gorilla/websocket 1.5.3",
		Capabilities: []string{
			"ping", "pong", "abort", "headers", "handshake-status", "close-any-code", "close-without-code",
			"stop-reading", "react", "message-limit", "invalid-text", "abandon", "extensions-shown",
		},
		Open: open,
	}
}

func open(ctx context.Context, opening driver.Opening) (driver.Conn, *http.Response, error) {
	dialer := websocket.Dialer{NetDialContext: opening.Dial, Subprotocols: opening.Subprotocols}
	ws, response, err := dialer.DialContext(ctx, opening.URL, opening.Header)
	if err != nil {
		return nil, response, err
	}
	if opening.MaxMessage > 0 {
		ws.SetReadLimit(opening.MaxMessage)
	}
	ws.SetPongHandler(func(payload string) error {
		opening.Pong([]byte(payload))
		return nil
	})
	return &conn{Conn: ws}, response, nil
}

// conn is a connection. The library takes no contexts: what waits for the peer returns when TCP is cut.
type conn struct {
	*websocket.Conn
	// writing is held by the one that writes a message: the library leaves that to its users.
	writing sync.Mutex
}

func (c *conn) Receive(context.Context) (driver.Message, error) {
	kind, data, err := c.ReadMessage()
	return driver.Message{IsText: kind == websocket.TextMessage, Data: data}, err
}

func (c *conn) Send(_ context.Context, message driver.Message) error {
	kind := websocket.BinaryMessage
	if message.IsText {
		kind = websocket.TextMessage
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.WriteMessage(kind, message.Data)
}

func (c *conn) Ping(payload []byte) error {
	return c.WriteControl(websocket.PingMessage, payload, time.Time{})
}

func (c *conn) Pong(payload []byte) error {
	return c.WriteControl(websocket.PongMessage, payload, time.Time{})
}

func (c *conn) Close(_ context.Context, frame driver.CloseFrame) error {
	payload := websocket.FormatCloseMessage(frame.Code, frame.Reason)
	err := c.WriteControl(websocket.CloseMessage, payload, time.Time{})
	if errors.Is(err, websocket.ErrCloseSent) {
		return nil
	}
	return err
}

func (c *conn) Cut() error {
	return c.Conn.Close()
}

// PeerClosed knows that the library reports an end without a close frame as if there had been one with 1006.
func (c *conn) PeerClosed(err error) (driver.CloseFrame, bool) {
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code == websocket.CloseAbnormalClosure {
		return driver.CloseFrame{}, false
	}
	return driver.CloseFrame{Code: closed.Code, Reason: closed.Text}, true
}
