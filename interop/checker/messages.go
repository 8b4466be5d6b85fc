package main

import (
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
)

const maxProof = 63

// splitBlank separates the lines before the first empty one from what follows it.
func splitBlank(text string) ([]string, string, error) {
	head, rest, ok := strings.Cut(text, "\n\n")
	if !ok {
		return nil, "", errors.New("no blank line")
	}
	return strings.Split(head, "\n"), rest, nil
}

func decodeHashes(lines []string) ([][]byte, error) {
	if len(lines) > maxProof {
		return nil, errors.New("too many hashes")
	}
	hashes := [][]byte{}
	for _, line := range lines {
		hash, err := decodeHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// judgeProof takes no extra line: a rule of the profile.
func judgeProof(text string) (any, error) {
	lines, note, err := splitBlank(text)
	if err != nil {
		return nil, err
	}
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a proof")
	}
	number, ok := strings.CutPrefix(lines[1], "index ")
	if !ok {
		return nil, errors.New("no index")
	}
	index, err := decodeNumber(number)
	if err != nil {
		return nil, err
	}
	hashes, err := decodeHashes(lines[2:])
	return object{"index": index, "hashes": hashes, "checkpoint": note}, err
}

func judgeAddCheckpoint(text string) (any, error) {
	lines, note, err := splitBlank(text)
	if err != nil {
		return nil, err
	}
	number, ok := strings.CutPrefix(lines[0], "old ")
	if !ok {
		return nil, errors.New("no old size")
	}
	old, err := decodeNumber(number)
	if err != nil {
		return nil, err
	}
	proof, err := decodeHashes(lines[1:])
	return object{"oldSize": old, "proof": proof, "checkpoint": note}, err
}

func judgeSignSubtree(text string) (any, error) {
	lines, note, err := splitBlank(text)
	if err != nil {
		return nil, err
	}
	fields := strings.Split(lines[0], " ")
	if len(fields) != 3 || fields[0] != "subtree" || len(lines) < 2 {
		return nil, errors.New("no subtree")
	}
	start, err := decodeNumber(fields[1])
	if err != nil {
		return nil, err
	}
	end, err := decodeNumber(fields[2])
	if err != nil {
		return nil, err
	}
	hash, err := decodeHash(lines[1])
	if err != nil {
		return nil, err
	}
	proof, err := decodeHashes(lines[2:])
	return object{"start": start, "end": end, "hash": hash, "proof": proof, "checkpoint": note}, err
}

func judgeTreeSize(text string) (any, error) {
	number, ok := strings.CutSuffix(text, "\n")
	if !ok {
		return nil, errors.New("no newline")
	}
	size, err := decodeNumber(number)
	return object{"size": size}, err
}

var tilePattern = regexp.MustCompile(`^tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?$`)

func judgeTilePath(path string) (any, error) {
	bad := errors.New("not a tile")
	found := tilePattern.FindStringSubmatch(path)
	// The pattern's $ also stands before a final newline in some languages; not in Go.
	if found == nil {
		return nil, bad
	}
	var level any = "entries"
	if found[1] != "entries" {
		number, err := decodeNumber(found[1])
		if err != nil || number > 63 {
			return nil, bad
		}
		level = number
	}
	// No more groups than the number needs: a first group of zeros stands only alone.
	if strings.HasPrefix(found[2], "x000/") {
		return nil, bad
	}
	digits := strings.TrimLeft(strings.NewReplacer("x", "", "/", "").Replace(found[2]), "0")
	if digits == "" {
		digits = "0"
	}
	index, err := decodeNumber(digits)
	if err != nil {
		return nil, err
	}
	width := uint64(256)
	if found[3] != "" {
		if width, err = decodeNumber(found[3]); err != nil || width > 255 {
			return nil, bad
		}
	}
	return object{"level": level, "index": index, "width": width}, nil
}

func judgeBundle(octets []byte, context Context) (any, error) {
	entries := [][]byte{}
	for len(octets) > 0 {
		if len(octets) < 2 {
			return nil, errors.New("half of a length")
		}
		end := 2 + int(binary.BigEndian.Uint16(octets))
		if len(octets) < end {
			return nil, errors.New("an entry that is cut off")
		}
		entries = append(entries, octets[2:end])
		octets = octets[end:]
	}
	if len(entries) != context.Width {
		return nil, errors.New("another number of entries")
	}
	return object{"entries": entries}, nil
}
