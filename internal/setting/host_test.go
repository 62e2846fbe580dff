package setting_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
)

func TestHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(file, []byte("https://hooks.example.com/services/T0/B0/token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type address struct {
		Path string
		setting.Server
	}
	type common struct {
		Proxy setting.URL `setting:"proxy"`
	}
	var c struct {
		Server  setting.Server `setting:"server"`
		Address address        `setting:"address"`
		URL     setting.URL    `setting:"url"`
		Hook    setting.Source `setting:"hook"`
		Token   setting.Secret `setting:"token"`
		Other   setting.Secret `setting:"other"`
		Lost    setting.Source `setting:"lost"`
		hidden  setting.Server
		common
	}
	c.Server.Host, c.Address.Host, c.hidden.Host = "192.0.2.7", "syslog.example.com", "hidden.example.com"
	for u, text := range map[*setting.URL]string{&c.URL: "https://ntfy.example.com:8443/x", &c.Proxy: "https://proxy.example.com"} {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	c.Hook.File, c.Lost.File = file, "/nowhere/secret"
	c.Token, c.Other = "smtp://me:word@mail.example.com:587/?from=x", "discord://token@123456"
	want := []string{"192.0.2.7", "hooks.example.com", "mail.example.com", "ntfy.example.com", "syslog.example.com"}
	if got := setting.Hosts(&c); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
