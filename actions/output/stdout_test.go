package output

import (
	"bytes"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

func TestStdoutText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, color := range []bool{false, true} {
			var got bytes.Buffer
			f := start(t, Options{Stdout: &got, Color: color}, Spec{"out", setting.New[StdoutConfig]()})
			send(f, 1, 2)
			stop(t, f)
			line := string(numbered(1).AppendText(nil, color)) + "\n"
			if got.String() != strings.Repeat(line, 2) {
				t.Errorf("color %v: got\n%s", color, &got)
			}
		}
	})
}

// A hiccup takes a few bytes at a time, and fails in between.
type hiccup struct{ got bytes.Buffer }

func (h *hiccup) Write(b []byte) (int, error) {
	n := min(len(b), 300)
	h.got.Write(b[:n])
	if n < len(b) {
		return n, syscall.EAGAIN
	}
	return n, nil
}

// TestStdoutGoesOn writes every byte once, whatever is taken at a time.
func TestStdoutGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hiccup{}
		f := start(t, Options{Stdout: h}, Spec{"out", jsonStdout(10_000)})
		send(f, 1, 10)
		time.Sleep(time.Hour)
		synctest.Wait()
		stop(t, f)
		if got := numbers(t, h.got.Bytes()); !slices.Equal(got, sequence(1, 10)) {
			t.Errorf("alerts %v", got)
		}
		if s := f.Status()[0]; s.Written != 10 || s.Errors == 0 || s.Error != "" {
			t.Errorf("%+v", s)
		}
	})
}
