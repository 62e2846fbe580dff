package notify

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// decode reads the settings of a block's body.
func decode(t *testing.T, kind, body string) (Config, []setting.Problem) {
	t.Helper()
	c := Kinds()[kind]()
	return c, settingtest.ReadBody(t, body, c)
}

func TestKinds(t *testing.T) {
	want := []string{"discord", "email", "matrix", "ntfy", "pagerduty", "shoutrrr", "slack", "teams", "webhook"}
	if got := slices.Sorted(maps.Keys(Kinds())); !slices.Equal(got, want) {
		t.Error(got)
	}
	for k, settings := range Kinds() {
		c := settings()
		if !reflect.DeepEqual(c.Base(), setting.New[Common]()) {
			t.Errorf("%s: %+v", k, c.Base())
		}
	}
}

func TestDecode(t *testing.T) {
	c, ps := decode(t, "webhook", `
		url = "https://example.com/x"
		headers = { X-A = "b" }
		rate = 5
		rules = ["port_*"]
	`)
	w := c.(*WebhookConfig)
	if len(ps) > 0 || w.URL.Value != "https://example.com/x" || w.Headers["X-A"] != "b" || w.Rate != 5 || w.Group != 30*time.Second || !slices.Equal(w.Rules, setting.Patterns{"port_*"}) {
		t.Errorf("%+v, %v", w, ps)
	}
	for body, want := range map[string]string{
		"url_env = 1\nratte = 2\n":               `has no setting "ratte". Did you mean "rate"?`,
		"urll = \"x\"\n":                         `Did you mean "url"?`,
		"rate = \"many\"\n":                      `"many" is not a whole number`,
		"url = \"https://a/\"\nblock {\n}\n":     `has no block "block"`,
		"url = [\"https://a/\"]\ngroup = \"1s\"": "url: it needs one value",
		"headers = 5\n":                          "headers: it needs texts by name",
	} {
		if _, ps := decode(t, "webhook", body); !strings.Contains(fmt.Sprint(ps), want) {
			t.Errorf("%q: %v", body, ps)
		}
	}
	if _, ps := decode(t, "email", "to = []\n"); !strings.Contains(fmt.Sprint(ps), `needs the setting "server"`) {
		t.Error(ps)
	}
}

