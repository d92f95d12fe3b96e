// Package driver is a driver as conformance/drivers.md has it: it does with one WebSocket library what it is told, and
// reports what happened. The libraries are packages of their own, each of which describes one by a [Library].
package driver

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"slices"
)

// protocol is the version of the driver protocol.
const protocol = 1

// maxConcurrent is how many tests may run at once.
const maxConcurrent = 64

// Library describes a WebSocket library, and opens connections with it.
type Library struct {
	// Client is its name in the manifest.
	Client string
	// Version is the library's name and its version in go.mod.
	Version string
	// Capabilities are those of the registry that it has.
	Capabilities []string
	// Open carries out an opening handshake. The response is what the library shows of the server's answer, also where
	// the handshake fails; it may be nil.
	Open func(context.Context, Opening) (Conn, *http.Response, error)
}

// Opening is how a connection is opened.
type Opening struct {
	URL          string
	Subprotocols []string
	Header       http.Header
	// MaxMessage is the longest message that is accepted; with 0 the library's own limit stands.
	MaxMessage int64
	// Dial makes the TCP connection: every one that the library uses must come from here.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Pong is called with the payload of each pong, where the library shows them.
	Pong func(payload []byte)
}

// Conn is an open connection. One goroutine calls Receive, and others call the rest at the same time. Whoever waits in one
// of its methods returns when TCP is cut; only where a library takes a context this may be earlier.
type Conn interface {
	// Subprotocol is what was agreed on, or empty.
	Subprotocol() string
	// Receive waits for the next message. After an error it is not called again.
	Receive(ctx context.Context) (Message, error)
	// Send sends a message.
	Send(ctx context.Context, message Message) error
	// Close begins the closing handshake, and may wait until it is over. That it has begun before is no error.
	Close(ctx context.Context, frame CloseFrame) error
	// Cut ends TCP without a closing handshake.
	Cut() error
	// PeerClosed is the peer's close frame, if one has come; err is what Receive ended with.
	PeerClosed(err error) (CloseFrame, bool)
}

// Pinger is a connection that sends pings and pongs with any payload.
type Pinger interface {
	Ping(payload []byte) error
	Pong(payload []byte) error
}

// Message is what is sent and received.
type Message struct {
	IsText bool
	Data   []byte
}

// CloseFrame is what a close frame says. A frame without a code has [NoCode].
type CloseFrame struct {
	Code   int
	Reason string
}

const (
	// NoCode stands for a close frame without a code.
	NoCode = 1005
	// noFrame stands for an end without a close frame.
	noFrame = 1006
)

func (l Library) has(capability string) bool {
	return slices.Contains(l.Capabilities, capability)
}

// hello is how the driver introduces itself.
type hello struct {
	Client        string   `json:"client"`
	Language      string   `json:"language"`
	Runtime       string   `json:"runtime"`
	Library       string   `json:"library"`
	MaxConcurrent int      `json:"max_concurrent"`
	Origin        *string  `json:"origin"`
	Capabilities  []string `json:"capabilities"`
}

func (l Library) hello() hello {
	return hello{
		Client:        l.Client,
		Language:      "go",
		Runtime:       runtime.Version(),
		Library:       l.Version,
		MaxConcurrent: maxConcurrent,
		Capabilities:  l.Capabilities,
	}
}
