package main

import (
	"context"
	"errors"
)

// The library. This is the file to write: the others do everything else.

// version is the library's name and its version, such as "gorilla/websocket 1.5.3".
const version = "no library yet"

// capabilities are what the library lets one do besides, by the names of conformance/capabilities.json. What you claim you
// are held to.
var capabilities = []string{}

var errNotWritten = errors.New("not written yet: connect with your library here, in library.go")

// ending is how a connection ended.
type ending struct {
	code    int // of the peer's close frame; 1005 where it had none, 1006 where no close frame came
	reason  string
	isClean bool // close frames went both ways, and then TCP ended without being cut
}

// link is a connection that is open. One goroutine receives while another sends.
type link struct {
	subprotocol string // the one that was agreed on; empty where there is none
}

// connect opens a connection, and gives up when its context is over.
func connect(_ context.Context, _ string, _ []string) (*link, error) {
	return nil, errNotWritten
}

// receive gives the next message; behind the last one it gives the end, when TCP is over.
func (*link) receive() (message, *ending) {
	return message{}, &ending{code: 1006}
}

// send returns when the library has taken the message.
func (*link) send(message) error {
	return errNotWritten
}

// close carries out, or begins, the closing handshake; without a code where there is none.
func (*link) close(_ *int, _ string) error {
	return errNotWritten
}

// cut ends TCP without a closing handshake, at once. What waits for this connection then goes on.
func (*link) cut() {}
