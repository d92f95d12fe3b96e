package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// mostActs is how many acts a command has at most.
const mostActs = 1000

// answer is the answer to a command.
type answer struct {
	id      json.RawMessage
	OK      bool   `json:"ok,omitempty"`
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
	Done    *int   `json:"done,omitempty"`
	Seen    *seen  `json:"seen,omitempty"`
}

// failure is why a command was not carried out, by the name that docs/protocol.md has for it.
type failure struct{ name, message string }

func (f *failure) Error() string { return f.message }

// control is what is received on /control: one command at a time is carried out and answered.
func (s *session) control(isText bool, data []byte) error {
	answer := answer{id: json.RawMessage("null")}
	done := 0
	err := error(&failure{"bad_command", "a command is a text message with one JSON object"})
	if isText {
		err = s.house.carryOut(s.house.open, data, &answer, &done)
	}
	var failed *failure
	var network net.Error
	switch {
	case err == nil:
		answer.OK = true
	case errors.As(err, &failed):
		answer.Error = failed.name
	case errors.As(err, &network) && network.Timeout():
		answer.Error = "no_room"
	default:
		answer.Error = "not_open"
	}
	if err != nil {
		answer.Message, answer.Done = err.Error(), &done
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	// The id comes back as it was written, which an encoder would tidy up.
	return s.send(true, fmt.Appendf(nil, `{"id":%s,%s`, answer.id, text[1:]))
}

// carryOut carries out a command, and counts what is done of it. The name is looked up once: a script stays with the
// session that it began on.
func (h *house) carryOut(ctx context.Context, text []byte, answer *answer, done *int) error {
	acts, to, err := readCommand(text, answer)
	if err != nil {
		return &failure{"bad_command", err.Error()}
	}
	target := h.find(to)
	if target == nil {
		return &failure{"unknown_connection", fmt.Sprintf("no connection has the tag or id `%s`; name one when it connects: /ws?tag=%s", to, to)}
	}
	// Its handshake may be answered and its welcome not yet written.
	select {
	case <-target.begun:
	case <-ctx.Done():
		return errNotOpen
	}
	for _, act := range acts {
		if err := act.do(ctx, target, answer); err != nil {
			return err
		}
		*done++
	}
	return nil
}

// readCommand reads all of a command before any of it is carried out.
func readCommand(text []byte, answer *answer) (acts []act, to string, err error) {
	command := membersOf("the command", text)
	if id, ok := command.raw["id"]; ok {
		answer.id = id
		delete(command.raw, "id")
	}
	var forms []json.RawMessage
	if !json.Valid(text) {
		command.fail("the command", `it should be one JSON object, such as {"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}`)
	}
	if !command.take("to", &to) {
		command.fail("the command", "`to` is missing: the tag or the id of a connection")
	}
	if !command.take("act", &forms) {
		command.fail("the command", "`act` is missing: a list of acts")
	}
	if err := command.end(); err != nil {
		return nil, "", err
	}
	if len(forms) > mostActs {
		return nil, "", fmt.Errorf("act: %d acts; at most %d are allowed", len(forms), mostActs)
	}
	for i, form := range forms {
		act, err := readAct(fmt.Sprintf("act[%d]", i), form)
		if err != nil {
			return nil, "", err
		}
		acts = append(acts, act)
	}
	return acts, to, nil
}
