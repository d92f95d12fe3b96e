package gorilla_test

import (
	"testing"

	"crosswire/clients/go/gorilla"
	"crosswire/clients/go/internal/rows"
)

// TestList is every test of the list, by its id: go test -run 'List/core/echo$' runs one.
func TestList(t *testing.T) {
	rows.Run(t, gorilla.Library())
}
