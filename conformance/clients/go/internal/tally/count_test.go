package main

import (
	"io"
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, counted := range []struct{ name, events, expected string }{
		{"nothing", ``, "0 passed, 0 failed"},
		{"a subtest, and not its parent", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestA/b/c"}
			{"Action":"pass","Package":"p","Test":"TestA/b/c"}
			{"Action":"skip","Package":"p","Test":"TestA/b/d"}
			{"Action":"pass","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p"}`, "1 passed, 0 failed, 1 skipped"},
		{"a failure once", `
			{"Action":"fail","Package":"p","Test":"TestA/b"}
			{"Action":"fail","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, "0 passed, 1 failed"},
		{"a parent that fails by itself", `
			{"Action":"pass","Package":"p","Test":"TestA/b"}
			{"Action":"fail","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, "1 passed, 1 failed"},
		{"what does not build", `
			{"ImportPath":"p","Action":"build-output","Output":"syntax error\n"}
			{"ImportPath":"p","Action":"build-fail"}
			{"Action":"fail","Package":"p","FailedBuild":"p"}`, "0 passed, 1 failed"},
		{"what ends in the middle", `
			{"Action":"pass","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestB"}
			{"Action":"fail","Package":"p"}`, "1 passed, 1 failed"},
		{"a package without tests", `{"Action":"skip","Package":"p"}`, "0 passed, 0 failed"},
		{"names that begin alike", `
			{"Action":"pass","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p","Test":"TestAB/c"}
			{"Action":"pass","Package":"q","Test":"TestA"}
			{"Action":"pass","Package":"p"}
			{"Action":"pass","Package":"q"}`, "3 passed, 0 failed"},
	} {
		t.Run(counted.name, func(t *testing.T) {
			t.Parallel()
			counts, err := count(strings.NewReader(counted.events), io.Discard)
			if err != nil || counts.String() != counted.expected {
				t.Errorf("%v, %v", counts, err)
			}
		})
	}
	if _, err := count(strings.NewReader("nonsense"), io.Discard); err == nil {
		t.Error("nonsense is counted")
	}
}
