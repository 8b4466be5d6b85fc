package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// serveLog keeps a log of Tessera's, which publishes a checkpoint once the witnesses of the policy have cosigned it. `add N` adds that
// many entries and shows the checkpoint that was published for them.
func serveLog(folder, skey, policyFile string) error {
	ctx := context.Background()
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	policy, err := os.ReadFile(policyFile)
	if err != nil {
		return err
	}
	witnesses, err := tessera.NewWitnessGroupFromPolicy(policy)
	if err != nil {
		return fmt.Errorf("the policy: %w", err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(time.Second).
		WithBatching(256, 20*time.Millisecond).
		WithWitnesses(witnesses, &tessera.WitnessOptions{Timeout: 5 * time.Second})
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	defer func() { _ = shutdown(ctx) }()
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
	added := 0
	return obey(func(command string) error {
		var count int
		if _, err := fmt.Sscanf(command, "add %d", &count); err != nil {
			return err
		}
		var futures []tessera.IndexFuture
		for range count {
			futures = append(futures, appender.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d", added))))
			added++
		}
		var published []byte
		for _, future := range futures {
			if _, published, err = awaiter.Await(ctx, future); err != nil {
				return err
			}
		}
		return say(map[string]any{"checkpoint": published})
	})
}
