package store

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/model"
)

func learned(seed float64) *model.Model {
	m := model.New(model.Spec{Name: "m", Definition: "d", Features: []string{"x"}, MinSamples: 10})
	for i := range 50 {
		m.Sample(int64(i)*1e9, []float64{seed + float64(i%7)})
	}
	return m
}

func TestStore(t *testing.T) {
	s := Store{Dir: t.TempDir() + "/models"}
	if names, err := s.Names(); err != nil || len(names) > 0 {
		t.Errorf("a directory that is not there has %v, %v", names, err)
	}
	a := learned(1)
	if _, err := s.Load(a.Spec()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there is loaded: %v", err)
	}
	if err := s.Write("m", a.ID(), a.Save()); err != nil {
		t.Fatal(err)
	}
	a.Sample(99e9, []float64{3}) // it goes on, and stays the same baseline
	if err := s.Write("m", a.ID(), a.Save()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Previous("m")); err == nil {
		t.Error("a baseline that goes on is kept as one before itself")
	}
	b := learned(100)
	if err := s.Write("m", b.ID(), b.Save()); err != nil {
		t.Fatal(err)
	}
	if names, err := s.Names(); err != nil || !slices.Equal(names, []string{"m"}) {
		t.Errorf("%v, %v", names, err)
	}
	got, err := s.Load(b.Spec())
	if err != nil || got.ID() != b.ID() {
		t.Errorf("%v, %v", got, err)
	}
	data, err := Read(s.Previous("m"))
	if err != nil {
		t.Fatal(err)
	}
	if before, err := model.Load(model.Spec{}, data); err != nil || before.ID() != a.ID() {
		t.Errorf("the one before is another: %v", err)
	}
	other := b.Spec()
	other.Definition = "e"
	if _, err := s.Load(other); !errors.Is(err, model.ErrDefinition) || !strings.Contains(err.Error(), s.Path("m")) {
		t.Errorf("a baseline of another model: %v", err)
	}
	if err := s.Forget("m"); err != nil {
		t.Error(err)
	}
	if err := s.Forget("m"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("forgotten twice: %v", err)
	}
}
