// Package rows shows the list of tests in Go's own test framework: each is a subtest, named by its id.
package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"crosswire/clients/go/internal/driver"
	"crosswire/clients/go/internal/reference"
)

const (
	// patience is longer than any test may take.
	patience = 2 * time.Minute
	// timeScale stretches waits: the race detector takes its time, and only waits that run out take longer. coder/websocket gives
	// up a close by itself after 5 s, which a stretched second must stay below.
	timeScale = "4"
)

// Run has each test of the list stepped and judged by `crosswire step`, for which this process is the driver. Known
// failures pass, with a word; what the library cannot do is skipped.
func Run(t *testing.T, library driver.Library) {
	stepper := start(t, library)
	var ids []string
	for _, test := range stepper.tests {
		ids = append(ids, test.ID)
		t.Run(test.ID, func(t *testing.T) {
			if test.Unsupported != nil {
				t.Skip(*test.Unsupported)
			}
			t.Parallel()
			verdict, err := stepper.judge(t.Context(), test.ID)
			switch {
			case err != nil:
				t.Fatal(err)
			case verdict.Outcome == "fixed":
				t.Fatalf("it passes: the entry among the known failures has to go: %s", test.Known.Reason)
			case verdict.Outcome == "known":
				t.Logf("a known failure: %s\n%s\n%s", test.Known.Reason, test.Known.Link, verdict.Message)
			case verdict.Outcome != "ok":
				t.Fatalf("%s: %s", verdict.Outcome, verdict.Message)
			}
		})
	}
	slices.Sort(ids)
	listed := reference.Tests(t, "")
	slices.Sort(listed)
	if !slices.Equal(ids, listed) {
		t.Errorf("%d rows for the %d tests of the list", len(ids), len(listed))
	}
}

// start starts a stepper, which ends with the test, and its driver.
func start(t *testing.T, library driver.Library) *stepper {
	manifest := filepath.Join(reference.Root(t), "conformance", "clients", "go", "impl.json")
	s, err := startStepper(t.Output(), reference.Program(t), "step", "--client", manifest, "--time-scale", timeScale)
	if err != nil {
		t.Fatal(err)
	}
	var driving sync.WaitGroup
	driving.Go(func() {
		err := driver.Run(context.Background(), library, nil, s.commands, s, t.Output())
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the driver: %v", err)
		}
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("crosswire step: %v", err)
		}
		driving.Wait()
	})
	select {
	case <-s.ready:
	case <-s.over:
		t.Fatal("crosswire step ended before it was ready")
	case <-time.After(patience):
		t.Fatal("crosswire step is not ready")
	}
	return s
}

// judge has one test stepped, and waits for the verdict.
func (s *stepper) judge(ctx context.Context, id string) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	told, err := s.begin(id)
	if err != nil {
		return verdict{}, fmt.Errorf("crosswire step: %w", err)
	}
	select {
	case verdict := <-told:
		return verdict, nil
	case <-s.over:
		return verdict{}, errors.New("crosswire step has ended")
	case <-ctx.Done():
		return verdict{}, fmt.Errorf("no verdict: %w", ctx.Err())
	}
}
