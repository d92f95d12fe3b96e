package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// counts are how many tests ended how. A test with subtests is not one besides them.
type counts struct{ passed, failed, skipped int }

func (c *counts) add(other counts) {
	c.passed += other.passed
	c.failed += other.failed
	c.skipped += other.skipped
}

func (c counts) String() string {
	words := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		words += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return words
}

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// pack is what is known of a package while its tests run.
type pack struct {
	ended   map[string]string // the tests that have, and how
	output  map[string][]string
	parents map[string]bool
}

// count adds up what go test says, and shows how each package ended, with all that was said about what failed.
func count(events io.Reader, stdout io.Writer) (counts, error) {
	var all counts
	packs := map[string]*pack{}
	for decoder := json.NewDecoder(events); ; {
		var e event
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, fmt.Errorf("go test -json: %w", err)
		}
		if e.Action == "build-output" {
			fmt.Fprint(stdout, e.Output)
			continue
		}
		p := packs[e.Package]
		if p == nil {
			p = &pack{ended: map[string]string{}, output: map[string][]string{}, parents: map[string]bool{}}
			packs[e.Package] = p
		}
		for at := strings.LastIndex(e.Test, "/"); at > 0; at = strings.LastIndex(e.Test[:at], "/") {
			p.parents[e.Test[:at]] = true
		}
		switch e.Action {
		case "output":
			p.output[e.Test] = append(p.output[e.Test], e.Output)
		case "pass", "fail", "skip":
			if e.Test != "" {
				p.ended[e.Test] = e.Action
				continue
			}
			counted := p.end(e.Action, stdout)
			all.add(counted)
			if e.Action != "skip" { // It has tests.
				fmt.Fprintf(stdout, "%s  %s  %.1f s  %v\n", e.Action, e.Package, e.Elapsed, counted)
			}
		}
	}
}

// end counts a package that has ended.
func (p *pack) end(action string, stdout io.Writer) counts {
	var c counts
	for _, test := range slices.Sorted(maps.Keys(p.ended)) {
		how := p.ended[test]
		if how == "fail" {
			fmt.Fprint(stdout, strings.Join(p.output[test], ""))
		}
		switch {
		case how == "fail" && !p.blames(test):
			c.failed++
		case p.parents[test]:
		case how == "pass":
			c.passed++
		case how == "skip":
			c.skipped++
		}
	}
	// It did not build, or ended in the middle.
	if action == "fail" && c.failed == 0 {
		fmt.Fprint(stdout, strings.Join(p.output[""], ""))
		c.failed++
	}
	return c
}

// blames says whether a test has failed because one of its subtests has.
func (p *pack) blames(test string) bool {
	for other, how := range p.ended {
		if how == "fail" && strings.HasPrefix(other, test+"/") {
			return true
		}
	}
	return false
}
