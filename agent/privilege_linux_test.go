package agent

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// dropEnv makes the test binary a program that drops its privileges and says what it can still do.
const dropEnv = "RULEIDS_TEST_DROP"

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(dropEnv); ok {
		os.Exit(dropped(name))
	}
	os.Exit(m.Run())
}

// dropped runs in a process of its own.
func dropped(name string) int {
	var account *Account
	if name != "" {
		var err error
		if account, err = LookupAccount(name); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	if err := RaisePrivileges(); err != nil {
		fmt.Println(err)
		return 1
	}
	// Threads that are there before, and one that is busy.
	for range 4 {
		ready := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(ready)
			select {}
		}()
		<-ready
	}
	if err := DropPrivileges(account); err != nil {
		fmt.Println(err)
		return 1
	}
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(tasks) < 5 {
		fmt.Println(err, tasks)
		return 1
	}
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		for line := range strings.Lines(string(text)) {
			if regexp.MustCompile(`^(Uid|Gid|Groups|Cap...|NoNewPrivs):`).MatchString(line) {
				fmt.Print(strings.Join(strings.Fields(line), " "), "\n")
			}
		}
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	fmt.Println("packet socket:", err)
	if err == nil {
		unix.Close(fd)
	}
	fmt.Println("setuid 0:", unix.Setuid(0) == nil)
	fmt.Println("CAP_SYS_CHROOT:", unix.Chroot("/"))
	status, err := exec.Command("cat", "/proc/self/status").Output()
	fmt.Println("child:", err, strings.Join(regexp.MustCompile(`Cap(Eff|Bnd):\s*\S+`).FindAllString(string(status), -1), " "))
	return 0
}

// TestDropPrivileges starts a process as root that drops its privileges, and reads what all of its threads have
// left.
func TestDropPrivileges(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to have privileges to drop")
	}
	const both = "0000000000003000" // 1 << CAP_NET_RAW | 1 << CAP_NET_ADMIN
	for _, c := range []struct {
		user string
		want map[string]string
	}{
		{"", map[string]string{"Uid": "0 0 0 0", "CapPrm": both, "CapEff": both, "CapInh": both, "CapBnd": "0000000000000000", "CapAmb": both, "NoNewPrivs": "1"}},
		{"nobody", map[string]string{"Uid": "65534 65534 65534 65534", "CapPrm": both, "CapEff": both, "CapAmb": both, "CapBnd": "0000000000000000", "NoNewPrivs": "1"}},
	} {
		t.Run("user "+c.user, func(t *testing.T) {
			if c.user != "" {
				if _, err := LookupAccount(c.user); err != nil {
					t.Skip(err)
				}
			}
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), dropEnv+"="+c.user)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, &out)
			}
			text := out.String()
			for field, want := range c.want {
				lines := regexp.MustCompile(`(?m)^`+field+`: (.*)$`).FindAllStringSubmatch(text, -1)
				if len(lines) < 5 {
					t.Errorf("%s of %d threads is known", field, len(lines))
				}
				for _, l := range lines {
					if l[1] != want {
						t.Errorf("%s of a thread is %q, want %q", field, l[1], want)
					}
				}
			}
			if !strings.Contains(text, "packet socket: <nil>") {
				t.Errorf("no packet socket can be opened any more: %s", text)
			}
			if c.user != "" && !strings.Contains(text, "setuid 0: false") {
				t.Errorf("root can be had back: %s", text)
			}
			if !strings.Contains(text, "CAP_SYS_CHROOT: operation not permitted") {
				t.Errorf("what needs another capability is still possible: %s", text)
			}
			if !regexp.MustCompile(`child: <nil> CapEff:\s+` + both + ` CapBnd:\s+0{16}\n`).MatchString(text) {
				t.Errorf("a program that is started has other capabilities: %s", text)
			}
		})
	}
}

// TestRaisePrivileges starts a copy of the test program as somebody without rights, whose file is permitted two capabilities
// that are not in effect, as in the container image.
func TestRaisePrivileges(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a file capabilities")
	}
	dir, err := os.MkdirTemp("", "ruleids")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "program")
	text, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	// vfs_cap_data of linux/capability.h, version 2: CAP_NET_ADMIN and CAP_NET_RAW permitted, the bit of those in effect unset.
	caps := append([]byte{0, 0, 0, 2, 0, 0x30}, make([]byte, 14)...)
	if err := unix.Setxattr(program, "security.capability", caps, 0); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(program)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), dropEnv+"=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "packet socket: <nil>") || !strings.Contains(string(out), "Uid: 65534") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestUnknownAccount(t *testing.T) {
	if _, err := LookupAccount("no-such-account"); err == nil || !strings.Contains(err.Error(), "useradd") {
		t.Errorf("%v", err)
	}
}
