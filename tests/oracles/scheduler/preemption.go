package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/util/feature"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	plfeature "k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
)

// choices is how often the choice between candidates is made again: it is
// random among equals.
const choices = 64

// preemptionAnswer is what evictions could do for a pod that fits nowhere.
type preemptionAnswer struct {
	// Candidates are all nodes on which evictions help.
	Candidates map[string]victims `json:"candidates"`
	// Best is the node that was chosen; among equals it is one at random.
	Best string `json:"best,omitempty"`
	// Equals are all nodes that were chosen when the choice was made often.
	Equals []string `json:"equals,omitempty"`
	// Message is the sentence that is added to the pod's message when
	// evictions do not help.
	Message string `json:"message,omitempty"`
	// Error says why the question has no answer.
	Error string `json:"error,omitempty"`
}

type victims struct {
	Pods       []string `json:"pods"`
	Violations int64    `json:"violations"`
}

// preemption asks what evictions could do.
func (j *judge) preemption(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, statuses *framework.NodeToStatus) *preemptionAnswer {
	out := &preemptionAnswer{Candidates: map[string]victims{}}
	if err := j.preempt(ctx, state, pod, statuses, out); err != nil {
		out.Error = err.Error()
	}
	return out
}

// preempt runs the default preemption dry: the plugin of the default profile
// with its default arguments, up to where it would evict.
func (j *judge) preempt(ctx context.Context, state fwk.CycleState, pod *corev1.Pod, statuses *framework.NodeToStatus, out *preemptionAnswer) error {
	args := &config.DefaultPreemptionArgs{MinCandidateNodesPercentage: 10, MinCandidateNodesAbsolute: 100}
	features := plfeature.NewSchedulerFeaturesFromGates(feature.DefaultFeatureGate)
	plugin, err := defaultpreemption.New(ctx, args, j.profile, features)
	if err != nil {
		return err
	}
	eligible, _ := plugin.PodEligibleToPreemptOthers(ctx, pod, statuses.Get(pod.Status.NominatedNodeName))
	if eligible {
		if err := j.candidates(ctx, plugin, state, pod, statuses, out); err != nil {
			return err
		}
	}
	if len(out.Candidates) == 0 {
		out.Message, err = j.unhelpful(ctx, plugin, state, pod, statuses)
	}
	return err
}

func (j *judge) candidates(ctx context.Context, plugin *defaultpreemption.DefaultPreemption, state fwk.CycleState, pod *corev1.Pod, statuses *framework.NodeToStatus, out *preemptionAnswer) error {
	nodes, err := statuses.NodesForStatusCode(j.snapshot.NodeInfos(), fwk.Unschedulable)
	if err != nil || len(nodes) == 0 {
		return err
	}
	budgets, err := j.budgets()
	if err != nil {
		return err
	}
	// Errors on single nodes only matter when no other node helps; the message
	// has them then.
	found, _, _ := plugin.Evaluator.DryRunPreemption(ctx, state, pod, nodes, budgets, 0, int32(len(nodes)))
	for _, c := range found {
		v := victims{Violations: c.Victims().NumPDBViolations}
		for _, p := range c.Victims().Pods {
			v.Pods = append(v.Pods, fmt.Sprintf("%s/%s", p.Namespace, p.Name))
		}
		out.Candidates[c.Name()] = v
	}
	if len(found) > 0 {
		out.Best = plugin.Evaluator.SelectCandidate(ctx, found).Name()
	}
	if len(found) > 1 {
		chosen := sets.New(out.Best)
		for range choices {
			chosen.Insert(plugin.Evaluator.SelectCandidate(ctx, found).Name())
		}
		out.Equals = sets.List(chosen)
	}
	return nil
}

func (j *judge) budgets() ([]*policyv1.PodDisruptionBudget, error) {
	return j.profile.SharedInformerFactory().Policy().V1().PodDisruptionBudgets().Lister().List(labels.Everything())
}

// unhelpful lets the plugin itself say why nothing helps. It looks the pod up,
// so the lister holds it for that long. It is not called when there are
// candidates: it would evict.
func (j *judge) unhelpful(ctx context.Context, plugin *defaultpreemption.DefaultPreemption, state fwk.CycleState, pod *corev1.Pod, statuses *framework.NodeToStatus) (string, error) {
	store := j.profile.SharedInformerFactory().Core().V1().Pods().Informer().GetIndexer()
	other, taken, err := store.Get(pod)
	if err != nil {
		return "", err
	}
	if err := store.Update(pod); err != nil {
		return "", err
	}
	_, status := plugin.PostFilter(ctx, state, pod, statuses)
	if taken {
		return status.Message(), store.Update(other)
	}
	return status.Message(), store.Delete(pod)
}
