package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"k8s.io/apimachinery/pkg/runtime"
)

// judge is a whole kube-scheduler with its default profile, fed from still
// informers instead of from an API server.
type judge struct {
	sched     *scheduler.Scheduler
	profile   framework.Framework
	snapshot  *internalcache.Snapshot
	informers []*stillInformer
	cancel    context.CancelFunc
}

func newJudge(parallelism int32) (*judge, error) {
	ctx, cancel := context.WithCancel(context.Background())
	client := fake.NewClientset()
	factory := informers.NewSharedInformerFactory(client, 0)
	j := &judge{cancel: cancel}
	for _, k := range kinds {
		still := newStillInformer()
		factory.InformerFor(k.prototype, func(clientset.Interface, time.Duration) cache.SharedIndexInformer { return still })
		j.informers = append(j.informers, still)
	}
	recorder := func(string) events.EventRecorderLogger { return events.NewFakeRecorder(0) }
	sched, err := scheduler.New(ctx, client, factory, nil, recorder, scheduler.WithParallelism(parallelism))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting the scheduler: %w", err)
	}
	j.sched = sched
	j.profile = sched.Profiles[corev1.DefaultSchedulerName]
	if j.profile == nil {
		cancel()
		return nil, errors.New("the scheduler has no default profile")
	}
	snapshot, ok := j.profile.SnapshotSharedLister().(*internalcache.Snapshot)
	if !ok {
		cancel()
		return nil, fmt.Errorf("unexpected snapshot %s", reflect.TypeOf(j.profile.SnapshotSharedLister()))
	}
	j.snapshot = snapshot
	return j, nil
}

// load makes the given objects the whole cluster.
func (j *judge) load(raws []json.RawMessage) error {
	byKind := make([][]runtime.Object, len(kinds))
	for n, raw := range raws {
		obj, i, err := decode(raw)
		if err != nil {
			return fmt.Errorf("objects[%d]: %w", n, err)
		}
		if obj != nil && !finished(obj) {
			byKind[i] = append(byKind[i], obj)
		}
	}
	// Pods go first and come last: a node that is deleted under its pods
	// stays in the cache as a ghost.
	for i := len(kinds) - 1; i >= 0; i-- {
		if err := j.informers[i].clear(); err != nil {
			return err
		}
	}
	for i, objs := range byKind {
		for _, obj := range objs {
			if err := j.informers[i].add(obj); err != nil {
				return err
			}
		}
	}
	return j.sched.Cache.UpdateSnapshot(klog.Background(), j.snapshot)
}

// finished pods are invisible to kube-scheduler: its own pod informer selects
// on the phase.
func finished(obj runtime.Object) bool {
	pod, ok := obj.(*corev1.Pod)
	return ok && (pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed)
}
