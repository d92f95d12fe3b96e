package server

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

const (
	mostTimes   = 1_000_000
	longestFill = 64 << 20
)

// payload is what a message says, before it is counted into.
type payload struct {
	isText bool
	data   []byte
	counts bool // it is a text with variables
}

// readPayload takes exactly one of text, hex and fill.
func readPayload(m *members) payload {
	var forms []payload
	var text, digits string
	if m.take("text", &text) {
		forms = append(forms, payload{isText: true, data: []byte(text), counts: strings.Contains(text, "${")})
	}
	if m.take("hex", &digits) {
		data, err := hex.DecodeString(digits)
		if err != nil {
			m.fail(m.at("hex"), "%v", err)
		}
		forms = append(forms, payload{data: data})
	}
	m.within("fill", func(m *members) { forms = append(forms, readFill(m)) })
	if len(forms) != 1 {
		m.fail(m.place, "give exactly one of `text`, `hex` and `fill`")
		return payload{}
	}
	return forms[0]
}

// readFill makes a fill: character i is the letter i mod 26, byte i is i mod 251.
func readFill(m *members) payload {
	var as string
	length, hasLength := m.number("len", longestFill)
	m.take("as", &as)
	if !hasLength || as != "text" && as != "binary" {
		m.fail(m.place, "a fill is {\"len\":n,\"as\":\"text\"} or {\"len\":n,\"as\":\"binary\"}")
		return payload{}
	}
	cycle := []byte("abcdefghijklmnopqrstuvwxyz")
	if as == "binary" {
		cycle = make([]byte, 251)
		for i := range cycle {
			cycle[i] = byte(i)
		}
	}
	return payload{isText: as == "text", data: bytes.Repeat(cycle, length/len(cycle)+1)[:length]}
}

// round is the payload of round i: `${i}` becomes the number, and `$${` becomes `${`.
func (p payload) round(i int) ([]byte, error) {
	if !p.counts {
		return p.data, nil
	}
	var made []byte
	rest := string(p.data)
	for {
		before, behind, isThere := strings.Cut(rest, "${")
		made = append(made, before...)
		if !isThere {
			return made, nil
		}
		if strings.HasSuffix(before, "$") {
			made, rest = append(made, '{'), behind
			continue
		}
		name, after, _ := strings.Cut(behind, "}")
		if name != "i" {
			return nil, fmt.Errorf("`${%s}` is not known here: only `${i}` is; write `$${` for a literal `${`", name)
		}
		made, rest = strconv.AppendInt(made, int64(i), 10), after
	}
}
