// Command checker is a second implementation of the formats that Countersign's log speaks, written from the C2SP specifications and from
// nothing of Countersign's but the rules of its profile in spec/corpus/README.md. It exists to disagree.
//
//	checker DIR    judges every case of the corpus in DIR, prints one line of JSON for each, and fails where it disagrees with the corpus
//	checker        reads one JSON object {kind, input, context} a line from standard input, and answers each with a line
//
// Inputs may be hostile; keys are given by the caller and nothing is kept.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Input has exactly one of its members set, as the corpus has it.
type Input struct {
	Text   *string                    `json:"text"`
	Base64 *[]byte                    `json:"base64"`
	Parts  []Part                     `json:"parts"`
	Claim  map[string]json.RawMessage `json:"claim"`
}

// Part is a piece of an input that stands there Times times; 0 means once.
type Part struct {
	Text   string `json:"text"`
	Base64 []byte `json:"base64"`
	Times  int    `json:"times"`
}

// Context is what the judge of some kinds has to know.
type Context struct {
	Keys        []string `json:"keys"`
	Width       int      `json:"width"`
	Unprotected bool     `json:"unprotected"`
	Entry       []byte   `json:"entry"`
	OldSize     uint64   `json:"oldSize"`
	OldRoot     []byte   `json:"oldRoot"`
}

// Question is one input to judge.
type Question struct {
	Kind    string  `json:"kind"`
	Input   Input   `json:"input"`
	Context Context `json:"context"`
}

// Answer says what came of it; Why is for people.
type Answer struct {
	ID      string `json:"id,omitempty"`
	Verdict string `json:"verdict"`
	Value   any    `json:"value,omitempty"`
	Why     string `json:"why,omitempty"`
}

type object = map[string]any

var errNotUTF8 = errors.New("not UTF-8")

func (in Input) octets() []byte {
	switch {
	case in.Text != nil:
		return []byte(*in.Text)
	case in.Base64 != nil:
		return *in.Base64
	}
	var whole bytes.Buffer
	for _, part := range in.Parts {
		piece := append([]byte(part.Text), part.Base64...)
		whole.Write(bytes.Repeat(piece, max(part.Times, 1)))
	}
	return whole.Bytes()
}

func ofText(judge func(string) (any, error)) func(Input, Context) (any, error) {
	return func(in Input, _ Context) (any, error) {
		octets := in.octets()
		if !utf8.Valid(octets) {
			return nil, errNotUTF8
		}
		return judge(string(octets))
	}
}

func ofOctets(judge func([]byte, Context) (any, error)) func(Input, Context) (any, error) {
	return func(in Input, context Context) (any, error) { return judge(in.octets(), context) }
}

func ofClaim(judge func(*claim) error) func(Input, Context) (any, error) {
	return func(in Input, _ Context) (any, error) {
		given := &claim{members: in.Claim}
		err := judge(given)
		if given.err != nil {
			err = given.err
		}
		return object{}, err
	}
}

var judges = map[string]func(Input, Context) (any, error){
	"vkey":             ofText(judgeVkey),
	"signature-line":   ofText(judgeSignatureLine),
	"note":             ofOctets(judgeNote),
	"verified-note":    ofOctets(judgeVerified),
	"cosignature":      ofOctets(judgeVerified),
	"checkpoint":       ofText(judgeCheckpoint),
	"policy":           ofOctets(judgePolicy),
	"quorum":           ofOctets(judgeQuorum),
	"tile-path":        ofText(judgeTilePath),
	"entry-bundle":     ofOctets(judgeBundle),
	"tlog-proof":       ofText(judgeProof),
	"inclusion":        ofClaim(checkInclusion),
	"consistency":      ofClaim(checkConsistency),
	"subtree":          ofClaim(checkSubtree),
	"add-checkpoint":   ofText(judgeAddCheckpoint),
	"sign-subtree":     ofText(judgeSignSubtree),
	"cosignatures":     ofText(judgeCosignatures),
	"tree-size":        ofText(judgeTreeSize),
	"cose-receipt":     ofOctets(judgeReceipt),
	"cose-inclusion":   ofOctets(judgeInclusion),
	"cose-consistency": ofOctets(judgeConsistency),
}

func answer(question Question) Answer {
	judge, ok := judges[question.Kind]
	if !ok {
		return Answer{Verdict: "unknown-kind"}
	}
	value, err := judge(question.Input, question.Context)
	if err != nil {
		return Answer{Verdict: "refused", Why: err.Error()}
	}
	return Answer{Verdict: "accepted", Value: value}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	var err error
	if len(os.Args) > 1 {
		err = checkCorpus(os.Args[1], json.NewEncoder(out))
	} else {
		err = answerLines(os.Stdin, out)
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "checker:", err)
		os.Exit(1)
	}
}

func answerLines(in io.Reader, out *bufio.Writer) error {
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var question Question
		if err := questions.Decode(&question); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(answer(question)); err != nil {
			return err
		}
	}
}

type corpusFile struct {
	Kind  string
	Cases []struct {
		ID      string
		Input   Input
		Context Context
		Expect  struct {
			Verdict string
			Value   any
		}
	}
}

func checkCorpus(folder string, out *json.Encoder) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	total, differences := 0, []string{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var file corpusFile
		if err := json.Unmarshal(content, &file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, each := range file.Cases {
			got := answer(Question{file.Kind, each.Input, each.Context})
			got.ID = each.ID
			if err := out.Encode(got); err != nil {
				return err
			}
			total++
			if got.Verdict != each.Expect.Verdict || !same(got.Value, each.Expect.Value) {
				differences = append(differences, each.ID)
			}
		}
	}
	if total == 0 || len(differences) > 0 {
		return fmt.Errorf("disagrees about %d of %d cases: %s", len(differences), total, strings.Join(differences, " "))
	}
	return nil
}

// same compares two values as JSON would carry them.
func same(ours, theirs any) bool {
	encoded, err := json.Marshal(ours)
	if err != nil {
		return false
	}
	var decoded any
	return json.Unmarshal(encoded, &decoded) == nil && reflect.DeepEqual(decoded, theirs)
}
