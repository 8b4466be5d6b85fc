// Command peer is what torchwood does with a log and a witness that are Countersign's.
//
//	peer follow URL VKEY [COSIGNER...]      its client: for each line `read` on standard input a line of JSON with what the log has more
//	peer enroll DATABASE ORIGIN VKEY        lets a litewitness with that database cosign the log
//
// The log that is read may be wrong in every way; then the command ends with an error.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "follow":
		return follow(args[1], args[2], args[3:])
	case len(args) == 4 && args[0] == "enroll":
		return enroll(args[1], args[2], args[3])
	}
	return fmt.Errorf("no such command: %q", args)
}

// A follower believes what its policy does, and keeps the tree that it has seen last.
type follower struct {
	fetcher *torchwood.TileFetcher
	client  *torchwood.Client
	policy  torchwood.Policy
	seen    tlog.Tree
}

// follow asks for the signature of the log's key, and for a cosignature by each of the others.
func follow(url, vkey string, cosigners []string) error {
	verifier, err := torchwood.NewLogVerifier(vkey)
	if err != nil {
		return err
	}
	policies := []torchwood.Policy{torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier)}
	for _, text := range cosigners {
		cosigner, err := torchwood.NewCosignatureVerifier(text)
		if err != nil {
			return err
		}
		policies = append(policies, torchwood.SingleVerifierPolicy(cosigner))
	}
	fetcher, err := torchwood.NewTileFetcher(url)
	if err != nil {
		return err
	}
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return err
	}
	reader := &follower{fetcher: fetcher, client: client, policy: torchwood.ThresholdPolicy(len(policies), policies...)}
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		if commands.Text() != "read" {
			return fmt.Errorf("no such command: %q", commands.Text())
		}
		if err := reader.read(context.Background()); err != nil {
			return err
		}
	}
	return commands.Err()
}

// read fetches the checkpoint, checks that its tree extends the one that was seen last, and prints the entries that are new.
func (f *follower) read(ctx context.Context) error {
	signed, err := f.fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return err
	}
	checkpoint, opened, err := torchwood.VerifyCheckpoint(signed, f.policy)
	if err != nil {
		return err
	}
	if err := f.checkGrowth(ctx, checkpoint.Tree); err != nil {
		return err
	}
	entries := [][]byte{}
	for _, entry := range f.client.AllEntries(ctx, checkpoint.Tree, f.seen.N) {
		entries = append(entries, append([]byte{}, entry...))
	}
	if err := f.client.Err(); err != nil {
		return err
	}
	// One by its index, with a proof.
	last, proof, err := f.client.Entry(ctx, checkpoint.Tree, checkpoint.N-1)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, checkpoint.N, checkpoint.Hash, checkpoint.N-1, tlog.RecordHash(last)); err != nil {
		return err
	}
	from := f.seen.N
	f.seen = checkpoint.Tree
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"from": from, "size": checkpoint.N, "entries": entries,
		"verified": labels(opened.Sigs), "unknown": len(opened.UnverifiedSigs),
	})
}

func (f *follower) checkGrowth(ctx context.Context, tree tlog.Tree) error {
	if f.seen.N == 0 {
		return nil
	}
	if tree.N < f.seen.N {
		return fmt.Errorf("the log has shrunk from %d to %d entries", f.seen.N, tree.N)
	}
	proof, err := tlog.ProveTree(tree.N, f.seen.N, torchwood.TileHashReaderWithContext(ctx, tree, f.fetcher))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, f.seen.N, f.seen.Hash)
}

func labels(signatures []note.Signature) []string {
	list := []string{}
	for _, signature := range signatures {
		list = append(list, fmt.Sprintf("%s+%08x", signature.Name, signature.Hash))
	}
	return list
}

// enroll does what `witnessctl add-log` and `add-key` do, which cannot be built without modules that not every proxy has.
func enroll(database, origin, vkey string) error {
	if _, err := torchwood.NewLogVerifier(vkey); err != nil {
		return err
	}
	connection, err := sqlite.OpenConn(database, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer connection.Close()
	empty := sha256.Sum256(nil)
	root := base64.StdEncoding.EncodeToString(empty[:])
	insert := func(query string, values ...any) error {
		return sqlitex.Execute(connection, query, &sqlitex.ExecOptions{Args: values})
	}
	if err := insert("INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)", origin, root); err != nil {
		return err
	}
	return insert("INSERT INTO key (origin, key) VALUES (?, ?)", origin, vkey)
}
