package printable

import (
	"strings"
	"testing"
)

func TestLimit(t *testing.T) {
	var b strings.Builder
	l := &Limit{W: &b, Left: 5}
	for _, p := range []string{"abc", "def", "ghi"} {
		if n, err := l.Write([]byte(p)); n != len(p) || err != nil {
			t.Errorf("%q: %d, %v", p, n, err)
		}
	}
	if b.String() != "abcde" {
		t.Errorf("%q went through", b.String())
	}
}
