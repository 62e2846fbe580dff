package telegram

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/notify"
)

var _ notify.Config = (*Config)(nil)

func decode(t *testing.T, text string) (*Config, hcl.Diagnostics) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "ruleids.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c := New()
	return c, notify.Decode(f.Body, nil, c)
}

func TestDecode(t *testing.T) {
	c, diags := decode(t, `
		token_file     = "telegram.token"
		chats          = [-1001234567890, "@ops_alerts", 42]
		administrators = [123456789]
		rate           = 5`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if ps := c.Validate(); len(ps) > 0 {
		t.Error(ps)
	}
	if !slices.Equal(c.Chats, []string{"-1001234567890", "@ops_alerts", "42"}) || !slices.Equal(c.Administrators, []int64{123456789}) || c.Common().Rate != 5 || !c.Buttons {
		t.Errorf("%+v", c)
	}
	c.Resolve("/etc/ruleids")
	if c.TokenFile != "/etc/ruleids/telegram.token" {
		t.Error(c.TokenFile)
	}
}

func TestValidate(t *testing.T) {
	for text, want := range map[string]string{
		`chats = []`:                              "chats: Write where",
		`chats = ["ops"]`:                         `chats: "ops" is no chat`,
		`chats = ["@a b"]`:                        "is no chat",
		`chats = [0]`:                             "is no chat",
		`chats = [1.5]`:                           "is no chat",
		`chats = ["@Alerts", "@alerts"]`:          "chats: @alerts is there twice",
		"chats = [1]\nadministrators = [-5]":      "administrators: -5 is no number of a user",
		"chats = [1]\nurl = \"http://10.0.0.1\"":  "url: The token would travel in clear",
		"chats = [1]\nurl = \"ftp://localhost\"":  "url: \"ftp\" is no scheme",
		"chats = [1]\nurl = \"https://u:p@host\"": "url: Write an address",
		"chats = [1]\ntoken_env = \"1:A\"":        "token_env: ",
		"chats = [1]\ntoken_env = \"\"":           "token_file: ",
		"chats = [1]\nrate = 0":                   "rate: ",
	} {
		c, diags := decode(t, text)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if ps := c.Validate(); len(ps) != 1 || !strings.Contains(ps[0].Error(), want) {
			t.Errorf("%s: %v", text, ps)
		}
	}
	for _, ok := range []string{"http://localhost:8081", "http://127.0.0.1", "http://[::1]:8081/api", "https://telegram.example"} {
		if detail := checkURL(ok); detail != "" {
			t.Errorf("%s: %s", ok, detail)
		}
	}
}

func TestOpenReadsTheToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	c := testConfig("5")
	c.TokenEnv = "RULEIDS_TEST_TELEGRAM_TOKEN"
	open := func() error {
		tr, err := c.Open(notify.Options{})
		if err == nil {
			err = tr.Close()
		}
		return err
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), c.TokenEnv) {
		t.Errorf("%v", err)
	}
	t.Setenv(c.TokenEnv, testToken)
	if err := open(); err != nil {
		t.Error(err)
	}
	c.TokenFile = file
	for text, ok := range map[string]bool{testToken + "\n": true, password: false, "": false, testToken + "/../x": false, "bot" + testToken: false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := open()
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", token{testToken}, token{testToken}, token{testToken}, token{testToken}); strings.Contains(s, password) {
		t.Error(s)
	}
}
