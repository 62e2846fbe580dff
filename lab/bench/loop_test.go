package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// An outcome is what a loop over a capture found: the same every time.
type outcome struct {
	packets int
	alerts  int
	digest  uint64 // of the rule and the packet of each alert, whatever their order; of what was touched, without rules
}

// alert adds an alert of a rule on a packet, of which the first is number 1.
func (o *outcome) alert(rule, number uint64) {
	o.alerts++
	x := (rule ^ number) * 0x9e3779b97f4a7c15
	o.digest += x ^ x>>32
}

// ruleID is what stands for a rule's name in digests.
func ruleID(name string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name) // a hash takes everything
	return h.Sum64()
}

// A loop runs the first packets of a capture through something; limit 0 is all of them.
type loop func(file string, limit int) (outcome, error)

// frames calls f with every batch of a capture, until limit packets where it is not 0.
func frames(file string, limit int, f func([]packet.Frame)) (int, error) {
	return batches(file, limit, func(b *capture.Batch) { f(b.Frames) })
}

// batches is frames with the memory that they are in, which f may take.
func batches(file string, limit int, f func(*capture.Batch)) (int, error) {
	r, err := capture.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }() // it was only read from
	var b capture.Batch
	n := 0
	for limit == 0 || n < limit {
		if err := r.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return n, err
		}
		if limit != 0 {
			b.Frames = b.Frames[:min(len(b.Frames), limit-n)]
		}
		n += len(b.Frames)
		f(&b)
	}
	return n, nil
}

// cacheLine is what memory is fetched by.
const cacheLine = 64

// readOnly fetches every cache line of every frame.
func readOnly(file string, limit int) (o outcome, err error) {
	o.packets, err = frames(file, limit, func(fs []packet.Frame) {
		for i := range fs {
			b := fs[i].Data
			for at := 0; at < len(b); at += cacheLine {
				o.digest += uint64(b[at])
			}
			o.digest += uint64(fs[i].Length)
		}
	})
	return o, err
}

// decodeOnly reads and decodes.
func decodeOnly(file string, limit int) (o outcome, err error) {
	d := packet.Decoder{NeedDNS: true}
	p := new(packet.Packet)
	o.packets, err = frames(file, limit, func(fs []packet.Frame) {
		for i := range fs {
			d.Decode(p, &fs[i])
			o.digest += uint64(p.Class)
		}
	})
	return o, err
}

// payloads counts packets, and the bytes of their payloads.
func payloads(file string) (packets, bytes int, err error) {
	d := packet.Decoder{NeedDNS: true}
	p := new(packet.Packet)
	packets, err = frames(file, 0, func(fs []packet.Frame) {
		for i := range fs {
			if d.Decode(p, &fs[i]); p.Has(packet.LayerPorts) {
				bytes += len(p.Payload)
			}
		}
	})
	return packets, bytes, err
}

// byHand runs the detectors that are written by hand.
func byHand(file string, limit int) (outcome, error) {
	d := newDetectors()
	n, err := frames(file, limit, d.process)
	d.found.packets = n
	return d.found, err
}

// byRules compiles a rule set and returns the loop that runs it with so many workers.
func byRules(rs *rules.RuleSet, opt engine.Options, workers int) (loop, error) {
	return byConfig(rs, opt, func() engine.Config { return engine.Config{Workers: workers, Seed: 1} })
}

// byConfig is byRules with another configuration, made again for each engine.
func byConfig(rs *rules.RuleSet, opt engine.Options, config func() engine.Config) (loop, error) {
	plan, err := compile(rs, opt)
	if err != nil {
		return nil, err
	}
	ids := map[string]uint64{}
	for _, r := range rs.Rules {
		ids[r.Name] = ruleID(r.Name)
	}
	return func(file string, limit int) (o outcome, err error) {
		cfg := config()
		e, workers := engine.New(plan, cfg), cfg.Workers
		emit := func(a *alert.Alert) { o.alert(ids[a.Rule], a.Number) }
		if workers > 1 {
			o.packets, err = shared(file, e, emit)
		} else {
			o.packets, err = frames(file, limit, func(fs []packet.Frame) { e.Process(fs, emit) })
		}
		return o, err
	}, nil
}

// compile makes a plan; its error is the diagnostics.
func compile(rs *rules.RuleSet, opt engine.Options) (*engine.Plan, error) {
	plan, diags := engine.Compile(rs, opt)
	if diags.HasErrors() {
		return nil, diags
	}
	return plan, nil
}

// shared lets the workers of an engine read a capture themselves.
func shared(file string, e *engine.Engine, emit engine.Emit) (n int, err error) {
	r, err := capture.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }() // it was only read from
	batches := make([]capture.Batch, e.Buffers())
	e.Run(func(buffer int) []packet.Frame {
		b := &batches[buffer]
		for {
			if err = r.Read(b); err != nil {
				return nil
			}
			if len(b.Frames) > 0 {
				n += len(b.Frames)
				return b.Frames
			}
		}
	}, emit)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// ruleSet loads the shipped rules, only those named where names are given, with further rules: their text, or the path of
// a directory.
func ruleSet(extra string, names ...string) (*rules.RuleSet, error) {
	opt := rules.Options{Stdlib: stdlib.FS()}
	if filepath.IsAbs(extra) { // a directory
		opt.Paths = []string{extra}
	} else if extra != "" {
		opt.Sources = map[string][]byte{"bench.hcl": []byte(extra)}
	}
	rs, diags := rules.Load(opt)
	if diags.HasErrors() {
		return nil, diags
	}
	if len(names) > 0 {
		some := *rs
		some.Rules = slices.DeleteFunc(slices.Clone(rs.Rules), func(r *rules.Rule) bool { return !slices.Contains(names, r.Name) })
		rs = &some
	}
	return rs, nil
}

// matching writes n rules with windows, each on a port of its own that the mixed traffic goes to.
func matching(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "rule \"port_%d\" {\n  description = \"Rule %d for a port in use.\"\n  severity = \"low\"\n  where = \"dst.port == %d\"\n  by = [\"ip.src\"]\n  window \"10s\" { n = \"count()\" }\n  threshold = 2000\n  when = \"n >= threshold\"\n}\n", i, i, 32768+i*28)
	}
	return b.String()
}
