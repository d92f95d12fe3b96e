// Command go-gorilla is the driver of gorilla/websocket.
package main

import (
	"context"
	"os"

	"crosswire/clients/go/gorilla"
	"crosswire/clients/go/internal/driver"
)

func main() {
	err := driver.Run(context.Background(), gorilla.Library(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(driver.ExitCode(os.Stderr, err))
}
