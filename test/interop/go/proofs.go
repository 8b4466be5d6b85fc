package main

import (
	"errors"

	"github.com/transparency-dev/formats/log"
	tlogproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/tlog"
)

// judgePolicy says of each checkpoint whether its cosignatures satisfy the policy.
func judgePolicy(in struct {
	Policy      string
	Checkpoints [][]byte
}) (any, error) {
	policy, err := witness.ParsePolicy([]byte(in.Policy))
	if err != nil {
		return nil, err
	}
	verdicts := make([]bool, len(in.Checkpoints))
	for i, checkpoint := range in.Checkpoints {
		verdicts[i] = policy.Satisfied(checkpoint)
	}
	return verdicts, nil
}

func parseProof(in struct{ Text string }) (any, error) {
	var parsed tlogproof.TLogProof
	if err := parsed.Unmarshal([]byte(in.Text)); err != nil {
		return nil, err
	}
	hashes := [][]byte{}
	for _, hash := range parsed.Hashes {
		hashes = append(hashes, hash[:])
	}
	return map[string]any{"index": parsed.Index, "hashes": hashes, "checkpoint": string(parsed.Checkpoint)}, nil
}

func formatProof(in struct {
	Index      uint64
	Hashes     [][]byte
	Checkpoint string
}) (any, error) {
	made := tlogproof.TLogProof{Index: in.Index, Checkpoint: []byte(in.Checkpoint)}
	for _, hash := range in.Hashes {
		made.Hashes = append(made.Hashes, [32]byte(hash))
	}
	return string(made.Marshal()), nil
}

// verifyProof does all that somebody does who holds an entry, a proof, the log's key and a policy.
func verifyProof(in struct {
	Proof, LogKey, Policy string
	Entry                 []byte
}) (any, error) {
	var parsed tlogproof.TLogProof
	if err := parsed.Unmarshal([]byte(in.Proof)); err != nil {
		return nil, err
	}
	known, err := verifier(in.LogKey)
	if err != nil {
		return nil, err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(parsed.Checkpoint, known.Name(), known)
	if err != nil {
		return nil, err
	}
	path := make(tlog.RecordProof, len(parsed.Hashes))
	for i, hash := range parsed.Hashes {
		path[i] = hash
	}
	root := tlog.Hash(checkpoint.Hash)
	if err := tlog.CheckRecord(path, int64(checkpoint.Size), root, int64(parsed.Index), tlog.RecordHash(in.Entry)); err != nil {
		return nil, err
	}
	policy, err := witness.ParsePolicy([]byte(in.Policy))
	if err != nil {
		return nil, err
	}
	if !policy.Satisfied(parsed.Checkpoint) {
		return nil, errors.New("the policy is not satisfied")
	}
	return true, nil
}
