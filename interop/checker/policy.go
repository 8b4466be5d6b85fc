package main

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	maxPolicy = 1 << 18
	maxDepth  = 64
)

// component is a witness, when key is set, or a group.
type component struct {
	key       *vkey
	threshold uint64
	members   []*component
	depth     int
	used      bool
}

func (c *component) value() any {
	if c == nil {
		return "none"
	}
	if c.key != nil {
		return object{"witness": c.key.label()}
	}
	members := make([]any, len(c.members))
	for i, member := range c.members {
		members[i] = member.value()
	}
	return object{"threshold": c.threshold, "members": members}
}

func (c *component) satisfied(by []vkey) bool {
	if c == nil {
		return true
	}
	if c.key != nil {
		for _, key := range by {
			if key.label() == c.key.label() && bytes.Equal(key.public, c.key.public) {
				return true
			}
		}
		return false
	}
	var count uint64
	for _, member := range c.members {
		if member.satisfied(by) {
			count++
		}
	}
	return count >= c.threshold
}

type policy struct {
	logs, witnesses []object
	// quorum is nil for none.
	quorum *component

	keys  [][]byte
	names map[string]*component
}

func parsePolicy(octets []byte) (*policy, error) {
	if len(octets) > maxPolicy {
		return nil, errors.New("over 256 KiB")
	}
	for _, octet := range octets {
		if octet == 0x7f || (octet < 0x20 && octet != '\t' && octet != '\n') {
			return nil, errors.New("a control character")
		}
	}
	read := &policy{logs: []object{}, witnesses: []object{}, names: map[string]*component{}}
	decided := false
	for number, line := range bytes.Split(octets, []byte("\n")) {
		var words []string
		for _, word := range bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' }) {
			words = append(words, string(word))
		}
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if err := read.line(words, &decided); err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	if !decided {
		return nil, errors.New("no quorum")
	}
	return read, nil
}

func (p *policy) line(words []string, decided *bool) error {
	keyword, words := words[0], words[1:]
	switch {
	case keyword == "log" && (len(words) == 1 || len(words) == 2):
		_, listed, err := p.key(words)
		p.logs = append(p.logs, listed)
		return err
	case keyword == "witness" && (len(words) == 2 || len(words) == 3):
		key, listed, err := p.key(words[1:])
		if err != nil {
			return err
		}
		if key.kind == typeEd25519 {
			return errors.New("a key that cosigns nothing")
		}
		p.witnesses = append(p.witnesses, listed)
		return p.define(words[0], &component{key: &key})
	case keyword == "group" && len(words) >= 3:
		return p.group(words[0], words[1], words[2:])
	case keyword == "quorum" && len(words) == 1 && !*decided:
		*decided = true
		if words[0] == "none" {
			return nil
		}
		p.quorum = p.names[words[0]]
		if p.quorum == nil {
			return errors.New("an unknown name")
		}
		return nil
	}
	return errors.New("not a line of a policy")
}

func (p *policy) key(words []string) (vkey, object, error) {
	key, err := parseVkey(words[0])
	if err != nil {
		return key, nil, err
	}
	for _, known := range p.keys {
		if bytes.Equal(known, key.public) {
			return key, nil, errors.New("a key that was there before")
		}
	}
	p.keys = append(p.keys, key.public)
	listed := object{"key": key.label(), "url": nil}
	if len(words) > 1 {
		listed["url"] = words[1]
	}
	return key, listed, nil
}

func (p *policy) define(name string, what *component) error {
	if name == "none" || p.names[name] != nil {
		return errors.New("a name that is taken")
	}
	p.names[name] = what
	return nil
}

func (p *policy) group(name, count string, members []string) error {
	made := &component{}
	for _, member := range members {
		found := p.names[member]
		if found == nil {
			return errors.New("an unknown member")
		}
		if found.used {
			return errors.New("a member that is used twice")
		}
		found.used = true
		made.members = append(made.members, found)
		made.depth = max(made.depth, found.depth)
	}
	made.depth++
	n := uint64(len(members))
	var err error
	switch count {
	case "all":
		made.threshold = n
	case "any":
		made.threshold = 1
	default:
		made.threshold, err = decodeNumber(count)
	}
	if err != nil || made.threshold < 1 || made.threshold > n || made.depth > maxDepth {
		return errors.New("not a group")
	}
	return p.define(name, made)
}

func judgePolicy(octets []byte, _ Context) (any, error) {
	read, err := parsePolicy(octets)
	if err != nil {
		return nil, err
	}
	return object{"logs": read.logs, "witnesses": read.witnesses, "quorum": read.quorum.value()}, nil
}

func judgeQuorum(octets []byte, context Context) (any, error) {
	read, err := parsePolicy(octets)
	if err != nil {
		return nil, err
	}
	keys, err := parseVkeys(context.Keys)
	if err != nil {
		panic(err)
	}
	return object{"satisfied": read.quorum.satisfied(keys)}, nil
}
