package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// testCase is one line of input, and, with its answer, of output.
type testCase struct {
	ID      string            `json:"id"`
	About   string            `json:"about,omitempty"`
	Objects []json.RawMessage `json:"objects"`
	Pod     json.RawMessage   `json:"pod"`
	Scores  bool              `json:"scores,omitempty"`
	Preempt bool              `json:"preempt,omitempty"`
	Expect  *expectation      `json:"expect,omitempty"`
	Error   string            `json:"error,omitempty"`
}

type expectation struct {
	PreEnqueue *status           `json:"preEnqueue,omitempty"`
	PreFilter  *status           `json:"prefilter,omitempty"`
	Nodes      map[string]status `json:"nodes"`
	Excluded   map[string]status `json:"excluded,omitempty"`
	Message    string            `json:"message,omitempty"`
	Scores     map[string]score  `json:"scores,omitempty"`
	// Preemption is what evictions could do.
	Preemption *preemptionAnswer `json:"preemption,omitempty"`
	// ScoresError says why there are no scores.
	ScoresError string `json:"scoresError,omitempty"`
}

// exclude records a node that PreFilter left out. The scheduler does not ask
// the filters about it; what they would have said is kept beside.
func (e *expectation) exclude(node string, filtered status, by []string) {
	if e.Excluded == nil {
		e.Excluded = map[string]status{}
	}
	e.Excluded[node] = filtered
	e.Nodes[node] = status{
		Code:    fwk.UnschedulableAndUnresolvable.String(),
		Reasons: []string{fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", by)},
	}
}

type status struct {
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
	Plugin  string   `json:"plugin,omitempty"`
}

type score struct {
	Total   int64            `json:"total"`
	Plugins map[string]int64 `json:"plugins"`
}

// scored are the plugins whose weighted scores are added up.
var scored = map[string]bool{
	names.NodeResourcesFit:                true,
	names.NodeResourcesBalancedAllocation: true,
	names.TaintToleration:                 true,
	names.NodeAffinity:                    true,
	names.InterPodAffinity:                true,
	names.PodTopologySpread:               true,
}

func toStatus(s *fwk.Status) status {
	if s == nil {
		return status{Code: fwk.Success.String(), Reasons: []string{}}
	}
	reasons := append([]string{}, s.Reasons()...)
	return status{Code: s.Code().String(), Reasons: reasons, Plugin: s.Plugin()}
}

// answer judges one case. A panic of the scheduler is an answer too.
func (j *judge) answer(c *testCase) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the scheduler panicked: %v", p)
			fmt.Fprintf(os.Stderr, "%s: %v\n%s", c.ID, p, debug.Stack())
		}
	}()
	pod, err := decodePod(c.Pod)
	if err != nil {
		return fmt.Errorf("pod: %w", err)
	}
	if err := j.load(c.Objects); err != nil {
		return err
	}
	c.Expect, err = j.expect(pod, c.Scores, c.Preempt)
	return err
}

func (j *judge) expect(pod *corev1.Pod, withScores, withPreemption bool) (*expectation, error) {
	ctx := context.Background()
	e := &expectation{Nodes: map[string]status{}}
	// Each question gets a pod of its own: what one cycle leaves behind in the
	// object is not for the next to find.
	e.PreEnqueue = j.preEnqueue(ctx, pod.DeepCopy())
	given := pod
	pod = given.DeepCopy()

	state := framework.NewCycleState()
	only, pre, by := j.profile.RunPreFilterPlugins(ctx, state, pod)
	if !pre.IsSuccess() {
		s := toStatus(pre)
		e.PreFilter = &s
		e.Message = j.message(ctx, given.DeepCopy())
		if withPreemption && pre.IsRejected() {
			statuses := framework.NewDefaultNodeToStatus()
			statuses.SetAbsentNodesStatus(pre)
			e.Preemption = j.preemption(ctx, state, pod, statuses)
		}
		return e, nil
	}
	nodes, err := j.snapshot.List()
	if err != nil {
		return nil, err
	}
	var feasible []fwk.NodeInfo
	clean := true
	statuses := framework.NewDefaultNodeToStatus()
	for _, node := range nodes {
		name := node.Node().Name
		s := j.profile.RunFilterPluginsWithNominatedPods(ctx, state, pod, node)
		if !only.AllNodes() && !only.NodeNames.Has(name) {
			e.exclude(name, toStatus(s), sets.List(by))
			continue
		}
		e.Nodes[name] = toStatus(s)
		if !s.IsSuccess() {
			statuses.Set(name, s)
		}
		if s.IsSuccess() {
			feasible = append(feasible, node)
		}
		clean = clean && (s.IsSuccess() || s.IsRejected())
	}
	if len(feasible) == 0 || !clean {
		e.Message = j.message(ctx, given.DeepCopy())
	}
	if withPreemption && len(feasible) == 0 && clean {
		e.Preemption = j.preemption(ctx, state, pod, statuses)
	}
	if withScores && len(feasible) > 0 {
		// A cycle that fails while scoring has no scores; its filters have
		// spoken all the same.
		e.Scores, err = j.scores(ctx, state, pod, feasible)
		if err != nil {
			e.ScoresError = err.Error()
		}
	}
	return e, nil
}

// preEnqueue tells what would keep the pod out of the scheduling queue.
func (j *judge) preEnqueue(ctx context.Context, pod *corev1.Pod) *status {
	for _, p := range j.profile.PreEnqueuePlugins() {
		if s := p.PreEnqueue(ctx, pod); !s.IsSuccess() {
			st := toStatus(s)
			st.Plugin = p.Name()
			return &st
		}
	}
	return nil
}

// message is what the scheduler itself says about a pod that fits nowhere,
// without the sentence that preemption adds.
func (j *judge) message(ctx context.Context, pod *corev1.Pod) string {
	info, _ := framework.NewPodInfo(pod)
	queued := &framework.QueuedPodInfo{PodInfo: info}
	if _, err := j.sched.SchedulePod(ctx, j.profile, framework.NewCycleState(), queued); err != nil {
		return err.Error()
	}
	return ""
}

func (j *judge) scores(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, nodes []fwk.NodeInfo) (map[string]score, error) {
	if s := j.profile.RunPreScorePlugins(ctx, state, pod, nodes); !s.IsSuccess() {
		return nil, s.AsError()
	}
	all, s := j.profile.RunScorePlugins(ctx, state, pod, nodes)
	if !s.IsSuccess() {
		return nil, s.AsError()
	}
	out := map[string]score{}
	for _, node := range all {
		sum := score{Plugins: map[string]int64{}}
		for _, p := range node.Scores {
			if scored[p.Name] {
				sum.Total += p.Score
				sum.Plugins[p.Name] = p.Score
			}
		}
		out[node.Name] = sum
	}
	return out, nil
}
