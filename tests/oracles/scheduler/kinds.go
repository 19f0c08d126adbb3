package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	resourcev1beta2 "k8s.io/api/resource/v1beta2"
	schedulingv1 "k8s.io/api/scheduling/v1"
	schedulingv1alpha2 "k8s.io/api/scheduling/v1alpha2"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"
)

// kind is one type of object that a case may hold.
type kind struct {
	name       string
	versions   []string
	prototype  runtime.Object
	namespaced bool
}

// kinds, in the order in which a case's objects are brought in: what a pod
// needs in order to be counted comes before the pods.
var kinds = []kind{
	{"Namespace", []string{"v1"}, &corev1.Namespace{}, false},
	{"Node", []string{"v1"}, &corev1.Node{}, false},
	{"StorageClass", []string{"storage.k8s.io/v1"}, &storagev1.StorageClass{}, false},
	{"CSIDriver", []string{"storage.k8s.io/v1"}, &storagev1.CSIDriver{}, false},
	{"CSINode", []string{"storage.k8s.io/v1"}, &storagev1.CSINode{}, false},
	{"CSIStorageCapacity", []string{"storage.k8s.io/v1"}, &storagev1.CSIStorageCapacity{}, true},
	{"VolumeAttachment", []string{"storage.k8s.io/v1"}, &storagev1.VolumeAttachment{}, false},
	{"PersistentVolume", []string{"v1"}, &corev1.PersistentVolume{}, false},
	{"PersistentVolumeClaim", []string{"v1"}, &corev1.PersistentVolumeClaim{}, true},
	{"Service", []string{"v1"}, &corev1.Service{}, true},
	{"ReplicationController", []string{"v1"}, &corev1.ReplicationController{}, true},
	{"ReplicaSet", []string{"apps/v1"}, &appsv1.ReplicaSet{}, true},
	{"StatefulSet", []string{"apps/v1"}, &appsv1.StatefulSet{}, true},
	{"PodDisruptionBudget", []string{"policy/v1"}, &policyv1.PodDisruptionBudget{}, true},
	{"DeviceClass", []string{"resource.k8s.io/v1"}, &resourcev1.DeviceClass{}, false},
	{"DeviceTaintRule", []string{"resource.k8s.io/v1beta2"}, &resourcev1beta2.DeviceTaintRule{}, false},
	{"ResourceSlice", []string{"resource.k8s.io/v1"}, &resourcev1.ResourceSlice{}, false},
	{"ResourceClaim", []string{"resource.k8s.io/v1"}, &resourcev1.ResourceClaim{}, true},
	{"PodGroup", []string{"scheduling.k8s.io/v1alpha2"}, &schedulingv1alpha2.PodGroup{}, true},
	{"PriorityClass", []string{"scheduling.k8s.io/v1"}, &schedulingv1.PriorityClass{}, false},
	{"Pod", []string{"v1"}, &corev1.Pod{}, true},
}

// decode reads one plain object. Objects of a kind that the scheduler never
// reads give nil.
func decode(raw json.RawMessage) (runtime.Object, int, error) {
	var meta metav1.TypeMeta
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, 0, err
	}
	for i, k := range kinds {
		if k.name != meta.Kind || !contains(k.versions, meta.APIVersion) {
			continue
		}
		obj := reflect.New(reflect.TypeOf(k.prototype).Elem()).Interface().(runtime.Object)
		if err := asServed(raw, obj); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", meta.Kind, err)
		}
		complete(obj.(metav1.Object), k.namespaced)
		return obj, i, nil
	}
	return nil, 0, nil
}

func decodePod(raw json.RawMessage) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	if err := asServed(raw, pod); err != nil {
		return nil, err
	}
	complete(pod, true)
	return pod, nil
}

// asServed reads an object, writes it and reads it again, for the scheduler
// only ever sees what an API server has written. It makes a difference to
// quantities: 1.5Gi becomes 1536Mi, and so a plain number. What Go has to keep
// as a big decimal is shared between copies, and adding to one changes them all.
func asServed(raw json.RawMessage, obj any) error {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, obj); err != nil {
		return err
	}
	written, err := json.Marshal(obj)
	if err != nil {
		return err
	}
	target := reflect.ValueOf(obj).Elem()
	target.SetZero()
	return kjson.UnmarshalCaseSensitivePreserveInts(written, obj)
}

// complete gives an object what an API server always does, where the scheduler
// would take it for something else without: a namespace where the kind has one,
// and, to pods, an identity (the scheduler's cache keys pods by UID) and the
// name of the scheduler that is responsible for them.
func complete(obj metav1.Object, namespaced bool) {
	if namespaced && obj.GetNamespace() == "" {
		obj.SetNamespace(metav1.NamespaceDefault)
	}
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return
	}
	if pod.UID == "" {
		pod.UID = types.UID(pod.Namespace + "/" + pod.Name)
	}
	if pod.Spec.SchedulerName == "" {
		pod.Spec.SchedulerName = corev1.DefaultSchedulerName
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
