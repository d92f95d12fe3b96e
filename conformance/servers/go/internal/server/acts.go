package server

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	longestWait     = 2000   // of wait_ms
	longestSeenWait = 10_000 // of within_ms
	usualSeenWait   = 2000
	longestReason   = 123
	longestGlue     = 1 << 20
	longestTrickle  = 64 << 10
)

// act is something that is done to a session. What is seen goes into the answer.
type act struct {
	name string
	size int // on the wire, where it is written there
	do   func(ctx context.Context, target *session, answer *answer) error
}

// on is an act that needs nothing but the session.
func on(do func(target *session) error) func(context.Context, *session, *answer) error {
	return func(_ context.Context, target *session, _ *answer) error { return do(target) }
}

// onOpen is one that is refused when the session is closing or has ended.
func onOpen(do func(target *session) error) func(context.Context, *session, *answer) error {
	return on(func(target *session) error {
		if target.closed.Load() {
			return errNotOpen
		}
		return do(target)
	})
}

// readAct reads an act, which is an object with its name as the one key.
func readAct(place string, raw json.RawMessage) (act, error) {
	m := membersOf(place, raw)
	names := slices.Sorted(maps.Keys(m.raw))
	if m.err == nil && len(names) != 1 {
		m.fail(place, "an act is an object with one key, its name")
	}
	if m.err != nil {
		return act{}, m.err
	}
	told := act{name: names[0]}
	switch told.name {
	case "send":
		m.within("send", func(m *members) { told.size, told.do = readSend(m) })
	case "ping", "pong":
		m.within(told.name, func(m *members) { told.size, told.do = readPing(m, told.name) })
	case "close":
		m.within("close", func(m *members) { told.size, told.do = readClose(m) })
	case "raw":
		m.within("raw", func(m *members) { told.size, told.do = readRaw(m) })
	case "glue":
		told.do = readTogether(m, "glue", longestGlue, longestGlue)
	case "trickle":
		told.do = readTogether(m, "trickle", longestTrickle, 1)
	case "drop":
		m.only("drop")
		told.do = on(func(s *session) error { return s.end(cut) })
	case "finish":
		m.only("finish")
		told.do = onOpen((*session).finish)
	case "stop_reading", "start_reading":
		m.only(told.name)
		told.do = onOpen(func(s *session) error {
			if told.name == "start_reading" {
				s.wire.resume()
			} else {
				s.wire.pause()
			}
			return nil
		})
	case "wait_ms":
		ms, _ := m.number("wait_ms", longestWait)
		told.do = func(ctx context.Context, _ *session, _ *answer) error {
			return wait(ctx, time.Duration(ms)*time.Millisecond)
		}
	case "seen":
		told.do = readSeen(m)
	default:
		m.fail(place, "no act is called `%s` here; the acts are send, ping, pong, close, drop, finish, wait_ms, raw, glue, "+
			"trickle, stop_reading, start_reading and seen", told.name)
	}
	return told, m.end()
}

func wait(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return errNotOpen
	}
}

func readSend(m *members) (int, func(context.Context, *session, *answer) error) {
	payload := readPayload(m)
	times, isCounted := m.number("times", mostTimes)
	if !isCounted {
		return frameSize(len(payload.data)), on(func(s *session) error { return s.send(payload.isText, payload.data) })
	}
	longest, err := payload.round(max(times-1, 0))
	if err != nil {
		m.fail(m.at("text"), "%v", err)
	}
	return times * frameSize(len(longest)), on(func(s *session) error {
		for i := range times {
			data, err := payload.round(i)
			if err != nil {
				return err
			}
			if err := s.send(payload.isText, data); err != nil {
				return err
			}
		}
		return nil
	})
}

func readPing(m *members, name string) (int, func(context.Context, *session, *answer) error) {
	var data []byte
	if len(m.raw) > 0 {
		data = readPayload(m).data
	}
	if len(data) > 125 {
		m.fail(m.place, "%d bytes; RFC 6455 allows 125 (send more with `raw`)", len(data))
	}
	return frameSize(len(data)), on(func(s *session) error {
		if name == "ping" {
			return s.ping(data)
		}
		return s.pong(data)
	})
}

