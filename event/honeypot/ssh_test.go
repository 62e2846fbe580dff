package honeypot

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sshDial logs in, which fails; it returns the server's key and identification.
func sshDial(t *testing.T, p *trap, config *ssh.ClientConfig) (key ssh.PublicKey, err error) {
	t.Helper()
	config.ClientVersion = "SSH-2.0-evil_1.0"
	config.HostKeyCallback = func(_ string, _ net.Addr, k ssh.PublicKey) error { key = k; return nil }
	c, _, _, err := ssh.NewClientConn(p.dial(), p.addr, config)
	if err == nil {
		c.Close()
		t.Fatal("it let somebody in")
	}
	return key, err
}

func TestSSH(t *testing.T) {
	p := play(t, "ssh", func(c *Config) { c.Passwords = true })
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	key, err := sshDial(t, p, &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{
		ssh.PublicKeys(signer),
		ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			asked = questions[0]
			if len(echos) != 1 || echos[0] {
				t.Errorf("echos: %v", echos)
			}
			return []string{"toor"}, nil
		}),
		ssh.RetryableAuthMethod(ssh.Password("123456"), 2),
	}})
	if key == nil || key.Type() != ssh.KeyAlgoED25519 || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("%v %v", key, err)
	}
	if asked != "Password: " {
		t.Errorf("asked %q", asked)
	}
	client := ` client="SSH-2.0-evil_1.0"`
	got := map[string]int{} // the client picks the order of methods
	p.expect("connect")
	for range 4 {
		got[short(p.next())]++
	}
	for want, n := range map[string]int{
		`login user="root"` + client + ` method="publickey" data="` + ssh.FingerprintSHA256(signer.PublicKey()) + `"`: 1,
		`login user="root" password="toor"` + client + ` method="keyboard-interactive"`:                               1,
		`login user="root" password="123456"` + client + ` method="password"`:                                         2,
	} {
		if got[want] != n {
			t.Errorf("%s: %d of %v", want, got[want], got)
		}
	}
	if l := p.lines(); len(l) != 5 {
		t.Errorf("%v", l)
	}
}

func TestSSHAttempts(t *testing.T) {
	p := play(t, "ssh", func(c *Config) { c.MaxAttempts = 3 })
	_, err := sshDial(t, p, &ssh.ClientConfig{User: "a\nb", Auth: []ssh.AuthMethod{ssh.RetryableAuthMethod(ssh.Password("x"), 10)}})
	if err == nil || !strings.Contains(err.Error(), "too many authentication failures") {
		t.Errorf("%v", err)
	}
	p.close()
	close(p.events)
	logins := 0
	for e := range p.events {
		if e.Action == "login" {
			logins++
			if e.User != `a\nb` || e.Password != "" {
				t.Errorf("%+v", e)
			}
		}
	}
	if logins != 3 {
		t.Errorf("%d logins", logins)
	}
}

func TestSSHIdentificationOnly(t *testing.T) {
	p := play(t, "ssh", func(c *Config) { c.Banner = "SSH-2.0-dropbear_2022.83" })
	c := p.dial()
	r := bufio.NewReader(c)
	send(t, c, r, "SSH-2.0-ZGrab ZGrab SSH Survey\r\n", "SSH-2.0-dropbear_2022.83\r\n")
	c.Close()
	p.expect("connect", `command client="SSH-2.0-ZGrab ZGrab SSH Survey" data="SSH-2.0-ZGrab ZGrab SSH Survey"`)
}

// TestSSHNameOnly has a client that only asks what methods there are.
func TestSSHNameOnly(t *testing.T) {
	p := play(t, "ssh", nil)
	if _, err := sshDial(t, p, &ssh.ClientConfig{User: "root"}); err == nil {
		t.Error("no error")
	}
	p.expect("connect", `login user="root" client="SSH-2.0-evil_1.0" method="none"`)
}

// TestOpenSSH has the client of OpenSSH offer a key and be refused.
func TestOpenSSH(t *testing.T) {
	for _, program := range []string{"ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	key := filepath.Join(t.TempDir(), "key")
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := play(t, "ssh", nil)
	host, port, _ := net.SplitHostPort(p.addr)
	out, err := exec.CommandContext(ctx, "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile="+os.DevNull,
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i", key, "-p", port, "oracle@"+host, "true").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Permission denied (password,publickey,keyboard-interactive)") && !strings.Contains(string(out), "Permission denied (publickey,password,keyboard-interactive)") {
		t.Errorf("%v: %s", err, out)
	}
	p.expect("connect")
	e := p.next()
	if e.Action != "login" || e.User != "oracle" || e.Method != "publickey" || !strings.HasPrefix(e.Client, "SSH-2.0-OpenSSH_") || !strings.HasPrefix(e.Data, "SHA256:") {
		t.Errorf("%+v", e)
	}
}
