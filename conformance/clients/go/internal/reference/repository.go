package reference

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Program is the path of the command crosswire.
func Program(t testing.TB) string {
	t.Helper()
	if program, ok := os.LookupEnv("CROSSWIRE"); ok {
		return program
	}
	built := filepath.Join(Root(t), "target", "release", "crosswire")
	if _, err := os.Stat(built); err == nil {
		return built
	}
	program, err := exec.LookPath("crosswire")
	if err != nil {
		t.Fatalf("the command crosswire is not there: `./justw build` makes %s, and the variable CROSSWIRE names another one", built)
	}
	return program
}

// Root is the folder of the repository.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil && folder != filepath.Dir(folder) {
		if _, missing := os.Stat(filepath.Join(folder, "conformance", "suites")); missing == nil {
			return folder
		}
		folder = filepath.Dir(folder)
	}
	t.Fatalf("no folder around this one is the repository: %v", err)
	return ""
}

// Tests are the ids of the list's tests, in its order: those that begin so, or every one.
func Tests(t testing.TB, beginning string) []string {
	t.Helper()
	suites, err := filepath.Glob(filepath.Join(Root(t), "conformance", "suites", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, path := range suites {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var suite struct{ Tests []struct{ ID string } }
		if err := json.Unmarshal(content, &suite); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, test := range suite.Tests {
			if strings.HasPrefix(test.ID, beginning) {
				ids = append(ids, test.ID)
			}
		}
	}
	if len(ids) == 0 {
		t.Fatalf("no test of the list begins with %q", beginning)
	}
	return ids
}
