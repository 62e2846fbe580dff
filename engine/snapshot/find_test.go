package snapshot

import (
	"errors"
	"testing"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// A section is found by what it keeps; one of a later version is no damage.
func TestFind(t *testing.T) {
	sections := []Section{{Name: "other 7"}, {Name: "peaks", Data: []byte("before there were numbers")}, {Name: "assets 3", Data: []byte("three")}, {Name: "odd x"}}
	for what, want := range map[string]string{"peaks": "before there were numbers", "assets": "three"} {
		if got, err := Find(sections, what, 3); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if _, err := Find(sections, "assets", 2); !errors.Is(err, stateversion.ErrLater) || errors.Is(err, ErrDamaged) {
		t.Errorf("a later one: %v", err)
	}
	for _, what := range []string{"odd", "nothing"} {
		if _, err := Find(sections, what, 3); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
