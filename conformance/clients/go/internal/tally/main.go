// Command tally runs the tests of Go modules, each in its folder, shows what failed, and ends in `N passed, N failed`.
//
//	tally [FOLDER]… [-- FLAG…]
//
// What follows `--` is handed to go test.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errFailed is the error of tests that were run and did not pass, which has been told in full.
var errFailed = errors.New("not everything has passed")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	folders, flags := args, []string(nil)
	if at := slices.Index(args, "--"); at >= 0 {
		folders, flags = args[:at], args[at+1:]
	}
	var all counts
	for _, folder := range folders {
		command := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, append(flags, "./...")...)...)
		command.Dir, command.Stderr = folder, stderr
		output, err := command.StdoutPipe()
		if err != nil {
			return err
		}
		if err := command.Start(); err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		counted, err := count(output, stdout)
		if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		// A run that was broken before it began must not look like a good one.
		if err := command.Wait(); err != nil && counted.failed == 0 {
			fmt.Fprintf(stderr, "%s: go test: %v\n", folder, err)
			counted.failed++
		}
		all.add(counted)
	}
	fmt.Fprintln(stdout, all)
	if all.failed > 0 || all.passed == 0 {
		return errFailed
	}
	return nil
}
