package assets

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestMapOfEachVersion reads the maps in testdata/state, each of which a version of the program has written, and tells one of a
// later version from a damaged one.
func TestMapOfEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.snapshot")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no map", err)
	}
	for _, file := range files {
		sections, err := snapshot.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Restore(sections, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		hosts := m.Hosts(nil)
		if len(hosts) != 2 || hosts[1].IP.String() != "10.0.0.20" || len(hosts[1].Services) != 1 || hosts[1].Services[0].Port != 22 {
			t.Errorf("%s: %+v", file, hosts)
		}
	}
	if _, err := Restore([]snapshot.Section{{Name: "assets 2", Data: []byte("another form")}}, Limits{}); !errors.Is(err, stateversion.ErrLater) {
		t.Errorf("%v", err)
	}
}
