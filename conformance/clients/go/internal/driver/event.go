package driver

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"
)

const (
	// longestLine is how long a line may be, its end included.
	longestLine = 4 << 20
	// shownWhole is how long a message may be that is not told by its hash, unless it was asked for in full.
	shownWhole = 4 << 10
	// shownHead is what of a longer one is shown.
	shownHead = 64
	// besidePayload is room on a line for everything but the payload.
	besidePayload = 1 << 10
)

// event is what every event has; its details stand behind that on the line.
type event struct {
	Seq uint64  `json:"seq"`
	N   uint64  `json:"n"`
	C   *uint64 `json:"c,omitempty"`
	MS  float64 `json:"ms"`
	On  string  `json:"on,omitempty"`
	Is  string  `json:"is"`
}

// line is the event with its details, which are an object, or nil.
func (e event) line(details any) []byte {
	line := encode(map[string]event{"event": e})
	if details == nil {
		return line
	}
	// `{"event":{…}}` and `{…}` become `{"event":{…,…}}`.
	line = append(bytes.TrimSuffix(line, []byte("}}\n")), ',')
	line = append(line, bytes.TrimSuffix(encode(details)[1:], []byte("\n"))...)
	return append(line, "}\n"...)
}

// encode makes a line of what is made of texts and numbers. It has no escapes that only HTML needs, for a line is bounded.
func encode(value any) []byte {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return line.Bytes()
}

// What events say beside what they are.
type (
	opened struct {
		Subprotocol *string  `json:"subprotocol"`
		Extensions  []string `json:"extensions"`
	}
	refused struct {
		Error  string `json:"error"`
		Status *int   `json:"status"`
	}
	failed struct {
		Error string `json:"error"`
	}
	closed struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
		Clean  bool   `json:"clean"`
	}
	pongPayload struct {
		Hex string `json:"hex"`
	}
	receivedText struct {
		Text string `json:"text"`
	}
	receivedBinary struct {
		Base64 string `json:"base64"`
	}
	receivedLong struct {
		Kind   string `json:"kind"`
		Len    int    `json:"len"`
		SHA256 string `json:"sha256"`
		Head   string `json:"head"`
	}
)

// received tells a message: a long one by its hash, unless it was asked for in full and a line can hold it. So is a text
// that is no UTF-8, where a library lets one through: JSON could not show it.
func received(message Message, full bool) any {
	if len(message.Data) <= shownWhole || full {
		switch {
		case !message.IsText && base64.StdEncoding.EncodedLen(len(message.Data)) <= longestLine-besidePayload:
			return receivedBinary{base64.StdEncoding.EncodeToString(message.Data)}
		case message.IsText && utf8.Valid(message.Data):
			text := receivedText{string(message.Data)}
			if len(encode(text)) <= longestLine-besidePayload {
				return text
			}
		}
	}
	kind := "binary"
	if message.IsText {
		kind = "text"
	}
	hash := sha256.Sum256(message.Data)
	return receivedLong{
		Kind:   kind,
		Len:    len(message.Data),
		SHA256: hex.EncodeToString(hash[:]),
		Head:   hex.EncodeToString(message.Data[:min(shownHead, len(message.Data))]),
	}
}
