package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/awslabs/operatorpkg/status"
	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"sigs.k8s.io/karpenter/kwok/apis/v1alpha1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// prototypes of what a case may hold; other kinds are passed over.
var prototypes = map[string]func() client.Object{
	"Namespace":             func() client.Object { return &corev1.Namespace{} },
	"Node":                  func() client.Object { return &corev1.Node{} },
	"Pod":                   func() client.Object { return &corev1.Pod{} },
	"PersistentVolume":      func() client.Object { return &corev1.PersistentVolume{} },
	"PersistentVolumeClaim": func() client.Object { return &corev1.PersistentVolumeClaim{} },
	"StorageClass":          func() client.Object { return &storagev1.StorageClass{} },
	"CSINode":               func() client.Object { return &storagev1.CSINode{} },
	"DaemonSet":             func() client.Object { return &appsv1.DaemonSet{} },
	"PodDisruptionBudget":   func() client.Object { return &policyv1.PodDisruptionBudget{} },
	"NodePool":              func() client.Object { return &v1.NodePool{} },
	"NodeClaim":             func() client.Object { return &v1.NodeClaim{} },
}

var namespaced = map[string]bool{
	"Pod": true, "PersistentVolumeClaim": true, "DaemonSet": true, "PodDisruptionBudget": true,
}

// silence keeps Karpenter's own log away: what it has to say is in the answers.
func silence() {
	log.SetLogger(logr.Discard())
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil
}

// decode reads one plain object, and gives it what an API server always does.
func decode(raw json.RawMessage) (client.Object, error) {
	var meta struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, err
	}
	prototype, ok := prototypes[meta.Kind]
	if !ok {
		return nil, nil
	}
	obj := prototype()
	if err := json.Unmarshal(raw, obj); err != nil {
		return nil, fmt.Errorf("%s: %w", meta.Kind, err)
	}
	if namespaced[meta.Kind] && obj.GetNamespace() == "" {
		obj.SetNamespace("default")
	}
	if obj.GetUID() == "" {
		obj.SetUID(types.UID(obj.GetNamespace() + "/" + obj.GetName()))
	}
	// The client under test refuses what is being deleted and held by nothing.
	if obj.GetDeletionTimestamp() != nil && len(obj.GetFinalizers()) == 0 {
		obj.SetFinalizers([]string{"example.com/held"})
	}
	return obj, nil
}

// apiServer holds the objects of a case, and the class that its node pools refer to.
func apiServer(objects []client.Object) client.Client {
	class := &v1alpha1.KWOKNodeClass{}
	class.Name = "default"
	class.Status.Conditions = []status.Condition{{Type: status.ConditionReady, Status: "True", Reason: "Ready"}}
	return fake.NewClientBuilder().
		WithScheme(scheme.Scheme).
		WithInterceptorFuncs(interceptor.Funcs{Get: getAsServed}).
		WithObjects(append(objects, class)...).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string {
			return []string{o.(*corev1.Pod).Spec.NodeName}
		}).
		WithIndex(&v1.NodeClaim{}, "status.providerID", func(o client.Object) []string {
			return []string{o.(*v1.NodeClaim).Status.ProviderID}
		}).
		Build()
}

// getAsServed does what an API server does where Karpenter asks for a volume in a namespace: volumes
// have none, and the path of the request leaves it out.
func getAsServed(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if _, ok := obj.(*corev1.PersistentVolume); ok {
		key.Namespace = ""
	}
	return c.Get(ctx, key, obj, opts...)
}

// served reads an object back as the client serves it.
func served[T client.Object](ctx context.Context, c client.Client, list client.ObjectList) ([]T, error) {
	if err := c.List(ctx, list); err != nil {
		return nil, err
	}
	var all []T
	items, err := extract(list)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		all = append(all, item.(T))
	}
	return all, nil
}

func extract(list client.ObjectList) ([]runtime.Object, error) {
	var items []runtime.Object
	switch l := list.(type) {
	case *v1.NodeClaimList:
		for i := range l.Items {
			items = append(items, &l.Items[i])
		}
	case *corev1.NodeList:
		for i := range l.Items {
			items = append(items, &l.Items[i])
		}
	case *corev1.PodList:
		for i := range l.Items {
			items = append(items, &l.Items[i])
		}
	case *appsv1.DaemonSetList:
		for i := range l.Items {
			items = append(items, &l.Items[i])
		}
	default:
		return nil, fmt.Errorf("no list of this kind: %T", list)
	}
	return items, nil
}
