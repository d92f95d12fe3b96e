package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// members are those of a JSON object, at a place that mistakes are named by. Each is taken once; what is left is unknown.
// The first mistake is kept.
type members struct {
	place string
	raw   map[string]json.RawMessage
	err   error
}

func membersOf(place string, raw json.RawMessage) *members {
	m := &members{place: place, raw: map[string]json.RawMessage{}}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		m.fail(place, "it should be an object")
		return m
	}
	for decoder.More() {
		var value json.RawMessage
		name, err := decoder.Token()
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			m.fail(place, "it should be an object: %v", err)
			return m
		}
		if _, twice := m.raw[name.(string)]; twice {
			m.fail(place, "`%s` is there twice", name)
		}
		m.raw[name.(string)] = value
	}
	return m
}

func (m *members) fail(place, format string, arguments ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("%s: %s", place, fmt.Sprintf(format, arguments...))
	}
}

// at is the place of a member.
func (m *members) at(name string) string {
	return m.place + "." + name
}

// take takes a member, and says whether it is there.
func (m *members) take(name string, value any) bool {
	raw, isThere := m.raw[name]
	if !isThere {
		return false
	}
	delete(m.raw, name)
	if err := json.Unmarshal(raw, value); err != nil || string(raw) == "null" {
		m.fail(m.at(name), "%s is not what should be here", raw)
	}
	return true
}

// within takes a member that is an object itself, and says whether it is there.
func (m *members) within(name string, read func(*members)) bool {
	raw, isThere := m.raw[name]
	if !isThere {
		return false
	}
	delete(m.raw, name)
	inner := membersOf(m.at(name), raw)
	read(inner)
	if err := inner.end(); m.err == nil {
		m.err = err
	}
	return true
}

// number takes a whole number from 0 to a limit. It is 0 where it is none: nobody makes anything of a length that is refused.
func (m *members) number(name string, most int) (int, bool) {
	var number int
	isThere := m.take(name, &number)
	if number < 0 || number > most {
		m.fail(m.at(name), "%d is not from 0 to %d", number, most)
		return 0, isThere
	}
	return number, isThere
}

// only takes a member that can be nothing but true.
func (m *members) only(name string) {
	var isTrue bool
	if m.take(name, &isTrue); !isTrue {
		m.fail(m.at(name), "only `true` makes sense here; leave it out instead")
	}
}

// end says what is wrong.
func (m *members) end() error {
	for _, name := range slices.Sorted(maps.Keys(m.raw)) {
		m.fail(m.place, "unknown field `%s`", name)
	}
	return m.err
}
