package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strconv"
	"time"

	"go.uber.org/multierr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"sigs.k8s.io/karpenter/kwok/apis/v1alpha1"
	kwok "sigs.k8s.io/karpenter/kwok/cloudprovider"
	kwokoptions "sigs.k8s.io/karpenter/kwok/options"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/injection"
	operator "sigs.k8s.io/karpenter/pkg/operator/options"
	nodeutils "sigs.k8s.io/karpenter/pkg/utils/node"
)

// reservationID is the label by which the offerings of a case tell their reservations apart.
const reservationID = "karpenter.k8s.aws/capacity-reservation-id"

// testCase is one line of input, and, with its answer, of output.
type testCase struct {
	ID            string            `json:"id"`
	About         string            `json:"about,omitempty"`
	Options       caseOptions       `json:"options"`
	InstanceTypes json.RawMessage   `json:"instanceTypes"`
	Objects       []json.RawMessage `json:"objects"`
	// Disrupt asks what consolidation would do, too.
	Disrupt bool         `json:"disrupt,omitempty"`
	Expect  *expectation `json:"expect,omitempty"`
	Error   string       `json:"error,omitempty"`

	seconds float64
}

type caseOptions struct {
	PreferencePolicy string `json:"preferencePolicy,omitempty"`
	MinValuesPolicy  string `json:"minValuesPolicy,omitempty"`
}

type expectation struct {
	// Claims are the nodes to come.
	Claims []claim `json:"claims"`
	// Existing has the pods that are placed on a node or claim which is there, by its name.
	Existing map[string][]string `json:"existing"`
	// Errors has what keeps a pod pending.
	Errors map[string][]string `json:"errors"`
	// Ignored has why a pod is not looked at.
	Ignored map[string][]string `json:"ignored"`
	// Disruption has what would be taken away or replaced, if that is asked.
	Disruption *disruptionAnswer `json:"disruption,omitempty"`
}

type claim struct {
	NodePool      string                                    `json:"nodePool"`
	Pods          []string                                  `json:"pods"`
	InstanceTypes []string                                  `json:"instanceTypes"`
	Requirements  []v1.NodeSelectorRequirementWithMinValues `json:"requirements"`
	Requests      corev1.ResourceList                       `json:"requests"`
	Launch        *launch                                   `json:"launch,omitempty"`
}

// launch is what the provider makes of a claim.
type launch struct {
	InstanceType string  `json:"instanceType"`
	Zone         string  `json:"zone"`
	CapacityType string  `json:"capacityType"`
	Price        float64 `json:"price"`
}

// wellKnown is what it is before any instance type has added to it.
var wellKnown = v1.WellKnownLabels.Clone()

// answer judges one case. A panic of Karpenter's is an answer too.
func (c *testCase) answer(timed bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("karpenter panicked: %v", p)
			fmt.Fprintf(os.Stderr, "%s: %v\n%s", c.ID, p, debug.Stack())
		}
	}()
	v1.WellKnownLabels = wellKnown.Clone()
	cloudprovider.ReservationIDLabel = reservationID
	ctx, err := c.context()
	if err != nil {
		return err
	}
	var objects []client.Object
	for n, raw := range c.Objects {
		obj, err := decode(raw)
		if err != nil {
			return fmt.Errorf("objects[%d]: %w", n, err)
		}
		if obj != nil {
			objects = append(objects, obj)
		}
	}
	kube := apiServer(objects)
	types, err := c.instanceTypes(ctx)
	if err != nil {
		return err
	}
	provider := kwok.NewCloudProvider(ctx, kube, types)
	clk := clock.RealClock{}
	cluster := state.NewCluster(clk, kube, provider)
	if err := load(ctx, kube, cluster); err != nil {
		return err
	}
	provisioner := provisioning.NewProvisioner(kube, noEvents{}, provider, cluster, clk, nil, nil)
	// Before scheduling, which nominates the nodes that pods are put on, and so protects them.
	var disruption *disruptionAnswer
	if c.Disrupt {
		if disruption, err = disrupt(ctx, kube, cluster, provider, provisioner, clk); err != nil {
			return fmt.Errorf("disruption: %w", err)
		}
	}
	started := time.Now()
	results, err := provisioner.Schedule(ctx)
	c.seconds = time.Since(started).Seconds()
	if err != nil {
		return err
	}
	if timed {
		return nil
	}
	if c.Expect, err = expect(ctx, provisioner, kube, provider, results); err == nil {
		c.Expect.Disruption = disruption
	}
	return err
}

// context carries the options a controller would have been started with.
func (c *testCase) context() (context.Context, error) {
	o := &operator.Options{
		CPURequests:       1000,
		BatchMaxDuration:  10 * time.Second,
		BatchIdleDuration: time.Second,
		PreferencePolicy:  operator.PreferencePolicyRespect,
		MinValuesPolicy:   operator.MinValuesPolicyStrict,
		IgnoreDRARequests: true,
		FeatureGates:      operator.DefaultFeatureGates(),
	}
	if p := c.Options.PreferencePolicy; p != "" {
		o.PreferencePolicy = operator.PreferencePolicy(p)
	}
	if p := c.Options.MinValuesPolicy; p != "" {
		o.MinValuesPolicy = operator.MinValuesPolicy(p)
	}
	ctx := injection.WithControllerName(context.Background(), "provisioner")
	return operator.ToContext(ctx, o), nil
}

