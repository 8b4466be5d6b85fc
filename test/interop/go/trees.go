package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// stored keeps the hashes of a tree as tlog numbers them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, errors.New("a hash that was not stored")
		}
		hashes[i] = s[index]
	}
	return hashes, nil
}

type proof struct {
	// Old is an index for inclusion and an older size for consistency.
	Kind      string
	Old, Size int64
	Hashes    [][]byte
}

func bytesOf(hashes []tlog.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i, hash := range hashes {
		list[i] = hash[:]
	}
	return list
}

func hashesOf(list [][]byte) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(list))
	for i, bytes := range list {
		if len(bytes) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		hashes[i] = tlog.Hash(bytes)
	}
	return hashes, nil
}

// proveTree gives the roots of all sizes of a tree and the proofs that are asked for.
func proveTree(in struct {
	Entries [][]byte
	Proofs  []proof
}) (any, error) {
	var hashes stored
	roots := [][]byte{}
	for size := range int64(len(in.Entries) + 1) {
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root[:])
		if size < int64(len(in.Entries)) {
			more, err := tlog.StoredHashes(size, in.Entries[size], hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
		}
	}
	proofs := make([][][]byte, len(in.Proofs))
	for i, wanted := range in.Proofs {
		var proved []tlog.Hash
		var err error
		if wanted.Kind == "inclusion" {
			proved, err = tlog.ProveRecord(wanted.Size, wanted.Old, hashes)
		} else {
			proved, err = tlog.ProveTree(wanted.Size, wanted.Old, hashes)
		}
		if err != nil {
			return nil, fmt.Errorf("%s of %d in %d: %w", wanted.Kind, wanted.Old, wanted.Size, err)
		}
		proofs[i] = bytesOf(proved)
	}
	return map[string]any{"roots": roots, "proofs": proofs}, nil
}

// checkTree says of each proof whether it leads from the old hash (a leaf's for inclusion) to the root.
func checkTree(in struct {
	Proofs []struct {
		proof
		OldHash, Root []byte
	}
}) (any, error) {
	verdicts := make([]bool, len(in.Proofs))
	for i, given := range in.Proofs {
		proved, err := hashesOf(given.Hashes)
		if err != nil {
			continue
		}
		ends, err := hashesOf([][]byte{given.OldHash, given.Root})
		if err != nil {
			continue
		}
		if given.Kind == "inclusion" {
			err = tlog.CheckRecord(proved, given.Size, ends[1], given.Old, ends[0])
		} else {
			err = tlog.CheckTree(proved, given.Size, ends[1], given.Old, ends[0])
		}
		verdicts[i] = err == nil
	}
	return verdicts, nil
}

// tlog's paths name the tile's height, which tlog-tiles fixes and leaves out, and call entries data.
func tilePath(in struct {
	Level int
	Index int64
	Width int
}) (any, error) {
	path := tlog.Tile{H: tileHeight, L: in.Level, N: in.Index, W: in.Width}.Path()
	path = strings.Replace(path, "tile/8/data/", "tile/entries/", 1)
	return strings.Replace(path, "tile/8/", "tile/", 1), nil
}

func parseTile(in struct{ Path string }) (any, error) {
	path := strings.Replace(in.Path, "tile/", "tile/8/", 1)
	path = strings.Replace(path, "tile/8/entries/", "tile/8/data/", 1)
	tile, err := tlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	return map[string]any{"level": tile.L, "index": tile.N, "width": tile.W}, nil
}
