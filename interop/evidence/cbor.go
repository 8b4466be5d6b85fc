package main

import (
	"errors"
	"math"
	"unicode/utf8"
)

var errCBOR = errors.New("not CBOR in its shortest form")

// The major types of RFC 8949 §3.1 that attestation documents are made of.
const (
	cborUnsigned = iota
	cborNegative
	cborBytes
	cborText
	cborList
	cborMap
	cborTag
	cborSimple
)

const cborNull = 22

type item struct {
	major  byte
	number uint64
	octets []byte
	// members are those of a list, or keys and values of a map in turn, or the value of a tag.
	members []item
}

func decodeCBOR(octets []byte) (item, error) {
	value, rest, err := readItem(octets, 0)
	if err == nil && len(rest) > 0 {
		err = errCBOR
	}
	return value, err
}

func readItem(octets []byte, depth int) (item, []byte, error) {
	if len(octets) == 0 || depth > 16 {
		return item{}, nil, errCBOR
	}
	value := item{major: octets[0] >> 5}
	rest := octets[1:]
	switch short := octets[0] & 31; {
	case short < 24:
		value.number = uint64(short)
	case short > 27:
		return item{}, nil, errCBOR
	default:
		length := 1 << (short - 24)
		if len(rest) < length {
			return item{}, nil, errCBOR
		}
		for _, octet := range rest[:length] {
			value.number = value.number<<8 | uint64(octet)
		}
		rest = rest[length:]
		if least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[short-24]; value.number < least || value.major == cborSimple {
			return item{}, nil, errCBOR
		}
	}
	switch value.major {
	case cborBytes, cborText:
		if value.number > uint64(len(rest)) {
			return item{}, nil, errCBOR
		}
		value.octets, rest = rest[:value.number], rest[value.number:]
		if value.major == cborText && !utf8.Valid(value.octets) {
			return item{}, nil, errCBOR
		}
	case cborList, cborMap, cborTag:
		return readMembers(value, rest, depth)
	case cborSimple:
		if value.number < 20 || value.number > cborNull {
			return item{}, nil, errCBOR
		}
	}
	return value, rest, nil
}

func readMembers(value item, rest []byte, depth int) (item, []byte, error) {
	count := value.number
	switch {
	case value.major == cborTag:
		count = 1
	case count > math.MaxUint16:
		return item{}, nil, errCBOR
	case value.major == cborMap:
		count *= 2
	}
	for range count {
		var member item
		var err error
		if member, rest, err = readItem(rest, depth+1); err != nil {
			return item{}, nil, err
		}
		value.members = append(value.members, member)
	}
	return value, rest, nil
}

// member gives the value that a map has under a text.
func (it item) member(name string) item {
	for at := 0; it.major == cborMap && at+1 < len(it.members); at += 2 {
		if key := it.members[at]; key.major == cborText && string(key.octets) == name {
			return it.members[at+1]
		}
	}
	return item{major: cborSimple, number: cborNull}
}

// cborHead is the head of a value in its shortest form.
func cborHead(major byte, number int) []byte {
	switch {
	case number < 24:
		return []byte{major<<5 | byte(number)}
	case number < 1<<8:
		return []byte{major<<5 | 24, byte(number)}
	default:
		return []byte{major<<5 | 25, byte(number >> 8), byte(number)}
	}
}
