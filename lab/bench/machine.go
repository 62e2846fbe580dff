package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A machine is what the figures were taken on.
type machine struct {
	cpus []int // that the process may run on, when it starts
	one  int   // of these, where measures of one worker run
}

// newMachine looks the machine over; one is the CPU of measures with one worker, -1 for the first that is allowed.
func newMachine(one int) (*machine, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	if one < 0 {
		one = cpus[0]
	}
	if !slices.Contains(cpus, one) {
		return nil, fmt.Errorf("-cpu %d: this process may run on %v only", one, cpus)
	}
	return &machine{cpus: cpus, one: one}, nil
}

// use gives the process one CPU, or all.
func (m *machine) use(all bool) error {
	cpus := []int{m.one}
	if all {
		cpus = m.cpus
	}
	runtime.GOMAXPROCS(len(cpus))
	return pin(cpus)
}

// describe names the machine, its system, and Go.
func (m *machine) describe() string {
	model, n := processors()
	cpus := fmt.Sprintf("%d CPUs", n)
	if n != len(m.cpus) {
		cpus += fmt.Sprintf(" (%d of them for the bench)", len(m.cpus))
	}
	return fmt.Sprintf("%s, %s, %s, %s %s/%s", model, cpus, kernel(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// processors returns the model of the machine's CPUs and their number (proc_cpuinfo(5)).
func processors() (model string, n int) {
	model = "CPU unknown"
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return model, runtime.NumCPU()
	}
	for line := range strings.Lines(string(text)) {
		switch k, v, _ := strings.Cut(line, ":"); strings.TrimSpace(k) {
		case "processor":
			n++
		case "model name":
			model = strings.TrimSpace(v)
		}
	}
	return model, max(n, 1)
}

// residentPeak returns the most memory that this process has had resident, in bytes (proc_pid_status(5)).
func residentPeak() (int64, error) { return statusBytes("VmHWM") }

// resident returns the memory of this process that is resident, in bytes.
func resident() (int64, error) { return statusBytes("VmRSS") }

func statusBytes(key string) (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("resident memory is known on Linux only: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		k, v, _ := strings.Cut(line, ":")
		if f := strings.Fields(v); k == key && len(f) == 2 && f[1] == "kB" {
			n, err := strconv.ParseInt(f[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", key)
}
