//go:build !linux && !windows && !darwin && !freebsd && !openbsd

package agent

import (
	"errors"
	"runtime"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/live"
)

// openInterfaces returns an error: there is no source of packets for this system.
func openInterfaces(*config.Config, *live.Filter) (Source, error) {
	return nil, errors.New("live capture: there is none on " + runtime.GOOS + "; capture to a file and replay it with run -r")
}
