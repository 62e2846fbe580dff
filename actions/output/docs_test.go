package output

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
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/ruleids/ruleids/alert"
)

const manual = "../../docs/outputs.md"

// defaults returns the settings of a kind with their defaults as HCL, by reflection.
func defaults(t *testing.T, kind string) map[string]string {
	t.Helper()
	c, err := NewConfig(kind)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name, optional, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		switch x := v.Field(i); {
		case name == "":
		case optional == "":
			out[name] = "must be set"
		case x.Kind() == reflect.Slice:
			out[name] = "`[]`"
		case x.Kind() == reflect.String:
			out[name] = "`" + strconv.Quote(x.String()) + "`"
		default:
			out[name] = fmt.Sprintf("`%v`", x)
		}
	}
	return out
}

// TestManualSettings holds the tables of settings to the structs: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	text := string(read(t, manual))
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]*) \\| .+ \\|$")
	tables := map[string]map[string]string{}
	common := map[string]string{}
	for _, part := range strings.Split(text, "<!-- settings of ")[1:] {
		kind, table, _ := strings.Cut(part, " -->\n")
		table, _, _ = strings.Cut(table, "\n\n")
		into := common
		if len(common) > 0 { // the first is of all kinds
			into = map[string]string{}
			tables[kind] = into
		}
		for _, m := range row.FindAllStringSubmatch(table, -1) {
			into[m[1]] = m[2]
		}
	}
	tables["csv"] = tables["eve"]
	for _, kind := range Kinds() {
		got := maps.Clone(common)
		maps.Copy(got, tables[kind])
		if want := defaults(t, kind); !maps.Equal(got, want) {
			t.Errorf("%s: the manual has\n%v\nthe settings are\n%v", kind, got, want)
		}
	}
}

// TestManualColumns holds the table of columns to the header line.
func TestManualColumns(t *testing.T) {
	text := string(read(t, manual))
	_, table, _ := strings.Cut(text, "| column | is |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []string
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for name := range strings.FieldsSeq(first) {
			if strings.HasPrefix(name, "`") {
				got = append(got, strings.Trim(name, "`"))
			}
		}
	}
	if want := strings.Split(strings.TrimSpace(string(alert.AppendCSVHeader(nil))), ","); !slices.Equal(got, want) {
		t.Errorf("the manual has\n%v\nthe header is\n%v", got, want)
	}
}

// TestManualExamples reads every example of settings.
func TestManualExamples(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?ms)^```terraform\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		file, diags := hclparse.NewParser().ParseHCL([]byte(e[1]), "ruleids.hcl")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var root struct {
			Outputs []struct {
				Kind string   `hcl:"kind,label"`
				Name string   `hcl:"name,label"`
				Body hcl.Body `hcl:",remain"`
			} `hcl:"output,block"`
		}
		if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, o := range root.Outputs {
			c, err := NewConfig(o.Kind)
			if err != nil {
				t.Fatal(err)
			}
			if diags := gohcl.DecodeBody(o.Body, nil, c); diags.HasErrors() {
				t.Error(diags)
			}
			if ps := c.Validate(); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}
