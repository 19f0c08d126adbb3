package main

import (
	_ "time/tzdata" // CronJobs may name a time zone.

	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func runAPIServer(args []string) int {
	return runComponent(app.NewAPIServerCommand(), args)
}
