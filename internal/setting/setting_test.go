package setting

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "7d": 168 * time.Hour,
		"1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "0": 0, "0s": 0} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if again, err := ParseDuration(FormatDuration(want)); err != nil || again != want {
			t.Errorf("%v is written %q", want, FormatDuration(want))
		}
	}
	for _, text := range []string{"", "10", "soon", "-5m", "-1d", "d", "1dd", "NaNd", "Infd", "10 s", "1w", "1e9d", "99999999h99999999h", "36501d", "1d-1h", "2562047h48m", "1x"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for d, want := range map[time.Duration]string{5 * time.Minute: "5m", 24 * time.Hour: "24h", 48 * time.Hour: "2d", 90 * time.Second: "1m30s", 0: "0s"} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"64MiB": 64 << 20, "1 GiB": 1 << 30, "100kB": 100_000, "5": 5, "7B": 7, "0": 0, "2MB": 2_000_000} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1MiB", "1.5MiB", "1TiB", "99999999999GiB", "64 mib"} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for size, want := range map[Size]string{64 << 20: "64MiB", 1 << 30: "1GiB", 1536: "1536B", 3 << 10: "3KiB", 0: "0B"} {
		if got := size.String(); got != want {
			t.Errorf("%d: %s, want %s", size, got, want)
		}
	}
}

// everything has a field of every kind.
type everything struct {
	Word    string            `setting:"word" default:"red" oneof:"red green"`
	Must    string            `setting:"must,required"`
	Small   int8              `setting:"small" default:"7"`
	Port    uint16            `setting:"port" default:"1" range:"1..65535"`
	Factor  float64           `setting:"factor" default:"1.5"`
	On      bool              `setting:"on"`
	Span    time.Duration     `setting:"span,reload" default:"2d" range:"0,1m.."`
	Room    Size              `setting:"room" default:"1MiB"`
	Nets    []netip.Prefix    `setting:"nets" most:"2"`
	Files   []string          `setting:"files,path"`
	Program []string          `setting:"program,program"`
	Site    URL               `setting:"site" default:"https://example.com/a"`
	Server  Server            `setting:"server"`
	Listen  Listen            `setting:"listen"`
	Token   Source            `setting:"token,inline"`
	Heads   map[string]Secret `setting:"heads"`
	nested
}

type nested struct {
	Rules Patterns `setting:"rules"`
}

func read(t *testing.T, text string, c any) []string {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), "/etc/x/s.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	b := Block{What: "A block", Body: file.Body.(*hclsyntax.Body)}
	places, diags := b.Read(c)
	var out []string
	for _, d := range diags {
		out = append(out, fmt.Sprintf("%d %s", d.Subject.Start.Column, d.Detail))
	}
	for _, p := range CheckTogether(places, c) {
		out = append(out, p.Error())
	}
	slices.Sort(out)
	return out
}

func TestRead(t *testing.T) {
	c := New[everything]()
	if got := read(t, `must = "x"
small = "9"
on = true
span = "1d12h"
nets = ["10.1.2.3/8", "::1"]
files = ["a", "/b"]
program = ["bin/p", "a/b"]
server = "::1"
listen = ":80"
token = "hush"
heads = { A = "hush", "X-B" = "hush" }
rules = ["port_*"]`, c); len(got) > 0 {
		t.Fatal(got)
	}
	var shown []string
	for _, f := range Fields(c) {
		shown = append(shown, f.Name+"="+f.String())
	}
	want := `word="red" must="x" small=9 port=1 factor=1.5 on=true span="36h" room="1MiB" nets=["10.0.0.0/8", "::1/128"] files=["/etc/x/a", "/b"] program=["/etc/x/bin/p", "a/b"] ` +
		`site="https://example.com/a" server="::1" listen=":80" token="[secret]" token_file="" token_env="" heads={A = "[secret]", X-B = "[secret]"} rules=["port_*"]`
	if got := strings.Join(shown, " "); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if c.Server.Address(25) != "[::1]:25" || !c.Rules.Match("port_scan") || c.Rules.Match("x") {
		t.Errorf("%+v", c)
	}
}

func TestReadMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`small = 128`:                          "9 small: 128 is out of range: use a smaller number.",
		`port = 65536`:                         "8 port: 65536 is out of range: use 1 to 65535.",
		`port = -1`:                            "8 port: -1 is out of range: use 1 to 65535.",
		`port = 18446744073709551617`:          "8 port: 18446744073709551617 is out of range: use 1 to 65535.",
		`port = 1.5`:                           `8 port: "1.5" is not a whole number.`,
		`factor = "NaN"`:                       `10 factor: "NaN" is not a number.`,
		`word = "gren"`:                        `8 word: "gren" is not valid; did you mean "green"? Use red or green.`,
		`span = "30s"`:                         "8 span: 30s is out of range: use 0s, or at least 1m.",
		`nets = ["all", "::1"]`:                `9 nets: "all" is not a network: write one as "10.0.0.0/8", an address as "10.0.0.1".`,
		`nets = ["::1", "::2", "::3"]`:         "8 nets: 3 entries are too many: use at most 2.",
		`nets = "::1"`:                         `8 nets: it needs a list of networks in brackets, as ["10.0.0.0/8"].`,
		`must = ""`:                            "8 must: it must not be empty.",
		`on = null`:                            "6 on: it needs a value.",
		`on = var.x`:                           "6 on: a setting is a constant:",
		`sapn = "1h"`:                          `1 A block has no setting "sapn". Did you mean "span"?`,
		`site = "http://example.com"`:          "8 site: what is sent would travel in clear",
		`server = "a b"`:                       `10 server: "a b" is not the address of a server`,
		`token_env = "=hush"`:                  "13 token_env: write the name of an environment variable, not the secret.",
		"token = \"hush\"\ntoken_file = \"f\"": "token: Only one of token, token_file and token_env",
		`rules = ["["]`:                        `10 rules: "[" is not a name or pattern`,
	} {
		c := New[everything]()
		got := read(t, text, c)
		if !strings.HasPrefix(text, "must") {
			got = slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, `needs the setting "must"`) })
		}
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if strings.Contains(fmt.Sprint(got), "hush") {
			t.Errorf("%s tells the secret: %q", text, got)
		}
	}
}

func TestCheckOfValues(t *testing.T) {
	c := New[everything]()
	c.Must, c.Port, c.Word, c.Span = "x", 0, "blue", time.Second
	if got := fmt.Sprint(Valid(c)); got != "word: \"blue\" is not valid: use red or green.\nport: 0 is out of range: use 1 to 65535.\nspan: 1s is out of range: use 0s, or at least 1m." {
		t.Error(got)
	}
}

func TestRestart(t *testing.T) {
	a, b := New[everything](), New[everything]()
	b.Span, b.Small, b.Token.Value, b.Site.Path = time.Hour, 1, "other", "/b"
	a.Token.Value = "one"
	if got := Restart(a, b); !slices.Equal(got, []string{"small", "site", "token"}) {
		t.Error(got)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := Secret("hush")
	text, err := json.Marshal(map[string]any{"s": s, "list": []Secret{s}, "in": struct{ S Source }{Source{Value: s}}})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "source", Source{Value: s})
	said := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v", s, s, s, s, s, s, math.MaxInt8, Source{Value: s}, struct{ S *Secret }{&s}) + fmt.Sprint(&s) + string(text) + log.String()
	if err != nil || strings.Contains(said, "hush") || strings.Contains(said, "68757368") || !strings.Contains(said, Mask) {
		t.Errorf("%s, %v", said, err)
	}
	if s.Reveal() != "hush" || Secret("").String() != "" {
		t.Error("the secret is lost")
	}
}

func TestSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(file, []byte(" one \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SETTING_TEST", "two")
	for _, c := range []struct {
		from Source
		want Secret
	}{{Source{}, ""}, {Source{File: file, Env: "SETTING_TEST"}, "one"}, {Source{Env: "SETTING_TEST"}, "two"}, {Source{Value: "three"}, "three"}} {
		if got, err := c.from.Read("token"); err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c.from, got.Reveal(), err)
		}
	}
}
