package driver_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hostile is a server that answers a handshake as it likes, and then goes on as it likes until its connection ends.
func hostile(t *testing.T, answer func(peer net.Conn, accept string)) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			peer, err := listener.Accept()
			if err != nil {
				return
			}
			request, err := http.ReadRequest(bufio.NewReader(peer))
			if err == nil {
				hash := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
				answer(peer, base64.StdEncoding.EncodeToString(hash[:]))
			}
			_ = peer.SetReadDeadline(time.Now().Add(patience))
			_, _ = io.Copy(io.Discard, peer)
			peer.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-over
	})
	return "ws://" + listener.Addr().String() + "/"
}

func switching(accept string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"
}

// Whatever a server does, the driver reports it and goes on.
func TestSurvivesAnyServer(t *testing.T) {
	t.Parallel()
	garbage := strings.Repeat("\xff\x00garbage\r\n", 100)
	for _, server := range []struct {
		name   string
		answer func(peer net.Conn, accept string)
		opens  bool
		ends   bool // by itself
	}{
		{"says nothing", func(net.Conn, string) {}, false, false},
		{"says garbage", func(peer net.Conn, _ string) { io.WriteString(peer, garbage) }, false, false},
		{"hangs up", func(peer net.Conn, _ string) { peer.Close() }, false, false},
		{"says a byte at a time", func(peer net.Conn, accept string) {
			for _, b := range []byte(switching(accept)) {
				if _, err := peer.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}, false, false},
		{"has a head without an end", func(peer net.Conn, _ string) {
			io.WriteString(peer, "HTTP/1.1 101 Switching Protocols\r\n")
			for range 1000 {
				if _, err := io.WriteString(peer, "X-Endless: "+garbage[:1]+strings.Repeat("x", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}, false, false},
		{"says garbage in place of frames", func(peer net.Conn, accept string) {
			io.WriteString(peer, switching(accept)+garbage)
		}, true, true},
		{"announces 100 MB", func(peer net.Conn, accept string) {
			io.WriteString(peer, switching(accept)+"\x82\x7f\x00\x00\x00\x00\x05\xf5\xe1\x00hello")
		}, true, false},
		{"begins a frame", func(peer net.Conn, accept string) { io.WriteString(peer, switching(accept)+"\x82") }, true, false},
		{"hangs up within a frame", func(peer net.Conn, accept string) {
			io.WriteString(peer, switching(accept)+"\x82\x05hel")
			peer.Close()
		}, true, true},
	} {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			withEach(t, func(p *program) {
				url := hostile(p.T, server.answer)
				within := 300
				if server.opens {
					within = 30_000
				}
				opened := p.ask(object{"cmd": "open", "on": "a", "url": url, "within_ms": within})
				if (opened["is"] == "opened") != server.opens {
					p.Fatalf("it says %v", opened)
				}
				switch {
				case server.ends:
					p.closed(1006, "", false)
				case server.opens:
					p.tell(object{"cmd": "close", "on": "a", "code": 1000, "within_ms": 100})
					p.closed(1006, "", false)
				}
				p.open("b", p.server.At("/echo"), nil)
			})
		})
	}
}
