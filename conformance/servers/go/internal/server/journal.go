package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"
)

// journal is what the server saw of a connection. It is read while it is written.
type journal struct {
	handshake handshake

	mutex          sync.Mutex
	changed        chan struct{} // closed at the next change; nil where nobody waits
	received, sent story
	lastPong       *string
	close          *closeSeen
	ended          *string
}

// handshake is the client's, as far as net/http shows it: headers by their canonical names and without their order.
type handshake struct {
	Target      string      `json:"target"`
	Headers     [][2]string `json:"headers"`
	Subprotocol *string     `json:"subprotocol"`
	Extensions  []string    `json:"extensions"`
}

type closeSeen struct {
	Code   *int   `json:"code"`
	Reason string `json:"reason"`
}

// story is what went in one direction.
type story struct {
	counts
	hash hash.Hash
}

type counts struct {
	Text   uint64 `json:"text"`
	Binary uint64 `json:"binary"`
	Ping   uint64 `json:"ping"`
	Pong   uint64 `json:"pong"`
	Bytes  uint64 `json:"bytes"`
}

// seen is the journal as it is told.
type seen struct {
	Handshake handshake  `json:"handshake"`
	Received  tally      `json:"received"`
	Sent      tally      `json:"sent"`
	LastPong  *string    `json:"last_pong"`
	Close     *closeSeen `json:"close"`
	Open      bool       `json:"open"`
	Ended     *string    `json:"ended"`
}

type tally struct {
	counts
	SHA256 string `json:"sha256"`
}

// until is what somebody waits for.
type until struct {
	ended, close   bool
	received, sent counts
}

func newJournal(handshake handshake) *journal {
	return &journal{handshake: handshake, received: story{hash: sha256.New()}, sent: story{hash: sha256.New()}}
}

// note changes the journal.
func (j *journal) note(change func(*journal)) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	change(j)
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// add counts a message. The hash is over a letter for its kind, its length in eight bytes, and its own hash.
func (s *story) add(isText bool, data []byte) {
	letter := byte('b')
	if isText {
		s.Text++
		letter = 't'
	} else {
		s.Binary++
	}
	s.Bytes += uint64(len(data))
	digest := sha256.Sum256(data)
	s.hash.Write(binary.BigEndian.AppendUint64([]byte{letter}, uint64(len(data))))
	s.hash.Write(digest[:])
}

func (s *story) tally() tally {
	return tally{s.counts, hex.EncodeToString(s.hash.Sum(nil))}
}

// await waits until something has been reached, and tells what was seen by then, and whether it was.
func (j *journal) await(ctx context.Context, until until) (seen, bool) {
	for {
		j.mutex.Lock()
		now, isReached := j.seen(), until.isReachedBy(j)
		if j.changed == nil {
			j.changed = make(chan struct{})
		}
		changed := j.changed
		j.mutex.Unlock()
		if isReached {
			return now, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, false
		}
	}
}

func (j *journal) seen() seen {
	return seen{j.handshake, j.received.tally(), j.sent.tally(), j.lastPong, j.close, j.ended == nil, j.ended}
}

func (u until) isReachedBy(j *journal) bool {
	return (!u.ended || j.ended != nil) && (!u.close || j.close != nil) &&
		u.received.areReachedBy(j.received.counts) && u.sent.areReachedBy(j.sent.counts)
}

func (c counts) areReachedBy(other counts) bool {
	return c.Text <= other.Text && c.Binary <= other.Binary && c.Ping <= other.Ping && c.Pong <= other.Pong &&
		c.Bytes <= other.Bytes
}
