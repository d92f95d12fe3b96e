package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// rememberedFor is how long what was seen of a connection can be asked for after its end.
	rememberedFor = time.Minute
	// rememberedMost is how many of them there are at most.
	rememberedMost = 10_000
)

// house has every session by its names, and a place for each.
type house struct {
	config config
	log    *slog.Logger
	// open ends when the server stops.
	open     context.Context
	stop     context.CancelFunc
	sessions sync.WaitGroup

	mutex    sync.Mutex
	last     int
	inside   map[*session]struct{}
	named    map[string]*session // also those that have ended, while nobody else has their name
	departed []departure
}

type departure struct {
	session *session
	at      time.Time
}

func newHouse(config config, log *slog.Logger) *house {
	h := &house{config: config, log: log, inside: map[*session]struct{}{}, named: map[string]*session{}}
	h.open, h.stop = context.WithCancel(context.Background())
	return h
}

// enter gives a session its place and its names, before its handshake is answered.
func (h *house) enter(s *session) *refusal {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.open.Err() != nil {
		return &refusal{http.StatusServiceUnavailable, "draining", "the server is going away"}
	}
	if s.tag != "" {
		if holder := h.named[s.tag]; holder != nil && h.has(holder) {
			return &refusal{http.StatusConflict, "tag_in_use", fmt.Sprintf("another connection has the tag `%s`", s.tag)}
		}
	}
	if len(h.inside) >= h.config.maxSessions {
		return &refusal{http.StatusServiceUnavailable, "full", fmt.Sprintf("all %d sessions are taken", h.config.maxSessions)}
	}
	h.last++
	s.id = fmt.Sprintf("~%d", h.last)
	h.inside[s] = struct{}{}
	h.named[s.id] = s
	if s.tag != "" {
		h.named[s.tag] = s
	}
	h.sessions.Add(1)
	return nil
}

func (h *house) has(s *session) bool {
	_, ok := h.inside[s]
	return ok
}

// leave frees a session's place and its names; what was seen of it can still be asked for by them.
func (h *house) leave(s *session) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	defer h.sessions.Done()
	delete(h.inside, s)
	h.departed = append(h.departed, departure{s, time.Now()})
	for len(h.departed) > rememberedMost || time.Since(h.departed[0].at) > rememberedFor {
		forgotten := h.departed[0].session
		h.departed = h.departed[1:]
		for _, name := range []string{forgotten.id, forgotten.tag} {
			if h.named[name] == forgotten {
				delete(h.named, name)
			}
		}
	}
}

// find is the session that has a name, or had it last.
func (h *house) find(name string) *session {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.named[name]
}

// close ends every session with 1001, and cuts what has not closed in time.
func (h *house) close(within time.Duration) {
	h.mutex.Lock()
	h.stop()
	inside := make([]*session, 0, len(h.inside))
	for s := range h.inside {
		inside = append(inside, s)
	}
	h.mutex.Unlock()
	for _, s := range inside {
		// Whoever takes nothing holds up nobody but himself.
		go func() {
			<-s.begun
			_ = s.close(websocket.CloseGoingAway, "the server is going away")
		}()
	}
	over := make(chan struct{})
	go func() {
		h.sessions.Wait()
		close(over)
	}()
	select {
	case <-over:
		return
	case <-time.After(within):
	}
	for _, s := range inside {
		<-s.begun
		_ = s.end(cut)
	}
	<-over
}
