// Package coder lets the driver use coder/websocket.
package coder

import (
	"context"
	"errors"
	"net/http"

	"github.com/coder/websocket"

	"crosswire/clients/go/internal/driver"
)

// Library describes coder/websocket. What its pings carry it chooses itself, it sends no pong that nobody asked for, and
// the last frame of a message in fragments is always an empty one. It ends TCP as soon as the close frames are exchanged.
func Library() driver.Library {
	return driver.Library{
		Client:  "go-coder",
		Version: "coder/websocket 1.8.15",
		Capabilities: []string{
			"abort", "headers", "handshake-status", "close-any-code", "close-without-code", "many-senders",
			"stop-reading", "react", "message-limit", "invalid-text", "abandon", "extensions-shown",
		},
		Open: open,
	}
}

func open(ctx context.Context, opening driver.Opening) (driver.Conn, *http.Response, error) {
	ws, response, err := websocket.Dial(ctx, opening.URL, &websocket.DialOptions{
		// Nobody else could use a TCP connection that is kept after a refusal.
		HTTPClient:     &http.Client{Transport: &http.Transport{DialContext: opening.Dial, DisableKeepAlives: true}},
		HTTPHeader:     opening.Header,
		Host:           opening.Header.Get("Host"),
		Subprotocols:   opening.Subprotocols,
		OnPongReceived: func(_ context.Context, payload []byte) { opening.Pong(payload) },
	})
	if err != nil {
		return nil, response, err
	}
	if opening.MaxMessage > 0 {
		ws.SetReadLimit(opening.MaxMessage)
	}
	return &conn{Conn: ws}, response, nil
}

// conn is a connection.
type conn struct {
	*websocket.Conn
	// answer is the peer's close frame, where Close has read it.
	answer *driver.CloseFrame
}

func (c *conn) Receive(ctx context.Context) (driver.Message, error) {
	kind, data, err := c.Read(ctx)
	return driver.Message{IsText: kind == websocket.MessageText, Data: data}, err
}

func (c *conn) Send(ctx context.Context, message driver.Message) error {
	kind := websocket.MessageBinary
	if message.IsText {
		kind = websocket.MessageText
	}
	return c.Write(ctx, kind, message.Data)
}

// Close waits for the peer's close frame, and reads it itself where nobody else does. Of a frame with our own code the
// library then tells nothing but that it came.
func (c *conn) Close(ctx context.Context, frame driver.CloseFrame) error {
	// On a connection that was cut, the library closes without an error.
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.Conn.Close(websocket.StatusCode(frame.Code), frame.Reason)
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		c.answer = &driver.CloseFrame{Code: int(closed.Code), Reason: closed.Reason}
		return nil
	case err == nil && ctx.Err() == nil:
		c.answer = &driver.CloseFrame{Code: frame.Code}
	}
	return err
}

func (c *conn) Cut() error {
	return c.CloseNow()
}

func (c *conn) PeerClosed(err error) (driver.CloseFrame, bool) {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return driver.CloseFrame{Code: int(closed.Code), Reason: closed.Reason}, true
	}
	if c.answer != nil {
		return *c.answer, true
	}
	return driver.CloseFrame{}, false
}
