package main

import (
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestPin keeps the process, and one that it starts, to a CPU.
func TestPin(t *testing.T) {
	m, err := newMachine(-1)
	if err != nil {
		t.Fatal(err)
	}
	procs := runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		if err := pin(m.cpus); err != nil {
			t.Error(err)
		}
		runtime.GOMAXPROCS(procs)
	})
	if err := m.use(false); err != nil {
		t.Fatal(err)
	}
	if got, err := allowedCPUs(); err != nil || !slices.Equal(got, []int{m.one}) {
		t.Errorf("allowed CPUs %v, error %v", got, err)
	}
	out, err := output(exec.Command("cat", "/proc/self/status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if k, v, _ := strings.Cut(line, ":"); k == "Cpus_allowed_list" && strings.ContainsAny(strings.TrimSpace(v), ",-") {
			t.Errorf("a child may run on CPUs %s", v)
		}
	}
	if err := m.use(true); err != nil {
		t.Fatal(err)
	}
	if got, err := allowedCPUs(); err != nil || !slices.Equal(got, m.cpus) {
		t.Errorf("allowed CPUs %v, want %v again; error %v", got, m.cpus, err)
	}
}

func TestResidentMemory(t *testing.T) {
	now, err := resident()
	if err != nil {
		t.Fatal(err)
	}
	if peak, err := residentPeak(); err != nil || now < 1<<20 || peak < now {
		t.Errorf("resident %d bytes, at most %d, error %v", now, peak, err)
	}
}

func TestMachineRefusesCPU(t *testing.T) {
	if _, err := newMachine(1 << 20); err == nil {
		t.Error("a CPU that is not there was accepted")
	}
}
