package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// inUserNamespace marks the second attempt, so that a refusal there is final.
const inUserNamespace = "CONTROL_PLANE_IN_USER_NAMESPACE"

// takeHostname takes `--hostname NAME` or `--hostname=NAME` out of a role's arguments.
func takeHostname(args []string) (string, []string, error) {
	for i, arg := range args {
		if name, found := strings.CutPrefix(arg, "--hostname="); found {
			return name, without(args, i, 1), nil
		}
		if arg != "--hostname" {
			continue
		}
		if i+1 == len(args) {
			return "", nil, errors.New("--hostname needs a name")
		}
		return args[i+1], without(args, i, 2), nil
	}
	return "", args, nil
}

func without(args []string, start, count int) []string {
	rest := append([]string{}, args[:start]...)
	return append(rest, args[start+count:]...)
}

// restartWithHostname starts this program anew, under the same PID, where os.Hostname is name.
// The components put that name into the identity with which they hold a Lease.
func restartWithHostname(name, role string, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// A namespace belongs to a thread; exec makes the thread that calls it the whole process.
	runtime.LockOSThread()
	err = unix.Unshare(unix.CLONE_NEWUTS)
	if errors.Is(err, unix.EPERM) && os.Getenv(inUserNamespace) == "" {
		return restartInUserNamespace(self, name, role, args)
	}
	if err != nil {
		return fmt.Errorf("cannot have a host name of its own: %w\n"+
			"hint: run as root, or on a machine that allows unprivileged user namespaces", err)
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("cannot set the host name to %q: %w", name, err)
	}
	return unix.Exec(self, append([]string{self, role}, args...), os.Environ())
}

// restartInUserNamespace is the way without root: there, this user may have host names too.
// A process with several threads, as every Go program is, cannot enter a user namespace by itself.
func restartInUserNamespace(self, name, role string, args []string) error {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		return fmt.Errorf("cannot have a host name of its own: %w\n"+
			"hint: run as root, or install unshare (util-linux)", err)
	}
	command := append([]string{unshare, "--user", "--map-root-user", self, role, "--hostname", name}, args...)
	return unix.Exec(unshare, command, append(os.Environ(), inUserNamespace+"=1"))
}
