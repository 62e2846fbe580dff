package firewall

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/actions/decision"
)

// holdEnv has this test program keep the firewall until its standard input ends.
const holdEnv = "RULEIDS_FIREWALL_HOLD"

// TestOneOwner holds that of two processes in a network namespace the second changes nothing, says who is first, and takes
// over once that is gone.
func TestOneOwner(t *testing.T) {
	if os.Getenv(holdEnv) != "" {
		f := open(t, configOf(t, os.Getenv(holdEnv)))
		apply(t, f, add(decision.Block, sender4, 0))
		os.Stdout.WriteString("held\n")
		bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(0)
	}
	each(t, kernels, func(t *testing.T, c *Config) {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(t.Name(), "/")
		first := exec.Command(exe, "-test.run", "^TestOneOwner$")
		first.Env = append(os.Environ(), holdEnv+"="+name)
		first.Stderr = os.Stderr
		in, err := first.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := first.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		defer first.Process.Kill()
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
			t.Fatalf("the first process says %q, %v", line, err)
		}
		f := open(t, c)
		for _, err := range []error{f.Apply(t.Context(), []decision.Change{remove(decision.Block, sender4)}), repairError(t, f)} {
			if err == nil || !strings.Contains(err.Error(), "already keeps the firewall") {
				t.Errorf("beside another process: %v", err)
			}
		}
		if got := listed(t, f); len(got) != 1 {
			t.Errorf("listed are %v", got)
		}
		in.Close()
		if err := first.Wait(); err != nil {
			t.Fatal(err)
		}
		apply(t, f, remove(decision.Block, sender4))
		if got := listed(t, f); len(got) != 0 {
			t.Errorf("after the first process ended, listed are %v", got)
		}
	})
}

// TestNameSquatted has somebody sit on the name of the lock without being an owner, which keeps nobody from enforcing.
func TestNameSquatted(t *testing.T) {
	each(t, []string{"nftables"}, func(t *testing.T, c *Config) {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: ownerName}))
		f := open(t, c)
		apply(t, f, add(decision.Block, sender4, 0))
		if got := listed(t, f); len(got) != 1 {
			t.Errorf("listed are %v", got)
		}
	})
}

func repairError(t *testing.T, f *Firewall) error {
	_, err := f.Repair(t.Context())
	return err
}
