package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// follow keeps the state of a log as Tessera's client does: `update` proves that the log's checkpoint extends the one that was seen
// before, `entries` streams all entries under it, and `fsck` rebuilds the whole tree and compares every tile.
func follow(address, vkey string) error {
	ctx := context.Background()
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	root, err := url.Parse(address + "/")
	if err != nil {
		return err
	}
	fetcher, err := client.NewHTTPFetcher(root, nil)
	if err != nil {
		return err
	}
	consensus := client.UnilateralConsensus(fetcher.ReadCheckpoint)
	tracker, err := client.NewLogStateTracker(ctx, fetcher.ReadTile, nil, verifier, verifier.Name(), consensus)
	if err != nil {
		return err
	}
	return obey(func(command string) error {
		switch command {
		case "update":
			before := tracker.Latest().Size
			_, proof, _, err := tracker.Update(ctx)
			if err != nil {
				return err
			}
			return say(map[string]any{"from": before, "size": tracker.Latest().Size, "proof": len(proof)})
		case "entries":
			entries, err := readEntries(ctx, fetcher, tracker.Latest().Size)
			if err != nil {
				return err
			}
			return say(map[string]any{"entries": entries})
		case "fsck":
			err := fsck.New(verifier.Name(), verifier, fetcher, leafHashes, fsck.Opts{N: 2}).Check(ctx)
			if err != nil {
				return say(map[string]any{"fault": err.Error()})
			}
			return say(map[string]any{"fault": nil})
		}
		return fmt.Errorf("no such command")
	})
}

func readEntries(ctx context.Context, fetcher *client.HTTPFetcher, size uint64) ([][]byte, error) {
	getSize := func(context.Context) (uint64, error) { return size, nil }
	bundles := client.EntryBundles(ctx, 2, getSize, fetcher.ReadEntryBundle, 0, size)
	entries := [][]byte{}
	for entry, err := range client.Entries(bundles, unbundle) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry.Entry)
		// The stream goes on waiting for what is not there yet.
		if uint64(len(entries)) == size {
			break
		}
	}
	return entries, nil
}

func unbundle(octets []byte) ([][]byte, error) {
	var bundle api.EntryBundle
	err := bundle.UnmarshalText(octets)
	return bundle.Entries, err
}

func leafHashes(octets []byte) ([][]byte, error) {
	entries, err := unbundle(octets)
	hashes := [][]byte{}
	for _, entry := range entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, err
}
