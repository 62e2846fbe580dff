package reputation

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

const manual = "../../docs/reputation.md"

// TestManualSettings holds the tables of settings to the structs: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	for kind, settings := range Kinds() {
		settingtest.Manual(t, settings(), "reputation.md#settings of "+kind)
	}
}

// TestManualExamples reads every example: settings, the cache file, the list.
func TestManualExamples(t *testing.T) {
	text := readFile(t, manual)
	block := func(lang string) string {
		m := regexp.MustCompile("(?ms)^```" + lang + "\n(.*?)^```$").FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no example in %s", lang)
		}
		return m[1]
	}
	specs := settingtest.Blocks(t, block("terraform"))
	for _, b := range specs {
		if _, ps := decode(t, b); len(ps) != 0 {
			t.Errorf("%v: %v", b.Labels, ps)
		}
	}
	if len(specs) != 2 {
		t.Errorf("%d blocks", len(specs))
	}

	var s store
	var got []Verdict
	if err := s.parse(strings.NewReader(block("jsonl")), func(v Verdict) { got = append(got, v) }); err != nil || s.damaged > 0 || len(got) != 1 {
		t.Fatalf("%v, %+v", err, s)
	}
	vt := setting.New[VirusTotalConfig]()
	got[0].Tier = vt.tier(&got[0])
	if line := string(appendRecord([]byte(headerLine), &got[0])); line != block("jsonl") {
		t.Errorf("the file would have\n%s", line)
	}

	into := newTable()
	if err := parseList(manual, strings.NewReader(block("text")), into); err != nil || into.len() != 5 {
		t.Errorf("%d entries, %v", into.len(), err)
	}
}

// TestManualNames holds the names that are never asked about to the table.
func TestManualNames(t *testing.T) {
	text := readFile(t, manual)
	_, names, _ := strings.Cut(text, "names of one label, and names under")
	names, _, _ = strings.Cut(names, ".\n")
	var got []string
	for _, m := range regexp.MustCompile("`([a-z.]+)`").FindAllStringSubmatch(names, -1) {
		got = append(got, m[1])
	}
	want := strings.Fields(specialNames)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe table\n%v", got, want)
	}
}

// TestManualStates has every state in the manual.
func TestManualStates(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []State{StateReady, StateOff, StateRefused, StateQuota, StateSpent, StateFailing, StateClosed} {
		if !strings.Contains(string(text), "| `"+string(s)+"` |") {
			t.Errorf("%s is missing", s)
		}
	}
}
