package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	shownInFull = 4096 // bytes; a longer message is told by its hash
	longestFill = 256 << 20
	letters     = "abcdefghijklmnopqrstuvwxyz"
	bytesRound  = 251
)

// command is a line, with every field that any of them has.
type command struct {
	Cmd          string   `json:"cmd"`
	Protocol     *int     `json:"protocol"`
	Seq          int      `json:"seq"`
	C            int      `json:"c"`
	On           string   `json:"on"`
	URL          string   `json:"url"`
	WithinMs     int      `json:"within_ms"`
	Subprotocols []string `json:"subprotocols"`
	Data         string   `json:"data"`
	Text         *string  `json:"text"`
	Base64       *[]byte  `json:"base64"`
	Fill         *fill    `json:"fill"`
	Code         *int     `json:"code"`
	Reason       string   `json:"reason"`
}

type fill struct {
	Len int    `json:"len"`
	As  string `json:"as"`
}

// message is what is sent or has come.
type message struct {
	isText bool
	data   []byte
}

// forms are what each command needs, and behind the bar what it may have. A capability that you claim in library.go brings
// more of both.
var forms = map[string]string{
	"hello":  "protocol |",
	"open":   "seq c on url within_ms | subprotocols data",
	"send":   "seq c on | text base64 fill",
	"close":  "seq c on within_ms | code reason",
	"listen": "seq c url |",
	"end":    "seq c |",
	"bye":    "|",
}

// understand reads a line. Nothing is carried out of a command that has a field too many, lacks one, or has one of another
// type.
func understand(line []byte) (command, error) {
	var read command
	var given map[string]json.RawMessage
	if err := json.Unmarshal(line, &given); err != nil {
		return read, fmt.Errorf("this line is no command: %w", err)
	}
	strict := json.NewDecoder(bytes.NewReader(line))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&read); err != nil && err != io.EOF {
		return read, err
	}
	form, isKnown := forms[read.Cmd]
	if !isKnown {
		return read, fmt.Errorf("there is no command %q", read.Cmd)
	}
	needs, may, _ := strings.Cut(form, "|")
	for _, field := range strings.Fields(needs) {
		if _, is := given[field]; !is {
			return read, fmt.Errorf("`%s` needs a field `%s`", read.Cmd, field)
		}
	}
	allowed := " cmd " + needs + may + " "
	for field, value := range given {
		if string(value) == "null" {
			return read, fmt.Errorf("`%s` of `%s` has no value", field, read.Cmd)
		}
		if !strings.Contains(allowed, " "+field+" ") {
			return read, fmt.Errorf("`%s` has no field `%s`", read.Cmd, field)
		}
	}
	if read.Cmd == "hello" && *read.Protocol != 1 {
		return read, fmt.Errorf("protocol %d is not spoken here, but 1", *read.Protocol)
	}
	if read.Cmd == "send" && len(given) != len(strings.Fields(needs))+2 {
		return read, errors.New("a payload is exactly one of `text`, `base64` and `fill`")
	}
	if f := read.Fill; f != nil && (f.Len < 0 || f.Len > longestFill || f.As != "text" && f.As != "binary") {
		return read, fmt.Errorf("a `fill` has a `len` of at most %d, and is `as` text or binary", longestFill)
	}
	return read, nil
}

// payload is the message that a command tells, in one of three forms.
func (of command) payload() message {
	switch {
	case of.Text != nil:
		return message{isText: true, data: []byte(*of.Text)}
	case of.Base64 != nil:
		return message{data: *of.Base64}
	}
	data := make([]byte, of.Fill.Len)
	for i := range data {
		if of.Fill.As == "text" {
			data[i] = letters[i%len(letters)]
		} else {
			data[i] = byte(i % bytesRound)
		}
	}
	return message{isText: of.Fill.As == "text", data: data}
}

// shown is how a message is told: whole, or by its hash.
func (of message) shown(inFull bool) fields {
	switch {
	case (len(of.data) <= shownInFull || inFull) && of.isText:
		return fields{"text": string(of.data)}
	case len(of.data) <= shownInFull || inFull:
		return fields{"base64": base64.StdEncoding.EncodeToString(of.data)}
	}
	kind, hash := "binary", sha256.Sum256(of.data)
	if of.isText {
		kind = "text"
	}
	head := hex.EncodeToString(of.data[:64])
	return fields{"kind": kind, "len": len(of.data), "sha256": hex.EncodeToString(hash[:]), "head": head}
}
