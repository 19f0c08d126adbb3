package main

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-helpers/apimachinery/lease"
	"k8s.io/utils/clock"
)

// The kubelet's defaults.
const (
	nodeLeaseSeconds = 40
	nodeLeaseRenewal = 10 * time.Second
)

// nodeLeases renews a Lease for each node, with the kubelet's own code: kwok would hold all of
// them under one identity, while on a real cluster each node holds its own.
type nodeLeases struct {
	client   kubernetes.Interface
	selector labels.Selector
	stops    map[types.UID]context.CancelFunc
}

// keepNodeLeases renews until ctx ends.
func keepNodeLeases(ctx context.Context, client kubernetes.Interface) error {
	selector, err := labels.Parse(kubeletAnnotation)
	if err != nil {
		return err
	}
	leases := &nodeLeases{client: client, selector: selector, stops: map[types.UID]context.CancelFunc{}}
	nodes := informers.NewSharedInformerFactory(client, 0).Core().V1().Nodes().Informer()
	// One handler gets its events one at a time, so the map needs no lock.
	_, err = nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { leases.follow(ctx, object) },
		UpdateFunc: func(_, object any) { leases.follow(ctx, object) },
		DeleteFunc: func(object any) { leases.drop(object) },
	})
	if err != nil {
		return err
	}
	nodes.RunWithContext(ctx)
	return nil
}

// follow starts or stops the renewal, as the node's annotation says.
func (l *nodeLeases) follow(ctx context.Context, object any) {
	node, ok := object.(*corev1.Node)
	if !ok {
		return
	}
	if !l.selector.Matches(labels.Set(node.Annotations)) {
		l.stop(node.UID)
		return
	}
	if _, running := l.stops[node.UID]; running {
		return
	}
	renewing, cancel := context.WithCancel(ctx)
	l.stops[node.UID] = cancel
	go lease.NewController(
		clock.RealClock{}, l.client, node.Name, nodeLeaseSeconds, nil, nodeLeaseRenewal,
		node.Name, corev1.NamespaceNodeLease, ownedBy(node.Name, node.UID),
	).Run(renewing)
}

func (l *nodeLeases) drop(object any) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	if node, ok := object.(*corev1.Node); ok {
		l.stop(node.UID)
	}
}

func (l *nodeLeases) stop(uid types.UID) {
	if cancel, running := l.stops[uid]; running {
		cancel()
		delete(l.stops, uid)
	}
}

// ownedBy makes the node the owner of its Lease, so that they go together.
func ownedBy(name string, uid types.UID) lease.ProcessLeaseFunc {
	return func(lease *coordinationv1.Lease) error {
		if len(lease.OwnerReferences) == 0 {
			lease.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "Node", Name: name, UID: uid,
			}}
		}
		return nil
	}
}
