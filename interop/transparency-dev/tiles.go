package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads tiles over HTTP, by the paths of tlog-tiles, which leave out the height, and keeps those that were found to be right.
type tiles struct {
	url  string
	kept map[tlog.Tile][]byte
}

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		if known, ok := t.kept[tile]; ok {
			data[i] = known
			continue
		}
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, err := get(t.url + "/" + path)
		if err != nil {
			return nil, err
		}
		data[i] = content
	}
	return data, nil
}

func (t tiles) SaveTiles(right []tlog.Tile, data [][]byte) {
	for i, tile := range right {
		t.kept[tile] = data[i]
	}
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// readTiles proves and checks every record of the tree that the checkpoint names (some, of a large one), and that the trees of the
// given sizes are its beginnings. The hash reader itself checks every tile against the root.
func readTiles(url, vkey string, sizes []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	signed, err := get(url + "/checkpoint")
	if err != nil {
		return err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(signed, verifier.Name(), verifier)
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: int64(checkpoint.Size), Hash: tlog.Hash(checkpoint.Hash)}
	reader := tlog.TileHashReader(tree, tiles{url, map[tlog.Tile][]byte{}})
	records := []tlog.Hash{}
	for index := int64(0); index < tree.N; index++ {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return fmt.Errorf("record %d: %w", index, err)
		}
		records = append(records, hashes[0])
		if index%97 != 0 && index < tree.N-2 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return fmt.Errorf("proving record %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, hashes[0]); err != nil {
			return fmt.Errorf("checking record %d: %w", index, err)
		}
	}
	roots := []tlog.Hash{}
	for _, text := range sizes {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return fmt.Errorf("the tree of %d: %w", size, err)
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return fmt.Errorf("proving the tree of %d: %w", size, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, root); err != nil {
			return fmt.Errorf("checking the tree of %d: %w", size, err)
		}
		roots = append(roots, root)
	}
	return say(map[string]any{"size": tree.N, "records": records, "roots": roots})
}
