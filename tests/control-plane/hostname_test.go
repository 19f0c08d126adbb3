package main

import (
	"slices"
	"testing"
)

func TestTakeHostname(t *testing.T) {
	for _, args := range [][]string{
		{"--a=1", "--hostname", "controller-0", "--b"},
		{"--a=1", "--hostname=controller-0", "--b"},
	} {
		name, rest, err := takeHostname(args)
		if err != nil || name != "controller-0" || !slices.Equal(rest, []string{"--a=1", "--b"}) {
			t.Errorf("takeHostname(%q) = %q, %q, %v", args, name, rest, err)
		}
	}
	if _, _, err := takeHostname([]string{"--hostname"}); err == nil {
		t.Error("a missing name is no error")
	}
}
