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

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lists"
)

// manyNetworks is how many networks the list has.
const manyNetworks = 1_000_000

// networkRules writes a rule that uses the list, and its file, to a directory below dir, unless they are there.
func networkRules(dir string) (string, error) {
	directory := filepath.Join(dir, fmt.Sprintf("list-%d", manyNetworks))
	rule := filepath.Join(directory, "list.hcl")
	if _, err := os.Stat(rule); err == nil {
		return directory, nil
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(directory, "networks.txt"))
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
	return directory, os.WriteFile(rule, []byte(`list "networks" {
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

// listCosts reports what loading the list takes in time and memory, and what a lookup in it takes.
func listCosts(dir, name string, report func(value float64, unit string)) error {
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	low, err := memory("VmRSS")
	if err != nil {
		return err
	}
	began := time.Now()
	rs, diags := rules.Load(rules.Options{Paths: []string{dir}})
	if diags.HasErrors() {
		return diags
	}
	report(float64(time.Since(began).Nanoseconds()), "load-ns")
	peak, err := memory("VmHWM")
	if err != nil {
		return err
	}
	report(peak-low, "peak-B")
	runtime.GC()
	runtime.ReadMemStats(&after)
	report(float64(after.HeapAlloc-before.HeapAlloc), "heap-B")
	for _, l := range rs.Lists {
		if l.Name == name {
			if l.Set.Addrs != nil {
				report(lookups(l.Set.Addrs), "ns/lookup")
			}
			return nil
		}
	}
	return fmt.Errorf("%s has no list %q", dir, name)
}

// lookups times lookups of random IPv4 addresses. Which address is next depends on what was found, so that the
// processor cannot begin one before the last has ended.
func lookups(set *lists.AddrSet) float64 {
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
	return float64(took.Nanoseconds()) / n
}

// bit is 1 for true; it compiles to no branch, which the processor would guess.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
