// Control-plane runs the parts of a real Kubernetes control plane, one part a process.
//
//	control-plane ROLE [--hostname NAME] [FLAGS]
package main

import (
	"fmt"
	"os"
	"strings"
)

// Roles in the order in which a control plane starts them. Each takes its own flags and returns
// the exit code.
var roles = []struct {
	name string
	run  func(args []string) int
}{
	{"pki", runPKI},
	{"etcd", runEtcd},
	{"apiserver", runAPIServer},
	{"controller-manager", runControllerManager},
	{"scheduler", runScheduler},
	{"kubelets", runKubelets},
}

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	hostname, args, err := takeHostname(os.Args[2:])
	if err == nil && hostname != "" {
		// Comes back only when it failed.
		err = restartWithHostname(hostname, os.Args[1], args)
	}
	if err != nil {
		os.Exit(fail(err))
	}
	for _, role := range roles {
		if role.name == os.Args[1] {
			os.Exit(role.run(args))
		}
	}
	usage()
}

func usage() {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = role.name
	}
	fmt.Fprintf(os.Stderr, "usage: control-plane %s [--hostname NAME] [FLAGS]\n", strings.Join(names, "|"))
	os.Exit(2)
}

// fail says what went wrong and returns the exit code that goes with it.
func fail(err error) int {
	fmt.Fprintf(os.Stderr, "error: %v\n", err)
	return 1
}
