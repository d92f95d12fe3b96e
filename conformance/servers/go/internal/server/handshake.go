package server

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"
)

const (
	// plain is the protocol that is spoken on /ws.
	plain = "crosswire.v1.plain"
	// longestEcho is the longest message that /echo and /control take, where --max-message is not more.
	longestEcho = 16 << 20
	// inTags are the characters of tags.
	inTags = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

// refusal is the answer to a request that is turned away.
type refusal struct {
	status  int
	Error   string `json:"error"`
	Message string `json:"message"`
}

func (r *refusal) write(w http.ResponseWriter) {
	switch r.status {
	case http.StatusUpgradeRequired:
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", "13")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	// Who does not wait for the answer misses it.
	_ = json.NewEncoder(w).Encode(r)
}

// ServeHTTP upgrades a connection and lets it be, until it ends.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := &session{house: h, begun: make(chan struct{}), limit: max(longestEcho, h.config.maxMessage)}
	switch r.URL.Path {
	case "/ws":
		s.limit, s.welcomes, s.receive = h.config.maxMessage, true, s.echo
	case "/echo":
		s.receive = s.echo
	case "/control":
		s.receive = s.control
	default:
		(&refusal{http.StatusNotFound, "unknown_path", "nothing is here; there are /ws, /echo and /control"}).write(w)
		return
	}
	subprotocol, refused := h.judge(r)
	if refused == nil {
		s.tag, refused = tag(r.URL.RawQuery)
	}
	if refused == nil {
		s.journal = newJournal(shown(r, subprotocol))
		refused = h.enter(s)
	}
	if refused != nil {
		refused.write(w)
		return
	}
	upgrader := websocket.Upgrader{
		CheckOrigin: func(*http.Request) bool { return true }, // It was judged before.
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			(&refusal{status, "bad_key", reason.Error()}).write(w)
		},
	}
	if subprotocol != nil {
		upgrader.Subprotocols = []string{*subprotocol}
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		h.log.Info("not upgraded", "error", err)
		s.closed.Store(true)
		close(s.begun)
		s.leave(vanished)
		return
	}
	s.run(conn)
}

// judge looks at what the library does not judge, or not in the words of docs/protocol.md; it chooses the subprotocol.
func (h *house) judge(r *http.Request) (*string, *refusal) {
	switch {
	case r.Method != http.MethodGet:
		return nil, &refusal{http.StatusMethodNotAllowed, "method", "a handshake is a GET"}
	case !websocket.IsWebSocketUpgrade(r):
		return nil, &refusal{http.StatusUpgradeRequired, "not_an_upgrade", "this is a WebSocket endpoint; a handshake has the header `Upgrade: websocket`"}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return nil, &refusal{http.StatusUpgradeRequired, "version", "`Sec-WebSocket-Version` is not 13"}
	}
	isControl := r.URL.Path == "/control"
	if origin := r.Header.Values("Origin"); len(origin) > 0 && (isControl || !h.lets(origin[0], r.Host)) {
		return nil, &refusal{http.StatusForbidden, "origin", "pages of this origin may not; --allow-origin lets them in"}
	}
	offered := r.Header.Values("Sec-WebSocket-Protocol")
	if len(offered) == 0 {
		return nil, nil
	}
	names := strings.Split(strings.Join(offered, ","), ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	switch {
	case slices.Contains(names, ""):
		return nil, &refusal{http.StatusBadRequest, "subprotocol", "`Sec-WebSocket-Protocol` is not a list of names"}
	case r.URL.Path != "/ws":
		return &names[0], nil
	case !slices.Contains(names, plain):
		return nil, &refusal{http.StatusBadRequest, "subprotocol", "none of these is known; known is " + plain}
	}
	known := plain
	return &known, nil
}

// lets says whether pages of an origin may connect.
func (h *house) lets(origin, host string) bool {
	if origin == "http://"+host {
		return true
	}
	return slices.ContainsFunc(h.config.origins, func(allowed string) bool {
		if beginning, ok := strings.CutSuffix(allowed, "*"); ok {
			return strings.HasPrefix(origin, beginning)
		}
		return origin == allowed
	})
}

// tag is the name that a client gives its connection.
func tag(query string) (string, *refusal) {
	wrong := &refusal{http.StatusBadRequest, "bad_tag", "a tag is 1 to 64 of A–Z a–z 0–9 - _ . and there is one at most"}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", wrong
	}
	tags, isThere := values["tag"]
	if !isThere {
		return "", nil
	}
	if name := tags[0]; len(tags) == 1 && name != "" && len(name) <= 64 && strings.Trim(name, inTags) == "" {
		return name, nil
	}
	return "", wrong
}

func shown(r *http.Request, subprotocol *string) handshake {
	headers := [][2]string{{"Host", r.Host}}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			headers = append(headers, [2]string{name, value})
		}
	}
	return handshake{Target: r.RequestURI, Headers: headers, Subprotocol: subprotocol, Extensions: []string{}}
}
