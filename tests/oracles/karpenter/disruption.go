package main

import (
	"context"
	"sort"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kwok "sigs.k8s.io/karpenter/kwok/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
)

// disruptionAnswer is what Karpenter would take away or replace.
type disruptionAnswer struct {
	// Empty are the nodes that would go because nothing is on them, within budgets.
	Empty []string `json:"empty"`
	// Single has what becomes of each node by itself, budgets aside.
	Single map[string]command `json:"single"`
	// Multi is what becomes of several nodes at once, within budgets; none if nothing does.
	Multi *command `json:"multi,omitempty"`
}

type command struct {
	Decision string   `json:"decision"`
	Nodes    []string `json:"nodes,omitempty"`
	// InstanceTypes of the replacement.
	InstanceTypes []string `json:"instanceTypes,omitempty"`
}

// trust lets every command stand that was just computed; the real validators wait first.
type trust struct{}

func (trust) Validate(_ context.Context, cmd disruption.Command, _ time.Duration) (disruption.Command, error) {
	return cmd, nil
}

// disrupt asks the methods that do without drift, in Karpenter's order.
func disrupt(ctx context.Context, kube client.Client, cluster *state.Cluster, provider *kwok.CloudProvider, provisioner *provisioning.Provisioner, clk clock.Clock) (*disruptionAnswer, error) {
	queue := disruption.NewQueue(kube, noEvents{}, cluster, clk, provisioner)
	trusted := disruption.WithValidator(trust{})
	base := disruption.MakeConsolidation(clk, cluster, kube, provisioner, provider, noEvents{}, queue)
	candidatesOf := func(m disruption.Method) ([]*disruption.Candidate, map[string]int, error) {
		candidates, err := disruption.GetCandidates(ctx, cluster, kube, noEvents{}, clk, provider, m.ShouldDisrupt, m.Class(), queue)
		if err != nil {
			return nil, nil, err
		}
		budgets, err := disruption.BuildDisruptionBudgetMapping(ctx, cluster, clk, kube, provider, noEvents{}, m.Reason())
		return candidates, budgets, err
	}
	answer := &disruptionAnswer{Empty: []string{}, Single: map[string]command{}}

	emptiness := disruption.NewEmptiness(base, trusted)
	candidates, budgets, err := candidatesOf(emptiness)
	if err != nil {
		return nil, err
	}
	commands, err := emptiness.ComputeCommands(ctx, budgets, candidates...)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		answer.Empty = append(answer.Empty, nodesOf(c)...)
	}
	sort.Strings(answer.Empty)

	candidates, budgets, err = candidatesOf(disruption.NewSingleNodeConsolidation(base, trusted))
	if err != nil {
		return nil, err
	}
	for _, candidate := range candidates {
		one := disruption.NewSingleNodeConsolidation(base, trusted)
		commands, err := one.ComputeCommands(ctx, map[string]int{candidate.NodePool.Name: 1}, candidate)
		if err != nil {
			return nil, err
		}
		own := command{Decision: string(disruption.NoOpDecision)}
		for _, c := range commands {
			own = toCommand(c)
			own.Nodes = nil
		}
		answer.Single[candidate.Name()] = own
	}

	multi := disruption.NewMultiNodeConsolidation(base, trusted)
	commands, err = multi.ComputeCommands(ctx, budgets, candidates...)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		own := toCommand(c)
		answer.Multi = &own
	}
	return answer, nil
}

func nodesOf(c disruption.Command) []string {
	var all []string
	for _, candidate := range c.Candidates {
		all = append(all, candidate.Name())
	}
	sort.Strings(all)
	return all
}

func toCommand(c disruption.Command) command {
	own := command{Decision: string(c.Decision()), Nodes: nodesOf(c)}
	for _, r := range c.Replacements {
		for _, it := range r.InstanceTypeOptions {
			own.InstanceTypes = append(own.InstanceTypes, it.Name)
		}
	}
	sort.Strings(own.InstanceTypes)
	return own
}
