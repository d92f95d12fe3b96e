// Command go-coder is the driver of coder/websocket.
package main

import (
	"context"
	"os"

	"crosswire/clients/go/coder"
	"crosswire/clients/go/internal/driver"
)

func main() {
	err := driver.Run(context.Background(), coder.Library(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(driver.ExitCode(os.Stderr, err))
}
