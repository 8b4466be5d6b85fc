package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
)

// claim reads the arguments of a verifier, and remembers what was wrong with them.
type claim struct {
	members map[string]json.RawMessage
	err     error
}

func (c *claim) decode(name string, into any) {
	if err := json.Unmarshal(c.members[name], into); err != nil && c.err == nil {
		c.err = err
	}
}

func (c *claim) number(name string) uint64 {
	var text string
	c.decode(name, &text)
	number, err := decodeNumber(text)
	if err != nil && c.err == nil {
		c.err = err
	}
	return number
}

func (c *claim) hash(name string) []byte {
	var hash []byte
	c.decode(name, &hash)
	c.checkLength(hash)
	return hash
}

func (c *claim) hashes(name string) [][]byte {
	var hashes [][]byte
	c.decode(name, &hashes)
	for _, hash := range hashes {
		c.checkLength(hash)
	}
	return hashes
}

func (c *claim) checkLength(hash []byte) {
	if len(hash) != sha256.Size && c.err == nil {
		c.err = errors.New("not a hash")
	}
}

func nodeHash(left, right []byte) []byte {
	digest := sha256.Sum256(append(append([]byte{1}, left...), right...))
	return digest[:]
}

var errProof = errors.New("the proof does not lead there")

// splitAt is the largest power of two smaller than n.
func splitAt(n uint64) uint64 {
	k := uint64(1)
	for k<<1 < n {
		k <<= 1
	}
	return k
}

// rebuild follows the definition of SUBTREE_PROOF from the root down, and takes the hashes from the end of the proof. It gives the hash
// of the subtree [start, end) and of the whole tree of n leaves, or ok false when the proof has too few hashes.
//
// The same recursion serves for the three kinds of proof: of inclusion (a subtree of one leaf), of consistency (one that begins at 0),
// and of subtrees. `known` is the hash that the verifier has of the subtree while it is a node of the tree, and nil once it is not.
func rebuild(start, end, n uint64, known []byte, proof *[][]byte) (sub, whole []byte, ok bool) {
	take := func() ([]byte, bool) {
		if len(*proof) == 0 {
			return nil, false
		}
		last := (*proof)[len(*proof)-1]
		*proof = (*proof)[:len(*proof)-1]
		return last, true
	}
	if start == 0 && end == n {
		if known != nil {
			return known, known, true
		}
		hash, ok := take()
		return hash, hash, ok
	}
	k := splitAt(n)
	beside, ok := take()
	if !ok {
		return nil, nil, false
	}
	switch {
	case end <= k:
		sub, whole, ok = rebuild(start, end, k, known, proof)
		return sub, nodeHash(whole, beside), ok
	case k <= start:
		sub, whole, ok = rebuild(start-k, end-k, n-k, known, proof)
		return sub, nodeHash(beside, whole), ok
	default:
		// Over both sides: the left one is whole and belongs to the subtree.
		sub, whole, ok = rebuild(0, end-k, n-k, nil, proof)
		return nodeHash(beside, sub), nodeHash(beside, whole), ok
	}
}

// leadsTo gives the root of the tree of size leaves that a proof leads to from the hash of [start, end).
func leadsTo(start, end, size uint64, hash []byte, proof [][]byte) ([]byte, error) {
	rest := append([][]byte{}, proof...)
	sub, whole, ok := rebuild(start, end, size, hash, &rest)
	if !ok || len(rest) > 0 || !bytes.Equal(sub, hash) {
		return nil, errProof
	}
	return whole, nil
}

func leads(start, end, size uint64, hash, root []byte, proof [][]byte) error {
	whole, err := leadsTo(start, end, size, hash, proof)
	if err == nil && !bytes.Equal(whole, root) {
		err = errProof
	}
	return err
}

func checkInclusion(c *claim) error {
	index, size := c.number("index"), c.number("size")
	leaf, proof, root := c.hash("leaf"), c.hashes("proof"), c.hash("root")
	if c.err != nil || index >= size {
		return errors.New("no such leaf")
	}
	return leads(index, index+1, size, leaf, root, proof)
}

func checkConsistency(c *claim) error {
	oldSize, newSize := c.number("oldSize"), c.number("newSize")
	oldRoot, newRoot, proof := c.hash("oldRoot"), c.hash("newRoot"), c.hashes("proof")
	if c.err != nil || oldSize > newSize {
		return errors.New("no such trees")
	}
	if oldSize == 0 {
		empty := sha256.Sum256(nil)
		if len(proof) > 0 || !bytes.Equal(oldRoot, empty[:]) || (newSize == 0 && !bytes.Equal(newRoot, empty[:])) {
			return errProof
		}
		return nil
	}
	return leads(0, oldSize, newSize, oldRoot, newRoot, proof)
}

func checkSubtree(c *claim) error {
	start, end, size := c.number("start"), c.number("end"), c.number("size")
	hash, proof, root := c.hash("hash"), c.hashes("proof"), c.hash("root")
	if c.err != nil || start > end || end > size {
		return errors.New("no such subtree")
	}
	width := uint64(1)
	for width < end-start {
		width <<= 1
	}
	if start%width != 0 {
		return errors.New("no such subtree")
	}
	if start == end {
		empty := sha256.Sum256(nil)
		if len(proof) > 0 || !bytes.Equal(hash, empty[:]) {
			return errProof
		}
		return nil
	}
	return leads(start, end, size, hash, root, proof)
}
