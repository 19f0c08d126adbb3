package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/component-base/version"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/config"
)

// stagesYAML says what kubelets do with nodes and pods, and when.
//
//go:embed stages.yaml
var stagesYAML string

// loadStages fills in the parameters of the stages and sorts them by what they act on.
func loadStages(readyDelay, terminationDelay time.Duration) (map[internalversion.StageResourceRef][]*internalversion.Stage, error) {
	filled := strings.NewReplacer(
		"${ready-delay-ms}", strconv.FormatInt(readyDelay.Milliseconds(), 10),
		"${termination-delay-ms}", strconv.FormatInt(terminationDelay.Milliseconds(), 10),
		"${version}", version.Get().GitVersion,
	).Replace(stagesYAML)

	stages := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	for document := range strings.SplitSeq(filled, "\n---\n") {
		stage, err := config.UnmarshalWithType[*internalversion.Stage](document)
		if err != nil {
			return nil, fmt.Errorf("cannot read a stage: %w", err)
		}
		stages[stage.Spec.ResourceRef] = append(stages[stage.Spec.ResourceRef], stage)
	}
	return stages, nil
}
