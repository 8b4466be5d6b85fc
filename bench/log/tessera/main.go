// A log of Tessera's POSIX driver behind HTTP, as the benchmark measures it: POST /entries answers once the entry has its place and is
// durable. Batching and checkpoint intervals are arguments, so that each log can be run at what suits it best.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	folder := flag.String("folder", "", "where the log is kept")
	batchSize := flag.Uint("batch-size", 256, "entries in a batch, at most")
	batchAge := flag.Duration("batch-age", 250*time.Millisecond, "how long an entry may wait for others")
	checkpointInterval := flag.Duration("checkpoint-interval", 100*time.Millisecond, "between two checkpoints")
	flag.Parse()
	if err := serve(*folder, *batchSize, *batchAge, *checkpointInterval); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(folder string, batchSize uint, batchAge, checkpointInterval time.Duration) error {
	ctx := context.Background()
	secret, _, err := note.GenerateKey(rand.Reader, "bench.example/tessera")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(checkpointInterval).
		WithBatching(batchSize, batchAge)
	appender, _, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	http.HandleFunc("POST /entries", func(answer http.ResponseWriter, request *http.Request) {
		entry, err := io.ReadAll(request.Body)
		if err != nil {
			answer.WriteHeader(http.StatusBadRequest)
			return
		}
		index, err := appender.Add(request.Context(), tessera.NewEntry(entry))()
		if err != nil {
			answer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(answer, "{\"index\":%d}", index.Index)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("{\"address\":\"http://%s\"}\n", listener.Addr())
	return http.Serve(listener, nil)
}
