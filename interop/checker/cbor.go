package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

const maxNesting = 16

// item is one CBOR value: an integer of either sign, octets, text, a list, a map, a tag with its value, or one of three simple values.
type item struct {
	major   byte
	number  uint64
	octets  []byte
	members []item
}

const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple
)

const (
	simpleFalse = 20
	simpleNull  = 22
)

func (it item) is(major byte, number uint64) bool { return it.major == major && it.number == number }

// get gives the value that a map has under a label, which is an item without members.
func (it item) get(label item) (item, bool) {
	for i := 0; i+1 < len(it.members); i += 2 {
		if it.members[i].same(label) {
			return it.members[i+1], true
		}
	}
	return item{}, false
}

func (it item) same(other item) bool {
	return it.major == other.major && it.number == other.number && bytes.Equal(it.octets, other.octets)
}

func intLabel(number int64) item {
	if number < 0 {
		return item{major: majorNegative, number: uint64(-1 - number)}
	}
	return item{major: majorUnsigned, number: uint64(number)}
}

func textLabel(text string) item {
	return item{major: majorText, number: uint64(len(text)), octets: []byte(text)}
}

var errCBOR = errors.New("not CBOR in deterministic encoding")

// cborReader reads deterministic encoding alone: a rule of the profile. With unsorted it takes the keys of maps in any order.
type cborReader struct {
	rest     []byte
	unsorted bool
}

// decodeCBOR reads exactly one value.
func decodeCBOR(octets []byte, unsorted bool) (item, error) {
	reader := &cborReader{octets, unsorted}
	value, err := reader.value(0)
	if err == nil && len(reader.rest) > 0 {
		err = errCBOR
	}
	return value, err
}

func (r *cborReader) take(count uint64) ([]byte, error) {
	if count > uint64(len(r.rest)) {
		return nil, errCBOR
	}
	taken := r.rest[:count]
	r.rest = r.rest[count:]
	return taken, nil
}

// argument reads the number that comes with an initial octet, which must not fit into fewer octets.
func (r *cborReader) argument(information byte) (uint64, error) {
	if information < 24 {
		return uint64(information), nil
	}
	if information > 27 {
		return 0, errCBOR
	}
	width := 1 << (information - 24)
	octets, err := r.take(uint64(width))
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[8-width:], octets)
	number := binary.BigEndian.Uint64(wide[:])
	least := uint64(24)
	if width > 1 {
		least = 1 << (4 * width)
	}
	if number < least {
		return 0, errCBOR
	}
	return number, nil
}

func (r *cborReader) value(depth int) (item, error) {
	if depth > maxNesting {
		return item{}, errCBOR
	}
	initial, err := r.take(1)
	if err != nil {
		return item{}, err
	}
	it := item{major: initial[0] >> 5}
	if it.major == majorSimple {
		it.number = uint64(initial[0] & 31)
		if it.number < simpleFalse || it.number > simpleNull {
			err = errCBOR
		}
		return it, err
	}
	if it.number, err = r.argument(initial[0] & 31); err != nil {
		return item{}, err
	}
	switch it.major {
	case majorBytes, majorText:
		it.octets, err = r.take(it.number)
		if it.major == majorText && !utf8.Valid(it.octets) {
			err = errCBOR
		}
	case majorList:
		err = r.list(&it, depth)
	case majorMap:
		err = r.entries(&it, depth)
	case majorTag:
		var inner item
		inner, err = r.value(depth + 1)
		it.members = []item{inner}
	}
	return it, err
}

func (r *cborReader) list(it *item, depth int) error {
	for i := uint64(0); i < it.number; i++ {
		member, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		it.members = append(it.members, member)
	}
	return nil
}

func (r *cborReader) entries(it *item, depth int) error {
	var previous []byte
	for i := uint64(0); i < it.number; i++ {
		before := r.rest
		label, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if label.major != majorUnsigned && label.major != majorNegative && label.major != majorText {
			return errCBOR
		}
		encoded := before[:len(before)-len(r.rest)]
		if _, twice := it.get(label); twice || (!r.unsorted && bytes.Compare(previous, encoded) > 0) {
			return errCBOR
		}
		previous = encoded
		member, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		it.members = append(it.members, label, member)
	}
	return nil
}

// appendHead writes a major type with its argument.
func appendHead(to []byte, major byte, number uint64) []byte {
	top := major << 5
	switch {
	case number < 24:
		return append(to, top|byte(number))
	case number < 1<<8:
		return append(to, top|24, byte(number))
	case number < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, top|25), uint16(number))
	case number < 1<<32:
		return binary.BigEndian.AppendUint32(append(to, top|26), uint32(number))
	}
	return binary.BigEndian.AppendUint64(append(to, top|27), number)
}

func appendString(to []byte, major byte, octets []byte) []byte {
	return append(appendHead(to, major, uint64(len(octets))), octets...)
}
