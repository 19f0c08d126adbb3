package main

import (
	"context"
	"fmt"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// timing is how long one question took, in milliseconds: the median of all
// runs, PreFilter and Filter over every node.
type timing struct {
	ID          string  `json:"id"`
	Parallelism int32   `json:"parallelism"`
	Nodes       int     `json:"nodes"`
	Feasible    int     `json:"feasible"`
	Runs        int     `json:"runs"`
	PreFilterMS float64 `json:"prefilterMs"`
	FilterMS    float64 `json:"filterMs"`
	TotalMS     float64 `json:"totalMs"`
}

func timings(c *testCase, runs int) ([]timing, error) {
	var out []timing
	for _, parallelism := range []int32{1, 16} {
		j, err := newJudge(parallelism)
		if err != nil {
			return nil, err
		}
		t, err := j.time(c, parallelism, runs)
		j.cancel()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (j *judge) time(c *testCase, parallelism int32, runs int) (timing, error) {
	t := timing{ID: c.ID, Parallelism: parallelism, Runs: runs}
	pod, err := decodePod(c.Pod)
	if err != nil {
		return t, err
	}
	if err := j.load(c.Objects); err != nil {
		return t, err
	}
	nodes, err := j.snapshot.List()
	if err != nil {
		return t, err
	}
	t.Nodes = len(nodes)
	ctx := context.Background()
	var pre, filter, total []time.Duration
	for range runs {
		state := framework.NewCycleState()
		fits := make([]bool, len(nodes))
		start := time.Now()
		_, s, _ := j.profile.RunPreFilterPlugins(ctx, state, pod)
		middle := time.Now()
		if !s.IsSuccess() {
			return t, fmt.Errorf("%s: PreFilter: %w", c.ID, s.AsError())
		}
		j.filterAll(ctx, state, pod, nodes, fits)
		end := time.Now()
		pre, filter, total = append(pre, middle.Sub(start)), append(filter, end.Sub(middle)), append(total, end.Sub(start))
		t.Feasible = count(fits)
	}
	t.PreFilterMS, t.FilterMS, t.TotalMS = median(pre), median(filter), median(total)
	return t, nil
}

func (j *judge) filterAll(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, nodes []fwk.NodeInfo, fits []bool) {
	check := func(i int) {
		fits[i] = j.profile.RunFilterPluginsWithNominatedPods(ctx, state, pod, nodes[i]).IsSuccess()
	}
	j.profile.Parallelizer().Until(ctx, len(nodes), check, "Filter")
}

func count(fits []bool) int {
	n := 0
	for _, f := range fits {
		if f {
			n++
		}
	}
	return n
}

func median(d []time.Duration) float64 {
	sort.Slice(d, func(a, b int) bool { return d[a] < d[b] })
	return float64(d[len(d)/2]) / float64(time.Millisecond)
}