func TestMistakes(t *testing.T) {
	email := "server = \"mail.example.com\"\nfrom = \"a@b.c\"\nto = [\"d@e.f\"]\n"
	for _, c := range []struct {
		kind, body string
		want       []string // settings that are wrong
	}{
		{"webhook", `url = "https://example.com/x"`, nil},
		{"webhook", `url = "http://127.0.0.1:9/x"`, nil},
		{"webhook", `url = "http://[::1]:9/x"`, nil},
		{"webhook", `url = "http://example.com/x"`, []string{"url"}},
		{"webhook", `url = "https://me:secret@example.com/x"`, []string{"url"}},
		{"webhook", `url = "ftp://example.com/x"`, []string{"url"}},
		{"webhook", `url = "https:///x"`, []string{"url"}},
		{"webhook", ``, []string{"url_file"}},
		{"webhook", "url_file = \"a\"\nurl_env = \"B\"", []string{"url_env"}},
		{"webhook", "url = \"https://a/\"\nurl_env = \"B\"", []string{"url"}},
		{"webhook", "url_env = \"https://example.com/secret\"", []string{"url_env"}},
		{"webhook", "url = \"https://a/\"\nheaders = { Authorization = \"x\" }", []string{"headers"}},
		{"webhook", "url = \"https://a/\"\nheaders = { X-Api-Key = \"x\" }", []string{"headers"}},
		{"webhook", "url = \"https://a/\"\nheaders = { \"a b\" = \"x\", content-type = \"y\", A = \"x\\r\\nB: c\" }", []string{"headers", "headers", "headers"}},
		{"webhook", "url = \"https://a/\"\nmin_severity = \"loud\"\nrules = [\"[\"]\ngroup = \"soon\"\nrate = 0\nqueue = 0\ntimeout = \"1ms\"\ntitle = \"{{\"\ntemplate = \"{{.Nope}}\"",
			[]string{"min_severity", "rules", "group", "rate", "queue", "timeout", "title", "template"}},
		{"webhook", "url = \"https://a/\"\ngroup = \"25h\"\nrate = 601\nqueue = 100001\ntimeout = \"6m\"", []string{"group", "rate", "queue", "timeout"}},
		{"email", email, nil},
		{"email", email + "username = \"a\"", []string{"password_file"}},
		{"email", email + "password_env = \"A\"", []string{"username"}},
		{"email", email + "tls = \"maybe\"", []string{"tls"}},
		{"email", email + "tls = \"none\"\nusername = \"a\"\npassword_env = \"A\"", []string{"username"}},
		{"email", "server = \"a b\"\nfrom = \"x\"\nto = [\"y\", \"a@b.c\\r\\nBcc: d@e.f\"]", []string{"server", "from", "to", "to"}},
		{"email", "server = \"[::1]:25\"\nfrom = \"a@b.c\"\nto = []", []string{"to"}},
		{"slack", ``, []string{"webhook_url_file"}},
		{"slack", `webhook_url_env = "A"`, nil},
		{"slack", "webhook_url_env = \"A\"\ntoken_env = \"B\"\nchannel = \"C0123456789\"", []string{"token_file"}},
		{"slack", "token_env = \"B\"", []string{"channel"}},
		{"slack", "webhook_url_env = \"B\"\nchannel = \"C0123456789\"", []string{"channel"}},
		{"discord", "webhook_url_env = \"A\"\navatar_url = \"x\"", []string{"avatar_url"}},
		{"teams", ``, []string{"webhook_url_file"}},
		{"ntfy", ``, []string{"topic_file"}},
		{"ntfy", "topic = \"a/b\"\nserver = \"https://ntfy.sh/x\"", []string{"server", "topic"}},
		{"ntfy", "topic = \"a\"\ntoken_env = \"A\"\nusername = \"b\"\npassword_env = \"B\"\ntags = [\"a,b\"]", []string{"username", "tags"}},
		{"matrix", "server = \"https://m/x\"\ntoken_env = \"A\"\nrooms = [\"ops\"]", []string{"server", "rooms"}},
		{"matrix", "server = \"https://m\"\nrooms = []", []string{"token_file", "rooms"}},
		{"pagerduty", `region = "mars"`, []string{"integration_key_file", "region"}},
		{"shoutrrr", `url = "ntfy://ntfy.example.com/topic"`, nil},
		{"shoutrrr", `url = "discord://token@1234"`, []string{"url"}},
		{"shoutrrr", `url = "ntfy://user:pass@ntfy.example.com/topic"`, []string{"url"}},
		{"shoutrrr", `url = "generic+https://example.com/x?token=1"`, []string{"url"}},
		{"shoutrrr", `url = "pigeon://x"`, []string{"url"}},
		{"shoutrrr", ``, []string{"url_file"}},
	} {
		_, ps := decode(t, c.kind, c.body)
		var got []string
		for _, p := range ps {
			if _, name, ok := strings.Cut(p.Detail, "needs the setting "); ok && p.Setting == "" {
				p.Setting = strings.Trim(name, `".`)
			}
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%q is not a sentence", p.Detail)
			}
			if strings.Contains(p.Error(), "secret@") || strings.Contains(p.Error(), "pass@") || strings.Contains(p.Error(), "token@") || strings.Contains(p.Error(), "com/secret") {
				t.Errorf("%v", p)
			}
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v: %v", c.kind, c.body, got, c.want, ps)
		}
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"good": " s3cret \n", "empty": " \n", "two": "s3cret\ns3cret\n", "huge": strings.Repeat("s3cret", 64<<10)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("NOTIFY_TEST_SECRET", "fr0menv")
	if s, err := (&setting.Source{File: filepath.Join(dir, "good")}).Read("token"); s != "s3cret" || err != nil {
		t.Error(s, err)
	}
	if s, err := (&setting.Source{Env: "NOTIFY_TEST_SECRET"}).Read("token"); s != "fr0menv" || err != nil {
		t.Error(s, err)
	}
	if s, err := (&setting.Source{File: ""}).Read("token"); s != "" || err != nil {
		t.Error(s, err)
	}
	for _, name := range append(slices.Sorted(maps.Keys(files)), "missing") {
		if name == "good" {
			continue
		}
		if _, err := (&setting.Source{File: filepath.Join(dir, name)}).Read("token"); err == nil || !strings.HasPrefix(err.Error(), "token_file: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&setting.Source{Env: "NOTIFY_TEST_NOTHING"}).Read("token"); err == nil || !strings.Contains(err.Error(), "NOTIFY_TEST_NOTHING") {
		t.Error(err)
	}
}

// Secrets are read again by Reload, and kept where they cannot be read.
func TestReloadReadsSecrets(t *testing.T) {
	c := setting.New[WebhookConfig]()
	c.URL.Value, c.Secret.File = "https://example.com/", secretFile(t, "one")
	ns, _ := start(t, c)
	before := ns.list[0].transport.(*webhook)
	if err := os.WriteFile(c.Secret.File, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ns.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.Secret.File); err != nil {
		t.Fatal(err)
	}
	if err := ns.Reload(); err == nil || !strings.Contains(err.Error(), `notifier "ops": secret_file: `) || !strings.HasSuffix(err.Error(), "it goes on with what it has") {
		t.Error(err)
	}
	finish(t, ns)
	if now := ns.list[0].transport.(*webhook); string(before.secret) != "one" || string(now.secret) != "two" {
		t.Errorf("%s, %s", before.secret, now.secret)
	}
}
