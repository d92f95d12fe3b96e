// Package server is a server under test, as conformance/servers.md has it, with gorilla/websocket. It speaks the plain
// protocol of docs/protocol.md, and the part of its control endpoint that the library allows.
package server

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	name    = "go-gorilla"
	version = "gorilla/websocket 1.5.3"

	// headTimeout is how long the head of a request may take.
	headTimeout = 5 * time.Second
	// drainTimeout is how long connections may take to close when the server stops.
	drainTimeout = time.Second
)

// ErrUsage is the error of a command line that is not understood.
var ErrUsage = errors.New("usage")

// capabilities are those that conformance/capabilities.json names for servers. The library does not let one choose where
// a message is cut into frames.
func capabilities() []string {
	return []string{
		"welcome", "echo", "bare-echo", "routes", "subprotocols", "origins", "no-extensions", "control",
		"control-any-code", "control-close-without-code", "control-ping", "control-drop", "control-finish", "control-raw", "control-reading", "journal", "journal-pings",
	}
}

// config is what the flags say.
type config struct {
	maxMessage  int64
	maxSessions int
	origins     []string
}

func readFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Int64Var(&c.maxMessage, "max-message", 1<<20, "a longer message, in `bytes`, ends its connection with 1009")
	flags.IntVar(&c.maxSessions, "max-sessions", 10_000, "one more `connection` than this is refused with 503")
	flags.Func("allow-origin", "let pages of this `origin` in; its port may be *", func(origin string) error {
		c.origins = append(c.origins, origin)
		return nil
	})
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return c, err
	case err != nil:
		return c, fmt.Errorf("%w: %w", ErrUsage, err)
	case flags.NArg() > 0:
		return c, fmt.Errorf("%w: %q is no flag", ErrUsage, flags.Arg(0))
	case c.maxMessage < 1 || c.maxSessions < 1:
		return c, fmt.Errorf("%w: --max-message and --max-sessions are at least 1", ErrUsage)
	}
	return c, nil
}

// Run listens on a free port of 127.0.0.1, says so on stdout, and serves until stdin ends.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	config, err := readFlags(args, stderr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	log := slog.NewTextHandler(stderr, nil)
	house := newHouse(config, slog.New(log))
	serving := &http.Server{
		Handler:           house,
		ReadHeaderTimeout: headTimeout,
		ErrorLog:          slog.NewLogLogger(log, slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- serving.Serve(wireListener{listener}) }()
	if err := ready(stdout, "ws://"+listener.Addr().String(), config); err != nil {
		cancel()
	}
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	// Sessions have left the HTTP server with their handshake; it ends everything else.
	err = errors.Join(err, serving.Close())
	house.close(drainTimeout)
	return err
}

// ready writes the line that tells where the server is, and what it can.
func ready(stdout io.Writer, url string, config config) error {
	type limits struct {
		MaxMessage int64 `json:"max_message"`
	}
	type ready struct {
		URL     string   `json:"url"`
		Control string   `json:"control"`
		Name    string   `json:"name"`
		Version string   `json:"version"`
		Can     []string `json:"can"`
		Limits  limits   `json:"limits"`
	}
	line := map[string]ready{"ready": {url, url + "/control", name, version, capabilities(), limits{config.maxMessage}}}
	return json.NewEncoder(stdout).Encode(line)
}
