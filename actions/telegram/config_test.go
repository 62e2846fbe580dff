package telegram

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

var _ notify.Config = (*Config)(nil)

func TestDecode(t *testing.T) {
	c := setting.New[Config]()
	ps := settingtest.ReadBody(t, `
		token_file     = "telegram.token"
		chats          = [-1001234567890, "@ops_alerts", 42]
		administrators = [123456789]
		rate           = 5`, c)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	if !slices.Equal(c.Chats, []Chat{{id: -1001234567890}, {name: "@ops_alerts"}, {id: 42}}) || !slices.Equal(c.Administrators, []int64{123456789}) || c.Rate != 5 || !c.Buttons {
		t.Errorf("%+v", c)
	}
	if c.Token.File != "/etc/ruleids/telegram.token" {
		t.Error(c.Token.File)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`chats = []`:                               "chats: it must not be empty",
		`chats = ["ops"]`:                          `chats: "ops" is not a chat`,
		`chats = ["@a b"]`:                         "is not a chat",
		`chats = [0]`:                              "is not a chat",
		`chats = [1.5]`:                            "is not a chat",
		`chats = ["@Alerts", "@alerts"]`:           "chats: @alerts is there twice",
		"chats = [1]\nadministrators = [-5]":       "administrators: -5 is out of range",
		"chats = [1]\nurl = \"http://10.0.0.1\"":   "url: what is sent would travel in clear",
		"chats = [1]\nurl = \"ftp://localhost\"":   "url: an address does not begin with \"ftp\"",
		"chats = [1]\nurl = \"https://u:p@host\"":  "url: a user or password",
		"chats = [1]\nurl = \"https://host/?a=b\"": "url: Write an address",
		"chats = [1]\ntoken_env = \"1:A\"":         "token_env: ",
		"chats = [1]\ntoken_env = \"\"":            "token_file: ",
		"chats = [1]\nrate = 0":                    "rate: ",
	} {
		if ps := settingtest.ReadBody(t, text, setting.New[Config]()); len(ps) != 1 || !strings.Contains(ps[0].Error(), want) {
			t.Errorf("%s: %v", text, ps)
		}
	}
}

func TestOpenReadsTheToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	c := testConfig("5")
	c.Token.Env = "RULEIDS_TEST_TELEGRAM_TOKEN"
	open := func() error {
		tr, err := c.Open(notify.Options{})
		if err == nil {
			err = tr.Close()
		}
		return err
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), string(c.Token.Env)) {
		t.Errorf("%v", err)
	}
	t.Setenv(string(c.Token.Env), testToken)
	if err := open(); err != nil {
		t.Error(err)
	}
	c.Token.File = file
	for text, ok := range map[string]bool{testToken + "\n": true, password: false, "": false, testToken + "/../x": false, "bot" + testToken: false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := open()
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", setting.Secret(testToken), setting.Secret(testToken), setting.Secret(testToken), setting.Secret(testToken)); strings.Contains(s, password) {
		t.Error(s)
	}
}
