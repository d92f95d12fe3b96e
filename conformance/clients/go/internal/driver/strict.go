package driver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// object is a JSON object whose members are taken out one by one: what is left at the end is not known. It is read more
// strictly than encoding/json does, which knows fields by any case and takes the last of two with one name.
type object map[string]any

// readObject reads a line that is one object and nothing else.
func readObject(line []byte) (object, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("the line is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	value, err := readValue(decoder)
	if err != nil {
		return nil, fmt.Errorf("the line is not JSON: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("the line goes on behind its object")
	}
	if members, ok := value.(object); ok {
		return members, nil
	}
	return nil, errors.New("the line is not an object")
}

func readValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := object{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			if _, twice := members[name.(string)]; twice {
				return nil, fmt.Errorf("`%s` is there twice", name)
			}
			if members[name.(string)], err = readValue(decoder); err != nil {
				return nil, err
			}
		}
		_, err := decoder.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			value, err := readValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := decoder.Token()
		return list, err
	}
	return token, nil
}

// fields takes members out of an object, and keeps the first thing that is wrong with them.
type fields struct {
	object object
	err    error
}

func (f *fields) fail(format string, arguments ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, arguments...)
	}
}

// end says what is wrong; a member that nobody has taken is.
func (f *fields) end() error {
	for _, name := range slices.Sorted(maps.Keys(f.object)) {
		f.fail("unknown field `%s`", name)
	}
	return f.err
}

// take takes a member that has to be there.
func take[T any](f *fields, name string, read func(any) (T, error)) T {
	if _, ok := f.object[name]; !ok {
		f.fail("the field `%s` is missing", name)
	}
	var none T
	return takeOr(f, name, read, none)
}

// takeOr takes a member, or has another value where there is none.
func takeOr[T any](f *fields, name string, read func(any) (T, error), otherwise T) T {
	value, ok := f.object[name]
	if !ok {
		return otherwise
	}
	delete(f.object, name)
	result, err := read(value)
	if err != nil {
		f.fail("`%s` %w", name, err)
	}
	return result
}

func text(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	return "", errors.New("is not a text")
}

func boolean(value any) (bool, error) {
	if boolean, ok := value.(bool); ok {
		return boolean, nil
	}
	return false, errors.New("is neither true nor false")
}

// number reads a whole number that is not negative and at most a limit.
func number(most uint64) func(any) (uint64, error) {
	return func(value any) (uint64, error) {
		digits, _ := value.(json.Number)
		number, err := strconv.ParseUint(digits.String(), 10, 64)
		if err != nil || number > most {
			return 0, fmt.Errorf("is not a whole number of at most %d", most)
		}
		return number, nil
	}
}

// list reads a list of what another reader reads.
func list[T any](read func(any) (T, error)) func(any) ([]T, error) {
	return func(value any) ([]T, error) {
		values, ok := value.([]any)
		if !ok {
			return nil, errors.New("is not a list")
		}
		result := make([]T, len(values))
		for i, value := range values {
			var err error
			if result[i], err = read(value); err != nil {
				return nil, fmt.Errorf("[%d] %w", i, err)
			}
		}
		return result, nil
	}
}
