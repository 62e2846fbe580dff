package agent

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

const hostModel = `model "host" {
  by          = ["ip.src"]
  every       = "1s"
  features    = { packets = "count()", ports = "distinct(dst.port)" }
  learn       = "10s"
  min_samples = 10
}
rule "odd" {
  description = "d"
  severity    = "low"
  on          = "model"
  where       = "model.name == 'host' and model.score >= 1"
  by          = ["ip.src"]
}
`

// seconds are packets of two hosts, one a second each from one second to another; and in the last one of 10.0.0.2 to some
// ports more.
func seconds(t *testing.T, from, to, ports int) []packet.Frame {
	var out []packet.Frame
	for s := from; s < to; s++ {
		out = append(out, syn(t, "10.0.0.1", 80, 1000*s), syn(t, "10.0.0.2", 80+s%2, 1000*s+1))
	}
	for port := range ports {
		out = append(out, syn(t, "10.0.0.2", 1000+port, 1000*(to-1)+2+port))
	}
	return append(out, syn(t, "10.0.0.1", 80, 1000*to))
}

// What a model has learned survives a restart, and what others write to its file or remove is taken over.
func TestBaselineSurvivesARestart(t *testing.T) {
	root := t.TempDir()
	settings := "rules {\n  models = \"" + filepath.Join(root, "models") + "\"\n}\n"
	files := map[string]string{"host.hcl": hostModel}
	file := filepath.Join(root, "models", "host.json")

	r := startIn(t, root, settings, files)
	r.source.send(t, batchOf(seconds(t, 0, 5, 0)...))
	s := r.Status(context.Background())
	if len(s.Models) != 1 || !s.Models[0].Learning || s.Models[0].Samples < 8 || s.Models[0].Needs != 10 || s.Models[0].File != file {
		t.Fatalf("models %+v", s.Models)
	}
	must(t, r.stop())
	if got := r.outputs.of("odd"); len(got) > 0 {
		t.Errorf("alerts while it learns: %+v", got)
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}

	r = startIn(t, root, settings, files)
	r.log.wait(t, 0, "a model goes on with what it has learned")
	r.source.send(t, batchOf(seconds(t, 5, 40, 20)...))
	r.models.save(context.Background())
	s = r.Status(context.Background())
	if m := s.Models[0]; m.Learning || m.Baseline == "" || m.Saved == nil || m.Error != "" || len(m.Features) != 2 || m.Features[1].Name != "ports" || m.Features[1].Usual != "1" || m.Features[1].Drift != nil {
		t.Errorf("model %+v", m)
	}

	// Somebody pins it.
	data, err := os.ReadFile(file)
	must(t, err)
	m, err := model.Load(model.Spec{}, data)
	must(t, err)
	m.Pin(true)
	must(t, os.WriteFile(file, append(m.Save(), ' '), 0o600))
	r.models.follow(context.Background())
	if s := r.Status(context.Background()); !s.Models[0].Pinned {
		t.Errorf("a pin was not taken over: %+v", s.Models[0])
	}
	// Somebody removes it.
	must(t, os.Remove(file))
	r.models.follow(context.Background())
	if s := r.Status(context.Background()); !s.Models[0].Learning || s.Models[0].Samples != 0 {
		t.Errorf("the file was removed: %+v", s.Models[0])
	}
	must(t, r.stop())
	if got := r.outputs.of("odd"); len(got) == 0 || got[len(got)-1].Key[0].Value != "10.0.0.2" || got[0].Sample == nil {
		t.Errorf("alerts %+v", got)
	}

	// One of another version is refused, told of, and left alone.
	bad := bytes.Replace(data, []byte(`"version":1`), []byte(`"version":7`), 1)
	must(t, os.WriteFile(file, bad, 0o600))
	r = startIn(t, root, settings, files)
	r.log.wait(t, 0, "cannot be used, and it begins to learn")
	s = r.Status(context.Background())
	if !strings.Contains(strings.Join(s.Trouble, "\n"), "Learn it again with ruleids model learn") {
		t.Errorf("trouble %q", s.Trouble)
	}
	r.source.send(t, batchOf(seconds(t, 100, 104, 0)...))
	must(t, r.stop())
	if left, err := os.ReadFile(file); err != nil || !bytes.Equal(left, bad) {
		t.Error("a baseline that could not be used was written over")
	}
}
