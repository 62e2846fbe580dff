package notify

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// defaults returns settings with their defaults as HCL, by reflection.
func defaults(settings any) map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(settings).Elem()
	for i := range v.NumField() {
		name, optional, _ := strings.Cut(v.Type().Field(i).Tag.Get("hcl"), ",")
		switch x := v.Field(i); {
		case name == "":
		case optional == "":
			out[name] = "must be set"
		case x.Kind() == reflect.Slice:
			out[name] = "`[]`"
		case x.Kind() == reflect.Map:
			out[name] = "`{}`"
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
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]*) \\| .+ \\|$")
	tables := map[string]map[string]string{}
	for _, part := range strings.Split(manual(t), "<!-- settings of ")[1:] {
		kind, table, _ := strings.Cut(part, " -->\n")
		table, _, _ = strings.Cut(table, "\n\n")
		tables[kind] = map[string]string{}
		for _, m := range row.FindAllStringSubmatch(table, -1) {
			tables[kind][m[1]] = m[2]
		}
	}
	common := NewCommon()
	if want := defaults(&common); !maps.Equal(tables["every kind"], want) {
		t.Errorf("the manual has\n%v\nthe settings are\n%v", tables["every kind"], want)
	}
	for _, kind := range Kinds() {
		c, err := NewConfig(kind)
		if err != nil {
			t.Fatal(err)
		}
		if want := defaults(c); !maps.Equal(tables[kind], want) {
			t.Errorf("%s: the manual has\n%v\nthe settings are\n%v", kind, tables[kind], want)
		}
	}
	if len(tables) != len(Kinds())+1 {
		t.Errorf("%d tables", len(tables))
	}
}

// TestManualExamples reads every example of settings.
func TestManualExamples(t *testing.T) {
	examples := regexp.MustCompile("(?ms)^```terraform\n(.*?)^```$").FindAllStringSubmatch(manual(t), -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		file, diags := hclparse.NewParser().ParseHCL([]byte(e[1]), "ruleids.hcl")
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
			c, err := NewConfig(n.Kind)
			if err != nil {
				t.Fatal(err)
			}
			if diags := Decode(n.Body, nil, c); diags.HasErrors() {
				t.Error(diags)
			}
			if ps := c.Validate(); len(ps) != 0 {
				t.Errorf("%s\n%v", e[1], ps)
			}
		}
	}
}

func TestManualTemplates(t *testing.T) {
	if want := "```text\n" + builtinTitle + "\n\n" + builtinText + "\n```\n"; !strings.Contains(manual(t), want) {
		t.Errorf("the manual does not have\n%s", want)
	}
}

// TestManualSignature runs the manual's check of signatures on a request.
func TestManualSignature(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	snippet := regexp.MustCompile("(?ms)^```python\n(.*?)^```$").FindStringSubmatch(manual(t))
	if snippet == nil {
		t.Fatal("no Python in the manual")
	}
	var header http.Header
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer s.Close()
	c := NewWebhook()
	c.URL, c.SecretFile = s.URL, secretFile(t, "the secret")
	if err := open(t, c, Options{}).Send(soon(t), message()); err != nil {
		t.Fatal(err)
	}
	check := snippet[1] + `
import sys
headers = {"X-Ruleids-Timestamp": sys.argv[1], "X-Ruleids-Signature": sys.argv[2]}
body = sys.stdin.buffer.read()
old = {**headers, "X-Ruleids-Timestamp": str(int(sys.argv[1]) - 1000)}
print(is_genuine(b"the secret", headers, body), is_genuine(b"another", headers, body), is_genuine(b"the secret", headers, body + b" "), is_genuine(b"the secret", old, body))
`
	cmd := exec.Command(python, "-c", check, header.Get(TimestampHeader), header.Get(SignatureHeader))
	cmd.Stdin = strings.NewReader(string(body))
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "True False False False\n" {
		t.Errorf("%v: %s", err, out)
	}
}
