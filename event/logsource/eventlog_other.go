//go:build !windows

package logsource

import (
	"errors"
	"runtime"
)

func subscribe(string, string, string, bool) (subscription, error) {
	return nil, errors.New("event logs are of Windows, and this is " + runtime.GOOS)
}
