package notify

import (
	"errors"
	"testing"
)

// TestRedactPrints: what a server answers does not become commands of a terminal, nor other lines.
func TestRedactPrints(t *testing.T) {
	err := Redact(errors.New("554 5.7.1 \x1b[2Jno\r\nlevel=ERROR \u202eforged"), "secret")
	const want = `554 5.7.1 \x1b[2Jno level=ERROR \u202eforged`
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
