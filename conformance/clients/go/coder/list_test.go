package coder_test

import (
	"testing"

	"crosswire/clients/go/coder"
	"crosswire/clients/go/internal/rows"
)

// TestList is every test of the list, by its id: go test -run 'List/core/echo$' runs one.
func TestList(t *testing.T) {
	rows.Run(t, coder.Library())
}
