//go:build !linux

package decision

import "errors"

// NewLiveHost is for Linux only.
func NewLiveHost(LiveOptions) (Host, error) {
	return nil, errors.New("what is protected on this host can be found out on Linux only")
}
