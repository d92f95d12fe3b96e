package driver

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// longestFill bounds the messages that are made here: a fill is held in memory.
const longestFill = 256 << 20

// payload makes a message when it is sent, so that long ones that wait cost nothing.
type payload func() Message

// payloadIn takes the fields of a payload, which are exactly one.
func payloadIn(f *fields) payload {
	var found []payload
	for name, read := range map[string]func(any) (payload, error){
		"text":         readText,
		"base64":       readBase64,
		"invalid_text": readInvalidText,
		"fill":         readFill,
	} {
		if one := takeOr(f, name, read, nil); one != nil {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		f.fail("a payload is exactly one of `text`, `base64`, `fill` and `invalid_text`")
		return nil
	}
	return found[0]
}

func readPayload(value any) (payload, error) {
	members, ok := value.(object)
	if !ok {
		return nil, errors.New("is not an object")
	}
	f := &fields{object: members}
	payload := payloadIn(f)
	return payload, f.end()
}

func constant(isText bool, data []byte) payload {
	return func() Message { return Message{IsText: isText, Data: data} }
}

func readText(value any) (payload, error) {
	text, err := text(value)
	return constant(true, []byte(text)), err
}

func readInvalidText(value any) (payload, error) {
	data, err := hexadecimal(value)
	return constant(true, data), err
}

func readBase64(value any) (payload, error) {
	encoded, err := text(value)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("is not base64: %w", err)
	}
	return constant(false, data), nil
}

func readFill(value any) (payload, error) {
	members, ok := value.(object)
	if !ok {
		return nil, errors.New("is not an object")
	}
	f := &fields{object: members}
	length := int(take(f, "len", number(longestFill)))
	as := take(f, "as", text)
	if err := f.end(); err != nil {
		return nil, err
	}
	switch as {
	case "text":
		letters := []byte("abcdefghijklmnopqrstuvwxyz")
		return func() Message { return Message{IsText: true, Data: repeated(letters, length)} }, nil
	case "binary":
		cycle := make([]byte, 251)
		for i := range cycle {
			cycle[i] = byte(i)
		}
		return func() Message { return Message{Data: repeated(cycle, length)} }, nil
	}
	return nil, errors.New("has an `as` that is neither text nor binary")
}

func repeated(cycle []byte, length int) []byte {
	return bytes.Repeat(cycle, length/len(cycle)+1)[:length]
}

func hexadecimal(value any) ([]byte, error) {
	digits, err := text(value)
	if err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("is not hexadecimal digits: %w", err)
	}
	return data, nil
}
