package telegram

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
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
	settingtest.Manual(t, setting.New[Config](), "telegram.md#settings of telegram", "notifications.md#settings of every kind")
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
		for _, b := range settingtest.Blocks(t, e[1]) {
			if ps := settingtest.Read(t, b, setting.New[Config]()); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}
