package honeypot

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/honeypots.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows returns the first two cells of the table after a comment of the manual.
func rows(t *testing.T, comment string) map[string]string {
	t.Helper()
	_, table, ok := strings.Cut(manual(t), "<!-- "+comment+" -->\n")
	if !ok {
		t.Fatalf("no %s", comment)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(table, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	settingtest.Manual(t, setting.New[Config](), "honeypots.md#settings")
}

// TestManualServices holds the table of services to their banners.
func TestManualServices(t *testing.T) {
	want := map[string]string{}
	for _, s := range services {
		want[s] = "none"
		if b := DefaultBanner(s); b != "" {
			want[s] = "`" + strconv.Quote(b) + "`"
		}
	}
	if got := rows(t, "services"); !maps.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe services are\n%v", got, want)
	}
}

// TestManualLog holds the table of the log's keys to the lines.
func TestManualLog(t *testing.T) {
	var want []string
	r := reflect.TypeFor[record]()
	for i := range r.NumField() {
		name, _, _ := strings.Cut(r.Field(i).Tag.Get("json"), ",")
		want = append(want, name)
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(rows(t, "log"))); !slices.Equal(got, want) {
		t.Errorf("the manual has\n%v\na line has\n%v", got, want)
	}
}

// TestManualExamples reads every example of settings.
func TestManualExamples(t *testing.T) {
	examples := regexp.MustCompile("(?ms)^ *```terraform\n(.*?)^ *```$").FindAllStringSubmatch(manual(t), -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		blocks := settingtest.Blocks(t, e[1])
		if len(blocks) == 0 {
			t.Errorf("no honeypot in\n%s", e[1])
		}
		for _, b := range blocks {
			if ps := settingtest.Read(t, b, setting.New[Config]()); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}
