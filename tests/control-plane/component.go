package main

import (
	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// runComponent runs one of Kubernetes' own commands with its own flags.
func runComponent(command *cobra.Command, args []string) int {
	command.SetArgs(args)
	return cli.Run(command)
}
