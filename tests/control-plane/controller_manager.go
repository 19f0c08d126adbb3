package main

import (
	_ "time/tzdata" // CronJobs may name a time zone.

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func runControllerManager(args []string) int {
	return runComponent(app.NewControllerManagerCommand(), args)
}
