// Command evidence judges the cryptographic core of hardware evidence a second time: signatures, chains of certificates and revocation lists, with
// Go's own crypto/x509, crypto/ecdsa and crypto/rsa. It shares nothing with Countersign but the specifications of those who make the hardware.
//
// It reads questions from standard input, one JSON object a line, and writes one line for each: what came of each check, an empty text for one that
// passed and why not for one that failed, and nothing for one that could not be made; or why there was nothing to check. No policy, no measurements, no security versions.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type question struct {
	Kind string          `json:"kind"`
	With json.RawMessage `json:"with"`
}

// checks has an empty text for what passed.
type checks map[string]string

type answer struct {
	Checks     checks `json:"checks,omitempty"`
	Unreadable string `json:"unreadable,omitempty"`
}

func (c checks) note(name string, err error) {
	if err != nil {
		c[name] = err.Error()
	} else {
		c[name] = ""
	}
}

var kinds = map[string]func(json.RawMessage) (checks, error){
	"nitro":  with(judgeNitro),
	"snp":    with(judgeSNP),
	"dcap":   with(judgeDCAP),
	"nvidia": with(judgeNVIDIA),
}

func with[Input any](judge func(Input) (checks, error)) func(json.RawMessage) (checks, error) {
	return func(raw json.RawMessage) (checks, error) {
		var input Input
		if err := json.Unmarshal(raw, &input); err != nil {
			panic(fmt.Sprintf("a question that this program does not understand: %v", err))
		}
		return judge(input)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		judge, ok := kinds[asked.Kind]
		if !ok {
			panic("an unknown kind: " + asked.Kind)
		}
		found, err := judge(asked.With)
		var given answer
		if err != nil {
			given.Unreadable = err.Error()
		} else {
			given.Checks = found
		}
		if err := encoder.Encode(given); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}
