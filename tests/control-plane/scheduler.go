package main

import "k8s.io/kubernetes/cmd/kube-scheduler/app"

func runScheduler(args []string) int {
	return runComponent(app.NewSchedulerCommand(), args)
}
