// The judge: kube-scheduler itself, asked about one pod at a time.
//
// It reads cases as JSON lines and writes them back with their answers. See
// docs/scheduler-conformance.md for the form of a line.
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

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"
)

// release is the kube-scheduler that is meant to judge: NodeDeclaredFeatures
// compares the version that was linked in.
const release = "v1.36.3"

type options struct {
	file  string
	brief bool
	fresh bool
	time  bool
	runs  int
}

func main() {
	var o options
	flag.StringVar(&o.file, "file", "-", "the cases, one JSON document a line; - is standard input")
	flag.BoolVar(&o.brief, "brief", false, "answer with id and expect only")
	flag.BoolVar(&o.fresh, "fresh", false, "build a new scheduler for every case (slow; proves that no case leaves a trace in the next)")
	flag.BoolVar(&o.time, "time", false, "time PreFilter and Filter over all nodes instead of answering")
	flag.IntVar(&o.runs, "runs", 9, "with --time: how often each is run")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if v := version.Get().GitVersion; v != release {
		return fmt.Errorf("linked as %s: build with -ldflags '-X k8s.io/component-base/version.gitVersion=%s'", v, release)
	}
	silence()
	in := io.Reader(os.Stdin)
	if o.file != "-" {
		f, err := os.Open(o.file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	handle, err := handler(o)
	if err != nil {
		return err
	}
	return eachLine(bufio.NewReaderSize(in, 1<<20), func(line []byte, more bool) error {
		var c testCase
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("not a case: %w", err)
		}
		result, err := handle(&c)
		if err != nil {
			return err
		}
		if err := writeLine(out, result); err != nil || more {
			return err
		}
		return out.Flush()
	}, out.Flush)
}

// handler is what is done to each case.
func handler(o options) (func(*testCase) (any, error), error) {
	if o.time {
		return func(c *testCase) (any, error) { return timings(c, o.runs) }, nil
	}
	j, err := newJudge(1)
	if err != nil {
		return nil, err
	}
	return func(c *testCase) (any, error) {
		if o.fresh {
			j.cancel()
			if j, err = newJudge(1); err != nil {
				return nil, err
			}
		}
		c.Expect = nil
		if err := j.answer(c); err != nil {
			c.Error, c.Expect = err.Error(), nil
		}
		if o.brief {
			c.Objects, c.Pod, c.About = nil, nil, ""
			return brief{ID: c.ID, Expect: c.Expect, Error: c.Error}, nil
		}
		return c, nil
	}, nil
}

type brief struct {
	ID     string       `json:"id"`
	Expect *expectation `json:"expect,omitempty"`
	Error  string       `json:"error,omitempty"`
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

// silence keeps the scheduler's own log away: what it has to say is in the
// answers. The default error handlers also sleep, to limit their rate.
func silence() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil
	utilruntime.ReallyCrash = true
}
