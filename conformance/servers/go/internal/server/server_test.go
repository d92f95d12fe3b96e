package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"crosswire/servers/go/internal/server"
)

// patience is how long anything may take.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// running is a server that runs.
type running struct {
	*testing.T
	ready struct {
		URL, Control, Name, Version string
		Can                         []string
	}
	stdin io.Closer
	ended chan error
}

// start starts a server with flags. It ends with the test, if it has not before.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	stdin, input := io.Pipe()
	output, stdout := io.Pipe()
	s := &running{T: t, stdin: input, ended: make(chan error, 1)}
	go func() { s.ended <- server.Run(context.Background(), flags, stdin, stdout, t.Output()) }()
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &struct{ Ready any }{&s.ready}); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s
}

// stop ends the server's standard input, and waits for its end.
func (s *running) stop() error {
	s.stdin.Close()
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(patience):
		return errors.New("it does not end")
	}
}

// dial opens a connection.
func (s *running) dial(path string) *websocket.Conn {
	s.Helper()
	client, _, err := websocket.DefaultDialer.DialContext(s.Context(), s.ready.URL+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { client.Close() })
	if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.Fatal(err)
	}
	return client
}

func (s *running) expect(client *websocket.Conn, text string) {
	s.Helper()
	kind, data, err := client.ReadMessage()
	if err != nil || kind != websocket.TextMessage || string(data) != text {
		s.Fatalf("%q was expected, and %d %q came, %v", text, kind, data, err)
	}
}

func (s *running) closes(client *websocket.Conn, code int) {
	s.Helper()
	for {
		_, _, err := client.ReadMessage()
		if websocket.IsCloseError(err, code) {
			return
		}
		if err != nil {
			s.Fatalf("it ended with %v, and not with %d", err, code)
		}
	}
}

// ask sends a command and returns what it is answered.
func (s *running) ask(control *websocket.Conn, command string) string {
	s.Helper()
	if err := control.WriteMessage(websocket.TextMessage, []byte(command)); err != nil {
		s.Fatal(err)
	}
	_, answer, err := control.ReadMessage()
	if err != nil {
		s.Fatal(err)
	}
	return string(answer)
}

func TestSaysThatItIsReady(t *testing.T) {
	t.Parallel()
	s := start(t)
	if !strings.HasPrefix(s.ready.URL, "ws://127.0.0.1:") || s.ready.Control != s.ready.URL+"/control" ||
		s.ready.Name != "go-gorilla" || s.ready.Version != "gorilla/websocket 1.5.3" || len(s.ready.Can) == 0 {
		t.Errorf("it says %+v", s.ready)
	}
}

func TestRefusesAWrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"--fly"}, {"--max-message=0"}, {"--max-sessions=x"}, {"word"}} {
		err := server.Run(t.Context(), flags, strings.NewReader(""), io.Discard, io.Discard)
		if !errors.Is(err, server.ErrUsage) {
			t.Errorf("%v is answered %v", flags, err)
		}
	}
}

func TestWelcomesAndEchoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := s.dial("/ws")
	var welcome struct{ Type, Connection, Server string }
	if err := client.ReadJSON(&welcome); err != nil || welcome.Type != "welcome" || welcome.Connection != "~1" {
		t.Errorf("the first message is %+v, %v", welcome, err)
	}
	bare := s.dial("/echo")
	for _, client := range []*websocket.Conn{client, bare} {
		if err := client.WriteMessage(websocket.TextMessage, []byte("hällo")); err != nil {
			t.Fatal(err)
		}
		s.expect(client, "hällo")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-sessions=1", "--allow-origin=http://there.example:*")
	s.dial("/echo?tag=taken")
	upgrade := map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	}
	for _, refused := range []struct {
		method, path string
		headers      map[string]string
		status       int
		name         string
	}{
		{"GET", "/nowhere", nil, 404, "unknown_path"},
		{"POST", "/ws", nil, 405, "method"},
		{"GET", "/ws", map[string]string{"Upgrade": "other"}, 426, "not_an_upgrade"},
		{"GET", "/ws", map[string]string{"Sec-WebSocket-Version": "12"}, 426, "version"},
		{"GET", "/ws", map[string]string{"Origin": "http://evil.example"}, 403, "origin"},
		{"GET", "/ws", map[string]string{"Origin": "http://there.example.evil"}, 403, "origin"},
		{"GET", "/ws", map[string]string{"Origin": "null"}, 403, "origin"},
		{"GET", "/control", map[string]string{"Origin": "http://there.example:80"}, 403, "origin"},
		{"GET", "/ws", map[string]string{"Sec-WebSocket-Protocol": "other"}, 400, "subprotocol"},
		{"GET", "/echo", map[string]string{"Sec-WebSocket-Protocol": "a,,b"}, 400, "subprotocol"},
		{"GET", "/ws?tag=", nil, 400, "bad_tag"},
		{"GET", "/ws?tag=a&tag=b", nil, 400, "bad_tag"},
		{"GET", "/ws?tag=%zz", nil, 400, "bad_tag"},
		{"GET", "/ws?tag=taken", nil, 409, "tag_in_use"},
		{"GET", "/ws", map[string]string{"Origin": "http://there.example:80"}, 503, "full"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), refused.method, "http"+strings.TrimPrefix(s.ready.URL, "ws")+refused.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, headers := range []map[string]string{upgrade, refused.headers} {
			for name, value := range headers {
				request.Header.Set(name, value)
			}
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Error, Message string }
		err = json.NewDecoder(response.Body).Decode(&body)
		response.Body.Close()
		if err != nil || response.StatusCode != refused.status || body.Error != refused.name || body.Message == "" {
			t.Errorf("%+v is answered %d %+v, %v", refused, response.StatusCode, body, err)
		}
	}
}

func TestRefusesABadKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	tcp, err := net.DialTimeout("tcp", strings.TrimPrefix(s.ready.URL, "ws://"), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	_, err = io.WriteString(tcp, "GET /ws?tag=a HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(tcp), nil)
	if err != nil || response.StatusCode != 400 {
		t.Errorf("it is answered %+v, %v", response, err)
	}
	s.dial("/ws?tag=a")
}

func TestEndsWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-message=10")
	for _, sent := range []struct {
		kind int
		data string
		code int
	}{
		{websocket.BinaryMessage, "0123456789a", 1009},
		{websocket.TextMessage, "\xff", 1007},
	} {
		client := s.dial("/ws")
		if err := client.WriteMessage(sent.kind, []byte(sent.data)); err != nil {
			t.Fatal(err)
		}
		s.closes(client, sent.code)
	}
}

func TestStopsWithItsStandardInput(t *testing.T) {
	t.Parallel()
	s := start(t)
	polite, deaf := s.dial("/echo"), s.dial("/echo")
	started := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	s.closes(polite, 1001)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	s.closes(deaf, 1001)
	if _, _, err := websocket.DefaultDialer.DialContext(t.Context(), s.ready.URL+"/echo", nil); err == nil {
		t.Error("it still accepts connections")
	}
}
