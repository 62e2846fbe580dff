package honeypot

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHydra has the tool of attackers try a list of passwords.
func TestHydra(t *testing.T) {
	if _, err := exec.LookPath("hydra"); err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("hydra takes seconds")
	}
	passwords := []string{"123456", "admin", "password", "root", "toor", "qwerty"}
	list := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(list, []byte(strings.Join(passwords, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"ssh", "ftp", "telnet"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			p := play(t, service, func(c *Config) { c.Passwords = true })
			_, port, _ := net.SplitHostPort(p.addr)
			var out []byte
			for range 3 { // where one of its threads ends before its time, hydra says so and has not tried all
				ctx, cancel := context.WithTimeout(context.Background(), soon)
				cmd := exec.CommandContext(ctx, "hydra", "-I", "-l", "root", "-P", list, "-t", "4", "-s", port, service+"://127.0.0.1")
				cmd.Dir = t.TempDir() // of its restore file
				var err error
				out, err = cmd.CombinedOutput()
				cancel()
				t.Logf("%v\n%s", err, out)
				if !strings.Contains(string(out), "did not complete until end") {
					break
				}
			}
			if !strings.Contains(string(out), ", 0 valid password") {
				t.Error("it found a password, or did not end")
			}
			got := map[string]bool{}
			for _, l := range p.lines() {
				if l["action"] == "login" && l["user"] == "root" {
					got[str(l["password"])] = true
				}
			}
			tried := 0
			for _, p := range passwords {
				if got[p] {
					tried++
				}
			}
			// At the end of a connection, hydra's telnet takes passwords for tried that it did not send.
			if want := len(passwords); tried != want && (service != "telnet" || tried < 3) {
				t.Errorf("%d of %d passwords: %v", tried, want, got)
			}
		})
	}
}