// readClose reads a close with any code, also one that may not be sent.
func readClose(m *members) (int, func(context.Context, *session, *answer) error) {
	var payload []byte
	var reason string
	code, hasCode := m.number("code", 65535)
	if hasCode {
		payload = binary.BigEndian.AppendUint16(payload, uint16(code))
	}
	if m.take("reason", &reason) && !hasCode && reason != "" {
		m.fail(m.place, "a reason needs a code before it")
	}
	if len(reason) > longestReason {
		m.fail(m.at("reason"), "%d bytes; %d fit into a close frame", len(reason), longestReason)
	}
	payload = append(payload, reason...)
	return frameSize(len(payload)), on(func(s *session) error { return s.closeWith(payload) })
}

func readRaw(m *members) (int, func(context.Context, *session, *answer) error) {
	var digits string
	if !m.take("hex", &digits) {
		m.fail(m.place, "`hex` is missing")
	}
	data, err := hex.DecodeString(digits)
	if err != nil {
		m.fail(m.at("hex"), "%v", err)
	}
	return len(data), on(func(s *session) error { return s.raw(data) })
}

// readTogether reads acts whose bytes are held back, and then leave in pieces of a size.
func readTogether(m *members, name string, longest, piece int) func(context.Context, *session, *answer) error {
	var forms []json.RawMessage
	m.take(name, &forms)
	acts := make([]act, len(forms))
	size, closes := 0, false
	for i, form := range forms {
		place := fmt.Sprintf("%s[%d]", m.at(name), i)
		told, err := readAct(place, form)
		if err != nil {
			m.fail(place, "%s", strings.TrimPrefix(err.Error(), place+": "))
		}
		switch told.name {
		case "send", "ping", "pong", "close", "raw":
		default:
			m.fail(place, "`%s` has no place inside `%s`", told.name, name)
		}
		if closes && told.name != "raw" {
			m.fail(place, "behind `close` there is only `raw`")
		}
		closes = closes || told.name == "close"
		size += told.size
		acts[i] = told
	}
	if size > longest {
		m.fail(m.at(name), "%d bytes; at most %d are allowed, frame headers included", size, longest)
	}
	return func(ctx context.Context, s *session, answer *answer) error {
		return s.together(piece, func() error {
			for _, act := range acts {
				if err := act.do(ctx, s, answer); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// readSeen reads `true`, or what is to be waited for.
func readSeen(m *members) func(context.Context, *session, *answer) error {
	var until until
	within := 0
	if string(m.raw["seen"]) == "true" {
		m.only("seen")
	} else {
		within = usualSeenWait
		m.within("seen", func(m *members) {
			m.within("until", until.read)
			if ms, isThere := m.number("within_ms", longestSeenWait); isThere {
				within = ms
			}
		})
	}
	return func(ctx context.Context, s *session, answer *answer) error {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(within)*time.Millisecond)
		defer cancel()
		seen, isReached := s.journal.await(ctx, until)
		answer.Seen = &seen
		if !isReached {
			return &failure{"not_reached", fmt.Sprintf("what `until` names was not reached in %d ms; `seen` is how far it came", within)}
		}
		return nil
	}
}

func (u *until) read(m *members) {
	m.take("ended", &u.ended)
	m.take("close", &u.close)
	for name, counts := range map[string]*counts{"received": &u.received, "sent": &u.sent} {
		m.within(name, func(m *members) {
			for name, count := range map[string]*uint64{
				"text": &counts.Text, "binary": &counts.Binary, "ping": &counts.Ping, "pong": &counts.Pong, "bytes": &counts.Bytes,
			} {
				m.take(name, count)
			}
		})
	}
}

// frameSize is the size of a server's frame.
func frameSize(payload int) int {
	switch {
	case payload > 65535:
		return payload + 10
	case payload > 125:
		return payload + 4
	}
	return payload + 2
}
