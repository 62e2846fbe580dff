package output

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

const manual = "../../docs/outputs.md"

// TestManualSettings holds the tables of settings to the structs: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	for kind, tables := range map[string][]string{"eve": {"eve"}, "csv": {"eve", "csv alone"}, "syslog": {"syslog"}, "stdout": {"stdout"}, "eventlog": nil} {
		c := Kinds()[kind]()
		pages := []string{"outputs.md#settings of every kind"}
		for _, table := range tables {
			pages = append(pages, "outputs.md#settings of "+table)
		}
		settingtest.Manual(t, c, pages...)
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
	if want := strings.Split(strings.TrimSpace(string(alert.NewCSV().AppendHeader(nil))), ","); !slices.Equal(got, want) {
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
		for _, b := range settingtest.Blocks(t, e[1]) {
			if _, ps := decode(t, b); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}
