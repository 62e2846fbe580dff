package notify

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

const manualPage = "../../docs/notifications.md"

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manualPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestManualSettings holds the tables of settings to the structs: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	settingtest.Manual(t, setting.New[Common](), "notifications.md#settings of every kind")
	for kind, settings := range Kinds() {
		settingtest.Manual(t, settings(), "notifications.md#settings of every kind", "notifications.md#settings of "+kind)
	}
	if n := strings.Count(manual(t), "<!-- settings of "); n != len(Kinds())+1 {
		t.Errorf("%d tables", n)
	}
}

// TestManualExamples reads every example of settings.
func TestManualExamples(t *testing.T) {
	examples := regexp.MustCompile("(?ms)^```terraform\n(.*?)^```$").FindAllStringSubmatch(manual(t), -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		for _, b := range settingtest.Blocks(t, e[1]) {
			if ps := settingtest.Read(t, b, Kinds()[b.Labels[0]]()); len(ps) != 0 {
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
	c := setting.New[WebhookConfig]()
	c.URL.Value, c.Secret.File = setting.Secret(s.URL), secretFile(t, "the secret")
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
