package main

import (
	"testing"
	"time"

	"sigs.k8s.io/kwok/pkg/apis/internalversion"
)

func TestLoadStagesFillsInTheDelays(t *testing.T) {
	stages, err := loadStages(200*time.Millisecond, 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"pod-ready": 200, "pod-gone": 3000}
	pods := stages[internalversion.StageResourceRef{APIGroup: "v1", Kind: "Pod"}]
	for _, stage := range pods {
		if delay, listed := want[stage.Name]; listed {
			if got := *stage.Spec.Delay.DurationMilliseconds; got != delay {
				t.Errorf("%s is delayed by %d ms, want %d ms", stage.Name, got, delay)
			}
			delete(want, stage.Name)
		}
	}
	if len(want) != 0 {
		t.Errorf("no stages for %v", want)
	}
}
