package telegram

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/notify"
)

const manual = "../../docs/telegram.md"

func readManual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	want := map[string]string{}
	v := reflect.ValueOf(New()).Elem()
	for i := range v.NumField() {
		name, optional, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		switch x := v.Field(i); {
		case name == "":
		case optional == "":
			want[name] = "must be set"
		case x.Kind() == reflect.Slice:
			want[name] = "`[]`"
		case x.Kind() == reflect.String:
			want[name] = "`" + strconv.Quote(x.String()) + "`"
		default:
			want[name] = fmt.Sprintf("`%v`", x)
		}
	}
	_, table, ok := strings.Cut(readManual(t), "<!-- settings of telegram -->\n")
	table, _, _ = strings.Cut(table, "\n\n")
	got := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]*) \\| .+ \\|$").FindAllStringSubmatch(table, -1) {
		got[m[1]] = m[2]
	}
	if !ok || !maps.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe settings are\n%v", got, want)
	}
}

// TestManualCommands holds the table of commands to theirs.
func TestManualCommands(t *testing.T) {
	_, table, _ := strings.Cut(readManual(t), "| command | does |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| `/([^`]+)` \\| .+ \\|$").FindAllStringSubmatch(table, -1) {
		got = append(got, m[1])
	}
	for _, c := range commands() {
		want = append(want, strings.TrimSpace(c.name+" "+c.usage))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the manual has\n%q\nthe commands are\n%q", got, want)
	}
}

// TestManualStates has every state in the manual.
func TestManualStates(t *testing.T) {
	text := readManual(t)
	for _, s := range []State{StateStarting, StatePolling, StateFailing, StateLimited, StateConflict, StateRefused, StateClosed} {
		if !strings.Contains(text, "| `"+string(s)+"` |") {
			t.Errorf("%s is missing", s)
		}
	}
}

// TestManualExamples reads every example of settings.
func TestManualExamples(t *testing.T) {
	examples := regexp.MustCompile("(?ms)^ *```terraform\n(.*?)^ *```$").FindAllStringSubmatch(readManual(t), -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		file, diags := hclsyntax.ParseConfig([]byte(e[1]), "ruleids.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var root struct {
			Notifiers []struct {
				Kind string   `hcl:"kind,label"`
				Name string   `hcl:"name,label"`
				Body hcl.Body `hcl:",remain"`
			} `hcl:"notifier,block"`
		}
		if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, n := range root.Notifiers {
			c := New()
			if diags := notify.Decode(n.Body, nil, c); n.Kind != "telegram" || diags.HasErrors() {
				t.Fatalf("%s: %v", n.Kind, diags)
			}
			if ps := c.Validate(); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}
