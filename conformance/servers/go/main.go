// Command go is the study's server, with gorilla/websocket.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"crosswire/servers/go/internal/server"
)

func main() {
	err := server.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, server.ErrUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
