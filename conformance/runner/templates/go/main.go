// The driver of {{name}}: it reads commands, has library.go carry them out, and reports, as conformance/drivers.md says.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

const longestLine = 4 << 20

var (
	started = time.Now()
	saying  sync.Mutex
)

// say writes a line.
func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err) // nothing is told that JSON does not have
	}
	saying.Lock()
	defer saying.Unlock()
	if _, err := os.Stdout.Write(append(text, '\n')); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine+1)
	tests := map[int]*test{}
	for lines.Scan() {
		command, err := understand(lines.Bytes())
		if err != nil {
			say(map[string]any{"error": mistake(lines.Bytes(), err)})
			continue
		}
		if command.Cmd == "bye" {
			return
		}
		begin(command, tests)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintf(os.Stderr, "the input cannot be read: %v; a line is at most %d bytes long\n", err, longestLine)
		os.Exit(1)
	}
}

// begin begins what a command says; nothing waits for its end.
func begin(command command, tests map[int]*test) {
	if command.Cmd == "hello" {
		say(map[string]any{"hello": map[string]any{
			"client": "{{name}}", "language": "{{language}}", "runtime": runtime.Version(), "library": version,
			"max_concurrent": 16, "origin": nil, "capabilities": capabilities,
		}})
		return
	}
	of := tests[command.Seq]
	if of == nil {
		of = newTest(command.Seq)
		tests[command.Seq] = of
	}
	switch connection := of.connections[command.On]; {
	case command.Cmd == "end":
		delete(tests, command.Seq)
		of.end(command.C)
	case command.Cmd == "listen":
		go of.listen(command)
	case command.Cmd == "open":
		of.connections[command.On] = of.open(command)
	case connection == nil:
		of.answer(command, "failed", fields{"error": "the test has no connection `" + command.On + "`"})
	default:
		connection.take(command)
	}
}

// mistake is what is said of a line that is no command, with what it has of the numbers.
func mistake(line []byte, err error) fields {
	said := fields{"message": err.Error()}
	var given map[string]any
	if json.Unmarshal(line, &given) == nil {
		for _, name := range []string{"seq", "c"} {
			if number, is := given[name].(float64); is {
				said[name] = number
			}
		}
	}
	return said
}
