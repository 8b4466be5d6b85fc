package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/transparency-dev/formats/log"
	cosigner "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Keys of these types sign a time with the checkpoint: Ed25519, and ML-DSA-44.
const (
	typeCosignature      = 4
	typeMLDSACosignature = 6
)

func isCosigner(kind byte) bool { return kind == typeCosignature || kind == typeMLDSACosignature }

// keyType is the first byte of a verifier key's base64 part.
func keyType(vkey string) (byte, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return 0, errors.New("not a verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) == 0 {
		return 0, errors.New("not a verifier key")
	}
	return key[0], nil
}

func verifier(vkey string) (note.Verifier, error) {
	kind, err := keyType(vkey)
	if err != nil {
		return nil, err
	}
	if isCosigner(kind) {
		return cosigner.NewVerifierForCosignatureV1(vkey)
	}
	return note.NewVerifier(vkey)
}

func verifiers(vkeys []string) ([]note.Verifier, error) {
	list := make([]note.Verifier, len(vkeys))
	for i, vkey := range vkeys {
		known, err := verifier(vkey)
		if err != nil {
			return nil, err
		}
		list[i] = known
	}
	return list, nil
}

func signNote(in struct{ Text, SecretKey string }) (any, error) {
	signer, err := note.NewSigner(in.SecretKey)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: in.Text}, signer)
	return string(signed), err
}

type signature struct {
	Key  string `json:"key"`
	Time int64  `json:"time"`
}

func openNote(in struct {
	Note  []byte
	Known []string
}) (any, error) {
	known, err := verifiers(in.Known)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(in.Note, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	cosigners := make(map[string]bool)
	for i, vkey := range in.Known {
		if kind, _ := keyType(vkey); isCosigner(kind) {
			cosigners[fmt.Sprintf("%s+%08x", known[i].Name(), known[i].KeyHash())] = true
		}
	}
	verified := []signature{}
	for _, sig := range opened.Sigs {
		label := fmt.Sprintf("%s+%08x", sig.Name, sig.Hash)
		found := signature{Key: label}
		if cosigners[label] {
			at, err := cosigner.CoSigV1Timestamp(sig)
			if err != nil {
				return nil, err
			}
			found.Time = at.Unix()
		}
		verified = append(verified, found)
	}
	return map[string]any{"text": opened.Text, "verified": verified, "unknown": len(opened.UnverifiedSigs)}, nil
}

func cosignNote(in struct {
	Note      []byte
	Known     []string
	SecretKey string
}) (any, error) {
	known, err := verifiers(in.Known)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(in.Note, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	signer, err := cosigner.NewSignerForCosignatureV1(in.SecretKey)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(opened, signer)
	return string(signed), err
}

func parseCheckpoint(in struct{ Text string }) (any, error) {
	var parsed log.Checkpoint
	rest, err := parsed.Unmarshal([]byte(in.Text))
	if err != nil {
		return nil, err
	}
	return map[string]any{"origin": parsed.Origin, "size": parsed.Size, "root": parsed.Hash, "rest": string(rest)}, nil
}
