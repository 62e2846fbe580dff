package firewall

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// manual returns the page after a mark, up to the next empty line.
func manual(t *testing.T, mark string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/firewall.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "<!-- "+mark+" -->\n")
	if !ok {
		t.Fatalf("the manual has no mark %q", mark)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	got, want := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `([^|]*)` \\| .+ \\|$").FindAllStringSubmatch(manual(t, "settings of firewall"), -1) {
		got[m[1]] = m[2]
	}
	v := reflect.ValueOf(NewConfig()).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		switch x := v.Field(i).Interface().(type) {
		case []string:
			quoted := []string{}
			for _, s := range x {
				quoted = append(quoted, strconv.Quote(s))
			}
			want[name] = "[" + strings.Join(quoted, ", ") + "]"
		case string:
			want[name] = strconv.Quote(x)
		default:
			want[name] = fmt.Sprint(x)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe settings are\n%v", got, want)
	}
}