// instanceTypes lets the kwok provider read them. It takes every offering for available whatever
// the file says; those that say that they are not are taken at their word.
func (c *testCase) instanceTypes(ctx context.Context) ([]*cloudprovider.InstanceType, error) {
	dir, err := os.MkdirTemp("", "instance-types")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "types.json")
	if err := os.WriteFile(file, c.InstanceTypes, 0o600); err != nil {
		return nil, err
	}
	ctx = kwokoptions.ToContext(ctx, &kwokoptions.Options{InstanceTypesFilePath: file})
	types, err := kwok.ConstructInstanceTypes(ctx)
	if err != nil {
		return nil, err
	}
	var raw []struct {
		Offerings []struct{ Available *bool }
	}
	if err := json.Unmarshal(c.InstanceTypes, &raw); err != nil {
		return nil, err
	}
	for i := range raw {
		for j, offering := range raw[i].Offerings {
			if offering.Available != nil && !*offering.Available {
				types[i].Offerings[j].Available = false
			}
		}
	}
	return types, nil
}

// load tells the cluster state what its informers would have told it.
func load(ctx context.Context, kube client.Client, cluster *state.Cluster) error {
	claims, err := served[*v1.NodeClaim](ctx, kube, &v1.NodeClaimList{})
	if err != nil {
		return err
	}
	for _, c := range claims {
		cluster.UpdateNodeClaim(c)
	}
	nodes, err := served[*corev1.Node](ctx, kube, &corev1.NodeList{})
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if err := cluster.UpdateNode(ctx, n); err != nil {
			return err
		}
	}
	pods, err := served[*corev1.Pod](ctx, kube, &corev1.PodList{})
	if err != nil {
		return err
	}
	for _, p := range pods {
		// A pod on a node that is gone is none of the cluster's.
		_ = cluster.UpdatePod(ctx, p)
	}
	sets, err := served[*appsv1.DaemonSet](ctx, kube, &appsv1.DaemonSetList{})
	if err != nil {
		return err
	}
	for _, d := range sets {
		if err := cluster.UpdateDaemonSet(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func expect(ctx context.Context, p *provisioning.Provisioner, kube client.Client, provider *kwok.CloudProvider, results scheduling.Results) (*expectation, error) {
	e := &expectation{
		Claims:   []claim{},
		Existing: map[string][]string{},
		Errors:   map[string][]string{},
		Ignored:  map[string][]string{},
	}
	for _, n := range results.NewNodeClaims {
		own := claim{
			NodePool:     n.NodePoolName,
			Pods:         names(n.Pods),
			Requirements: n.Requirements.NodeSelectorRequirements(),
			Requests:     n.Spec.Resources.Requests,
		}
		reserved := n.Requirements.Get(v1.CapacityTypeLabelKey).Has(v1.CapacityTypeReserved)
		sort.Slice(own.Requirements, func(i, j int) bool {
			a, b := own.Requirements[i], own.Requirements[j]
			return a.Key < b.Key || a.Key == b.Key && a.Operator < b.Operator
		})
		for _, it := range n.InstanceTypeOptions {
			own.InstanceTypes = append(own.InstanceTypes, it.Name)
		}
		sort.Strings(own.InstanceTypes)
		if !reserved {
			// The kwok provider can't launch from a reservation.
			made, err := provider.Create(ctx, n.ToNodeClaim())
			if err != nil {
				return nil, fmt.Errorf("launching: %w", err)
			}
			price, _ := strconv.ParseFloat(made.Labels[v1alpha1.NodeViewerLabelKey], 64)
			own.Launch = &launch{
				InstanceType: made.Labels[corev1.LabelInstanceTypeStable],
				Zone:         made.Labels[corev1.LabelTopologyZone],
				CapacityType: made.Labels[v1.CapacityTypeLabelKey],
				Price:        price,
			}
		}
		e.Claims = append(e.Claims, own)
	}
	for _, n := range results.ExistingNodes {
		if len(n.Pods) > 0 {
			e.Existing[n.Name()] = names(n.Pods)
		}
	}
	for pod, err := range results.PodErrors {
		e.Errors[name(pod)] = sentences(err)
	}
	pending, err := nodeutils.GetProvisionablePods(ctx, kube)
	if err != nil {
		return nil, err
	}
	for _, pod := range pending {
		if err := p.Validate(ctx, pod); err != nil {
			e.Ignored[name(pod)] = sentences(err)
		}
	}
	return e, nil
}

func sentences(err error) []string {
	all := []string{}
	for _, one := range multierr.Errors(err) {
		all = append(all, one.Error())
	}
	return all
}

func name(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Name }

func names(pods []*corev1.Pod) []string {
	all := []string{}
	for _, pod := range pods {
		all = append(all, name(pod))
	}
	return all
}

// noEvents drops what Karpenter would write into the cluster.
type noEvents struct{}

func (noEvents) Publish(...events.Event) {}
