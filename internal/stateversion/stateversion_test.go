package stateversion

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, has := range []int{0, 1, 2} {
		if err := Check("file", has, 2); err != nil {
			t.Errorf("version %d: %v", has, err)
		}
	}
	err := Check("/var/lib/ruleids/file", 3, 2)
	if !errors.Is(err, ErrLater) || !strings.Contains(err.Error(), "move /var/lib/ruleids/file away") {
		t.Errorf("%v", err)
	}
}
