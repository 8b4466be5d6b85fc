// Command interop lets Go implementations of the C2SP formats judge what Countersign writes, and write what it must read.
//
// It reads a JSON array of questions from standard input and writes a JSON array with one answer to each. It trusts nobody and
// keeps nothing; the keys that it is given are those of tests.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type question struct {
	Ask  string          `json:"ask"`
	With json.RawMessage `json:"with"`
}

// An answer is either a value or the reason why there is none.
type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

var asked = map[string]func(json.RawMessage) (any, error){
	"note/sign":        with(signNote),
	"note/open":        with(openNote),
	"note/cosign":      with(cosignNote),
	"checkpoint/parse": with(parseCheckpoint),
	"tree/prove":       with(proveTree),
	"tree/check":       with(checkTree),
	"tile/path":        with(tilePath),
	"tile/parse":       with(parseTile),
	"policy/judge":     with(judgePolicy),
	"proof/parse":      with(parseProof),
	"proof/format":     with(formatProof),
	"proof/verify":     with(verifyProof),
}

func with[Input any](serve func(Input) (any, error)) func(json.RawMessage) (any, error) {
	return func(raw json.RawMessage) (any, error) {
		var input Input
		if err := json.Unmarshal(raw, &input); err != nil {
			panic(fmt.Sprintf("a question that this program does not understand: %v", err))
		}
		return serve(input)
	}
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := make([]answer, len(questions))
	for i, question := range questions {
		serve, ok := asked[question.Ask]
		if !ok {
			panic("an unknown question: " + question.Ask)
		}
		value, err := serve(question.With)
		if err != nil {
			answers[i].Error = err.Error()
		} else {
			answers[i].Value = value
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
