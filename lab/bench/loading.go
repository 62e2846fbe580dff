package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// manyRules is how many rules loading is measured with, besides the shipped ones.
const manyRules = 10_000

// loading takes the time from the text of rules to a checked set, and from there to a plan.
func loading() ([]reading, error) {
	text := others(manyRules)
	runtime.GC()
	began := time.Now()
	rs, err := ruleSet(text)
	if err != nil {
		return nil, err
	}
	loaded := time.Now()
	if _, err := compile(rs, engine.Options{}); err != nil {
		return nil, err
	}
	done := time.Now()
	return []reading{
		{name: "10,000 rules: load", unit: "ms", value: milliseconds(loaded.Sub(began)), alerts: -1},
		{name: "10,000 rules: compile", unit: "ms", value: milliseconds(done.Sub(loaded)), alerts: -1},
		{name: "10,000 rules: load and compile", unit: "ms", value: milliseconds(done.Sub(began)), alerts: -1},
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// manyNetworks is how many networks the list has.
const manyNetworks = 1_000_000

// listFigures is what the process of list finds out.
type listFigures struct {
	Load   float64 // ms
	Heap   float64 // MiB that the set keeps
	Peak   float64 // MiB of resident memory that loading took at most
	Lookup float64 // ns
	Hits   float64 // share of look-ups that found the address
}

// list takes what a list file of a million networks costs, in a process of its own.
func (s *session) list() ([]reading, error) {
	dir, err := networkRules(s.dir)
	if err != nil {
		return nil, err
	}
	var f listFigures
	if err := s.child(&f, "list", dir); err != nil {
		return nil, err
	}
	return []reading{
		{name: "1,000,000 CIDRs: load", unit: "ms", value: f.Load, alerts: -1},
		{name: "1,000,000 CIDRs: heap kept", unit: "MiB", value: f.Heap, alerts: -1},
		{name: "1,000,000 CIDRs: resident at most", unit: "MiB", value: f.Peak, alerts: -1},
		{name: "1,000,000 CIDRs: look-up", unit: "ns", value: f.Lookup, alerts: -1},
	}, nil
}

// networkRules writes a rule that uses the list, and its file, to a folder below dir, unless they are there.
func networkRules(dir string) (string, error) {
	folder := filepath.Join(dir, fmt.Sprintf("list-%d", manyNetworks))
	rule := filepath.Join(folder, "list.hcl")
	if _, err := os.Stat(rule); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(folder, "networks.txt"))
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(5, 6))
	for range manyNetworks {
		a, size := r.Uint32(), 24+r.IntN(9)
		a &^= uint32(1)<<(32-size) - 1
		fmt.Fprintf(w, "%d.%d.%d.%d/%d\n", a>>24, a>>16&0xff, a>>8&0xff, a&0xff, size)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return folder, os.WriteFile(rule, []byte(`list "networks" {
  type = "ip"
  file = "networks.txt"
}

rule "listed" {
  description = "An address of a long list."
  severity    = "low"
  where       = "ip.src in list.networks"
}
`), 0o644)
}

// listChild is what the process of list does.
func listChild(dir string) (f listFigures, err error) {
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	low, err := resident()
	if err != nil {
		return f, err
	}
	began := time.Now()
	rs, diags := rules.Load(rules.Options{Paths: []string{dir}})
	if diags.HasErrors() {
		return f, diags
	}
	f.Load = milliseconds(time.Since(began))
	peak, err := residentPeak()
	if err != nil {
		return f, err
	}
	f.Peak = mebibytes(peak - low)
	runtime.GC()
	runtime.ReadMemStats(&after)
	f.Heap = mebibytes(int64(after.HeapAlloc) - int64(before.HeapAlloc))
	for _, l := range rs.Lists {
		if l.Name == "networks" {
			f.Lookup, f.Hits = lookups(l.Set.Addrs)
		}
	}
	if f.Lookup == 0 {
		return f, fmt.Errorf("%s has no list \"networks\"", dir)
	}
	return f, nil
}

// lookups times look-ups of random IPv4 addresses. Which address is next depends on what was found, so that the
// processor cannot begin one before the last has ended.
func lookups(set *rules.AddrSet) (ns, hits float64) {
	const n = 1 << 20
	r := rand.New(rand.NewPCG(7, 8))
	addrs := make([]packet.Addr, n)
	for i := range addrs {
		addrs[i] = packet.AddrFrom4(bytesOf(r.Uint32()))
	}
	found := 0
	began := time.Now()
	for i := range n {
		found += bit(set.Has(addrs[(i+found)&(n-1)]))
	}
	took := time.Since(began)
	return float64(took.Nanoseconds()) / n, float64(found) / n
}

// bit is 1 for true; it compiles to no branch, which the processor would guess.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
