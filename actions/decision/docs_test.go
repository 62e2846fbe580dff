package decision

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const manual = "../../docs/responses.md"

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	_, table, _ := strings.Cut(string(read(t, manual)), "<!-- settings of response -->\n")
	table, _, _ = strings.Cut(table, "\n\n")
	got, want := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `([^|]*)` \\| .+ \\|$").FindAllStringSubmatch(table, -1) {
		got[m[1]] = m[2]
	}
	v := reflect.ValueOf(NewConfig()).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		switch x := v.Field(i); x.Kind() {
		case reflect.Slice:
			want[name] = "[]"
		case reflect.String:
			want[name] = strconv.Quote(x.String())
		default:
			want[name] = fmt.Sprint(x)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe settings are\n%v", got, want)
	}
}

// TestManualLine reads the line of the journal in the manual, which is broken there to fit.
func TestManualLine(t *testing.T) {
	_, text, _ := strings.Cut(string(read(t, manual)), "```json\n")
	text, _, _ = strings.Cut(text, "\n```")
	line := strings.ReplaceAll(text, "\n ", "")
	r, err := parseRecord([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	again, err := appendRecord(nil, r)
	if err != nil || !bytes.Equal(bytes.TrimSpace(again), []byte(line)) {
		t.Errorf("it is written\n%s", again)
	}
}
