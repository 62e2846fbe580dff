package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// labEnv is the environment variable that turns the tests on.
	labEnv = "RULEIDS_LAB"
	// patience is how long a test waits for what happens soon on a machine that is not busy.
	patience = 30 * time.Second
)

// program is the path of the program under test, which TestMain builds.
var program string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if os.Getenv(labEnv) == "" || os.Geteuid() != 0 {
		return m.Run() // every test skips
	}
	sweep()
	dir := fmt.Sprint(directoryPrefix(), os.Getpid())
	if err := os.Mkdir(dir, 0o700); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "ruleids")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "../cmd/ruleids")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// need skips the test unless the lab is wanted and possible, and fails it where tools are missing: make lab-test
// installs them.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if os.Getenv(labEnv) == "" {
		t.Skipf("%s is not set; make lab-test runs this", labEnv)
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces and packet sockets need root")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v; make lab-test installs it", err)
		}
	}
}

// sweep deletes what runs that were killed have left: their namespaces and programs.
func sweep() {
	for _, pattern := range []string{namespaceFolder + "/" + namespacePrefix, directoryPrefix()} {
		paths, _ := filepath.Glob(pattern + "*")
		for _, path := range paths {
			pid, _, _ := strings.Cut(strings.TrimPrefix(path, pattern), "-")
			if _, err := os.Readlink("/proc/" + pid + "/exe"); !os.IsNotExist(err) {
				continue // it runs; of one that is dead but not buried yet there is no such link
			}
			if filepath.Dir(path) == namespaceFolder {
				_ = exec.Command("ip", "netns", "delete", filepath.Base(path)).Run()
			} else {
				_ = os.RemoveAll(path)
			}
		}
	}
}

// directoryPrefix begins the names of the directories with programs under test, which go on with the process.
func directoryPrefix() string { return filepath.Join(os.TempDir(), "ruleids-test-") }
