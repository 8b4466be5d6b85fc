// Command peer is what Go's transparency ecosystem does with a log and a witness that are Countersign's. Each command prints lines of
// JSON; those that take commands of their own read them from standard input, a line each.
//
//	peer tiles URL VKEY SIZE...  golang.org/x/mod/sumdb/tlog reads the log's tiles, and proves and checks records and trees
//	peer follow URL VKEY         Tessera's client: `update`, `entries` and `fsck`
//	peer log FOLDER SKEY POLICY  a log of Tessera's POSIX driver, which asks the witnesses of the policy: `add N`
//
// The log that is read may be wrong in every way; then the command ends with an error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 3 && args[0] == "tiles":
		return readTiles(args[1], args[2], args[3:])
	case len(args) == 3 && args[0] == "follow":
		return follow(args[1], args[2])
	case len(args) == 4 && args[0] == "log":
		return serveLog(args[1], args[2], args[3])
	}
	return fmt.Errorf("no such command: %q", args)
}

func say(value any) error { return json.NewEncoder(os.Stdout).Encode(value) }

// obey serves one command a line until standard input ends.
func obey(serve func(command string) error) error {
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		if err := serve(commands.Text()); err != nil {
			return fmt.Errorf("%s: %w", commands.Text(), err)
		}
	}
	return commands.Err()
}
