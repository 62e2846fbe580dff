package agent

import (
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// BenchmarkEscalate runs the shipped rules with and without reputation, on traffic that asks little of it and
// much: a network at work, of whose packets one in twenty opens a connection; hosts that do nothing but open connections;
// and a flood from sources that are each seen once or twice. VirusTotal cannot be reached.
func BenchmarkEscalate(b *testing.B) {
	set, diags := rules.Load(rules.Options{Stdlib: stdlib.FS()})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	path := filepath.Join(b.TempDir(), "bad.txt")
	if err := os.WriteFile(path, []byte("203.0.113.0/24 high\n9.9.9.9 critical\nbad.example.net high\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	b.Setenv("VIRUSTOTAL_API_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	vt := setting.New[reputation.VirusTotalConfig]()
	vt.URL, vt.CacheFile = settingtest.Value[setting.URL]("http://127.0.0.1:1/api/v3"), ""
	list := setting.New[reputation.ListConfig]()
	list.Files = []string{path}
	log := slog.New(slog.DiscardHandler)
	for traffic, sources := range map[string]int{"work": 0, "connect": 1000, "spoofed": 1 << 24} {
		frames := escalateTraffic(sources)
		run := func(name string, compile engine.Options, rep engine.Reputation) {
			plan, diags := engine.Compile(set, compile)
			if diags.HasErrors() {
				b.Fatal(diags)
			}
			b.Run(traffic+"/"+name, func(b *testing.B) {
				e := engine.New(plan, engine.Config{Seed: 1, Reputation: rep})
				at, n := 0, int64(0)
				e.Process(frames, func(*alert.Alert) {})
				for b.Loop() {
					part := frames[at : at+256]
					for i := range part { // time goes on
						n++
						part[i].Time = n * 10_000
					}
					e.Process(part, func(*alert.Alert) {})
					at = (at + 256) % len(frames)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
			})
		}
		run("off", engine.Options{}, nil)
		run("clean", engine.Options{Escalate: true}, nobody{})
		for name, spec := range map[string]reputation.Spec{"list": {Kind: reputation.KindList, Config: list}, "virustotal": {Kind: reputation.KindVirusTotal, Config: vt}} {
			s, err := reputation.New([]reputation.Spec{spec}, reputation.Options{Log: log})
			if err != nil {
				b.Fatal(err)
			}
			run(name, engine.Options{Escalate: true}, always{reputationAdapter{s}, spec.Kind})
			_ = s.Close(b.Context())
		}
	}
}

// nobody knows anything.
type nobody struct{}

func (nobody) Standing(_, _ string, _ uint8) engine.Standing { return engine.Standing{} }
func (nobody) Version() uint64                               { return 0 }

// always asks one source, whatever the rules name.
type always struct {
	reputationAdapter
	source string
}

func (a always) Standing(_, indicator string, near uint8) engine.Standing {
	return a.reputationAdapter.Standing(a.source, indicator, near)
}

// escalateTraffic makes packets of a kind: from as many sources each a SYN, or without a number a network at work.
func escalateTraffic(sources int) []packet.Frame {
	r := rand.New(rand.NewPCG(1, 1))
	frames := make([]packet.Frame, 1<<16)
	for i := range frames {
		ip := make([]byte, 40, 60)
		ip[0], ip[8], ip[9], ip[32], ip[33] = 0x45, 64, 6, 5<<4, packet.FlagSYN
		binary.BigEndian.PutUint16(ip[2:], 40)
		src := uint32(8)<<24 + uint32(r.IntN(max(sources, 1000)))
		if sources == 0 {
			src = uint32(10)<<24 + uint32(r.IntN(1000))
			if r.IntN(20) != 0 {
				ip[33] = packet.FlagACK
			}
		}
		binary.BigEndian.PutUint32(ip[12:], src)
		binary.BigEndian.PutUint32(ip[16:], 8<<24+uint32(r.IntN(1+r.IntN(1<<12)))<<8)
		binary.BigEndian.PutUint16(ip[20:], uint16(r.IntN(60000)))
		binary.BigEndian.PutUint16(ip[22:], []uint16{443, 80, 53}[r.IntN(3)])
		frames[i] = packet.Frame{Data: ip, Length: 40, Link: packet.LinkRaw}
	}
	return frames
}
