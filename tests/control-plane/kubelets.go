package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/client"
)

// kubeletAnnotation marks the nodes whose kubelet is played here; without it a node has none.
const kubeletAnnotation = "kwok.x-k8s.io/node=fake"

// workers play stages at the same time. One stage waits for one request to the API server.
const workers = 16

func runKubelets(args []string) int {
	flags := flag.NewFlagSet("kubelets", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "file with the way to the API server")
	readyDelay := flags.Duration("ready-delay", time.Second, "time from a pod's binding until it is ready")
	terminationDelay := flags.Duration("termination-delay", time.Second, "time from a pod's deletion until it is gone")
	_ = flags.Parse(args)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx = log.NewContext(ctx, log.NewLogger(os.Stderr, log.LevelInfo))

	if err := playKubelets(ctx, *kubeconfig, *readyDelay, *terminationDelay); err != nil {
		return fail(err)
	}
	return 0
}

func playKubelets(ctx context.Context, kubeconfig string, readyDelay, terminationDelay time.Duration) error {
	stages, err := loadStages(readyDelay, terminationDelay)
	if err != nil {
		return err
	}
	config, err := controllerConfig(kubeconfig)
	if err != nil {
		return err
	}
	config.LocalStages = stages
	controller, err := controllers.NewController(config)
	if err != nil {
		return err
	}
	if err := controller.Start(ctx); err != nil {
		return err
	}
	return keepNodeLeases(ctx, config.TypedClient)
}

func controllerConfig(kubeconfig string) (controllers.Config, error) {
	config := controllers.Config{
		Clock:                             clock.RealClock{},
		ManageNodesWithAnnotationSelector: kubeletAnnotation,
		CIDR:                              "10.244.0.0/16",
		NodeIP:                            "172.18.255.254",
		PodPlayStageParallelism:           workers,
		NodePlayStageParallelism:          workers,
		PodsOnNodeSyncParallelism:         1,
	}
	clients, err := client.NewClientset("", kubeconfig)
	if err != nil {
		return config, err
	}
	restConfig, err := clients.ToRESTConfig()
	if err != nil {
		return config, err
	}
	if config.TypedClient, err = kubernetes.NewForConfig(restConfig); err != nil {
		return config, err
	}
	if config.RESTClient, err = rest.RESTClientFor(restConfig); err != nil {
		return config, err
	}
	if config.DynamicClient, err = clients.ToDynamicClient(); err != nil {
		return config, err
	}
	config.RESTMapper, err = clients.ToRESTMapper()
	return config, err
}
