// The judge: Karpenter's own provisioner, asked about one cluster at a time.
//
// It reads cases as JSON lines and writes them back with their answers. See
// docs/karpenter-conformance.md for the form of a line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

type options struct {
	file  string
	brief bool
	time  bool
}

func main() {
	var o options
	flag.StringVar(&o.file, "file", "-", "the cases, one JSON document a line; - is standard input")
	flag.BoolVar(&o.brief, "brief", false, "answer with id and expect only")
	flag.BoolVar(&o.time, "time", false, "answer with the time that scheduling took instead, in seconds")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	in := io.Reader(os.Stdin)
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	silence()
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	return eachLine(bufio.NewReaderSize(in, 1<<20), func(line []byte, more bool) error {
		var c testCase
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("not a case: %w", err)
		}
		if err := writeLine(out, handle(&c, o)); err != nil || more {
			return err
		}
		return out.Flush()
	}, out.Flush)
}

func handle(c *testCase, o options) any {
	c.Expect, c.Error = nil, ""
	if err := c.answer(o.time); err != nil {
		c.Expect, c.Error = nil, err.Error()
	}
	if o.brief || o.time {
		return brief{ID: c.ID, Expect: c.Expect, Seconds: c.seconds, Error: c.Error}
	}
	return c
}

type brief struct {
	ID      string       `json:"id"`
	Expect  *expectation `json:"expect,omitempty"`
	Seconds float64      `json:"seconds,omitempty"`
	Error   string       `json:"error,omitempty"`
}

// eachLine hands over each line, and whether another one is waiting already.
func eachLine(in *bufio.Reader, each func(line []byte, more bool) error, done func() error) error {
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := each(line, in.Buffered() > 0); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return done()
		}
		if err != nil {
			return err
		}
	}
}

func writeLine(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
