package storetest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// VictoriaEnv is the environment variable that has tests build VictoriaLogs and run it; without it they are skipped.
const VictoriaEnv = "RULEIDS_FLEET_VICTORIA"

// victoriaModule is what is built, of the version that tests are held to.
const victoriaModule = "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs@v1.52.2"

// A VictoriaLogs is a process.
type VictoriaLogs struct {
	URL string

	t       *testing.T
	program string
	dir     string
	at      string
	cmd     *exec.Cmd
}

// NewVictoriaLogs builds VictoriaLogs from its module, and starts it with nothing in it.
func NewVictoriaLogs(t *testing.T) *VictoriaLogs {
	t.Helper()
	if os.Getenv(VictoriaEnv) == "" {
		t.Skip(VictoriaEnv + " is not set; make fleet-test sets it")
	}
	v := &VictoriaLogs{t: t, dir: t.TempDir()}
	bin := t.TempDir()
	build := exec.Command("go", "install", victoriaModule)
	build.Env, build.Dir = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS="), bin
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("VictoriaLogs cannot be built: %v\n%s", err, out)
	}
	v.program = filepath.Join(bin, "victoria-logs")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v.at = l.Addr().String()
	_ = l.Close()
	v.URL = "http://" + v.at
	v.Start()
	t.Cleanup(v.Kill)
	return v
}

// Start starts it, and waits until it answers.
func (v *VictoriaLogs) Start() {
	v.t.Helper()
	v.cmd = exec.Command(v.program, "-storageDataPath="+v.dir, "-httpListenAddr="+v.at, "-retentionPeriod=100y", "-futureRetention=100y", "-inmemoryDataFlushInterval=1s", "-loggerLevel=ERROR")
	v.cmd.Stderr, v.cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if answer, err := http.Get(v.URL + "/health"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	v.t.Fatal(fmt.Errorf("VictoriaLogs does not answer at %s", v.URL))
}

// Kill ends it at once.
func (v *VictoriaLogs) Kill() {
	if v.cmd != nil {
		_ = v.cmd.Process.Kill()
		_ = v.cmd.Wait()
		v.cmd = nil
	}
}

// Flush has what was given to it found by the next query.
func (v *VictoriaLogs) Flush() {
	v.t.Helper()
	answer, err := http.Post(v.URL+"/internal/force_flush", "", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = answer.Body.Close()
}
