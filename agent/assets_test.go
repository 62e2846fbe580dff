package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is learned is there after a restart; a file that is damaged is told of, and replaced.
func TestAssetsSurviveARestart(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"p.hcl": portRule("p", "23")}
	file := filepath.Join(root, "assets")
	for i := range 2 {
		r := startIn(t, root, "", files)
		if i == 0 {
			r.source.send(t, batchOf(syn(t, "10.0.0.1", 1, 0)))
		}
		s := r.Status(context.Background())
		if s.Assets == nil || (s.Assets.Restored != nil) != (i > 0) || s.Assets.File != file || s.Assets.Unanswered != 1 {
			t.Errorf("start %d: %+v", i, s.Assets)
		}
		must(t, r.stop())
	}
	data, err := os.ReadFile(file)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(file, data, 0o600))
	r := startIn(t, root, "", files)
	r.log.wait(t, 0, "cannot be read, and begins empty")
	s := r.Status(context.Background())
	if s.Assets.Damaged == "" || s.Assets.Unanswered != 0 || !strings.Contains(strings.Join(s.Trouble, "\n"), "the file is damaged") {
		t.Errorf("%+v, trouble %q", s.Assets, s.Trouble)
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.2", 1, 0)))
	must(t, r.stop())
	r = startIn(t, root, "", files)
	if s := r.Status(context.Background()); s.Assets.Damaged != "" || s.Assets.Unanswered != 1 {
		t.Errorf("after it was replaced: %+v", s.Assets)
	}
	must(t, r.stop())
	r = startIn(t, root, "assets {\n  enabled = false\n}\n", files)
	if s := r.Status(context.Background()); s.Assets != nil {
		t.Errorf("where it is off: %+v", s.Assets)
	}
	must(t, r.stop())
}
