package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

// office makes the traffic of some hosts: much by day and little by night, to a few servers and some of many others, over the
// usual ports; and what is planted.
type office struct {
	*rand.Rand
	hosts  int
	frames []packet.Frame
}

// send adds a UDP packet of a length on the wire, of which the headers are captured.
func (o *office) send(at time.Duration, host int, dst uint32, port uint16, length int) {
	b := make([]byte, 28)
	b[0], b[8], b[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(b[2:], uint16(length))
	binary.BigEndian.PutUint32(b[12:], 10<<24|uint32(host))
	binary.BigEndian.PutUint32(b[16:], dst)
	binary.BigEndian.PutUint16(b[20:], 40000)
	binary.BigEndian.PutUint16(b[22:], port)
	binary.BigEndian.PutUint16(b[24:], uint16(length-20))
	o.frames = append(o.frames, packet.Frame{Data: b, Time: int64(at), Length: uint32(length), Link: packet.LinkRaw})
}

// minute adds a minute of a host.
func (o *office) minute(at time.Duration, host int) {
	hour := math.Mod(at.Hours(), 24)
	busy := 0.3 + 0.7*math.Exp(-math.Pow((hour-13)/4.5, 2))
	if o.Float64() > busy {
		return
	}
	n := 1 + int(o.ExpFloat64()*4*busy)
	size := math.Exp2(7 + 3*o.Float64())
	for range min(n, 40) {
		dst := 192<<24 | 168<<16 | uint32(o.IntN(6))
		if o.IntN(8) == 0 {
			dst = 203<<24 | uint32(o.IntN(5000))
		}
		o.send(at+time.Duration(o.IntN(60_000))*time.Millisecond, host, dst, []uint16{53, 80, 123, 443, 443, 443, 993, 8080}[o.IntN(8)], min(max(int(size*(0.5+o.Float64())), 60), 1500))
	}
}

// day adds the minutes of all hosts from one time to another.
func (o *office) day(from, to time.Duration) {
	for at := from; at < to; at += time.Minute {
		for h := range o.hosts {
			o.minute(at, h+1)
		}
	}
}

// sorted returns the frames in the order of their times.
func (o *office) sorted() []packet.Frame {
	slices.SortStableFunc(o.frames, func(x, y packet.Frame) int { return int(min(max(x.Time-y.Time, -1), 1)) })
	return o.frames
}

const officeModel = `
model "host_traffic" {
  description = "What a host does in a minute."
  where = "ip.src in ['10.0.0.0/8']"
  by    = ["ip.src"]
  every = "60s"
  features = {
    bytes   = "log2(sum(ip.len))"
    packets = "log2(count())"
    ports   = "log2(distinct(dst.port))"
    hosts   = "log2(distinct(ip.dst))"
  }
  learn = "24h"
  method = "METHOD"
}
rule "odd_host" {
  description = "A host behaves as it never did."
  severity    = "medium"
  on     = "model"
  where  = "model.name == 'host_traffic'"
  by     = ["ip.src"]
  threshold = 0.9999
  when   = "model.score >= threshold and model.bits >= BITS"
  level "critical" { when = "model.score >= 0.9999 and model.bits >= BITS + ABOVE" }
  cooldown = "30m"
}`

func officeRules(method string) string {
	bits := "22"
	above := "2"
	if method == "forest" {
		bits, above = "3", "4"
	}
	return strings.NewReplacer("METHOD", method, "BITS", bits, "ABOVE", above).Replace(officeModel)
}

// planted are anomalies by the hour of the second day, of the hosts 1 to 12.
var planted = []struct {
	what string
	do   func(o *office, at time.Duration, host, n int)
}{
	{"bytes to one host", func(o *office, at time.Duration, h, n int) {
		for i := range 3 * n {
			o.send(at+time.Duration(i)*20*time.Millisecond, h, 203<<24|9, 443, 1500)
		}
	}},
	{"a port scan", func(o *office, at time.Duration, h, n int) {
		for i := range n {
			o.send(at+time.Duration(i)*50*time.Millisecond, h, 192<<24|168<<16|1, uint16(1+i), 60)
		}
	}},
	{"a host sweep", func(o *office, at time.Duration, h, n int) {
		for i := range n {
			o.send(at+time.Duration(i)*50*time.Millisecond, h, 198<<24|uint32(i), 445, 60)
		}
	}},
	{"a flood", func(o *office, at time.Duration, h, n int) {
		for i := range 4 * n {
			o.send(at+time.Duration(i)*10*time.Millisecond, h, 192<<24|168<<16|2, 80, 60)
		}
	}},
}

// The traffic of 24 hours after 24 hours of learning: 12 anomalies of four kinds are found, and at most three alerts are of
// what is usual, whatever the traffic. Forests take longer, so fewer are tried.
func TestPlantedAnomalies(t *testing.T) {
	for seed := range uint64(12) {
		for _, method := range model.Methods() {
			if method == "forest" && seed > 1 {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", method, seed), func(t *testing.T) { plantedAnomalies(t, seed, method) })
		}
	}
}

func plantedAnomalies(t *testing.T, seed uint64, method string) {
	o := &office{Rand: rand.New(rand.NewPCG(1+seed, 2)), hosts: 20}
	o.day(0, 48*time.Hour)
	type plant struct {
		host string
		at   time.Duration
	}
	want := map[plant]string{}
	for i := range 12 {
		at := 24*time.Hour + time.Duration(2*i)*time.Hour + 17*time.Minute
		p := planted[i%len(planted)]
		p.do(o, at, i+1, 900>>(i/len(planted))) // each is half of the one before
		want[plant{fmt.Sprintf("10.0.0.%d", i+1), at.Truncate(time.Minute) + time.Minute}] = p.what
	}
	e := New(compile(t, officeRules(method), Options{}), Config{Seed: 1})
	found, other := map[plant]bool{}, 0
	e.Process(o.sorted(), func(a *alert.Alert) {
		p := plant{a.Src.String(), time.Duration(a.Time)}
		if want[p] != "" {
			found[p] = true
			t.Logf("%s: %s %s: %s %v %v", want[p], a.Severity, p.host, a.Message, a.Sample.Score, a.Sample.Bits)
			return
		}
		other++
		t.Logf("false: %s %s at %v: %s", a.Severity, p.host, p.at, a.Message)
	})
	for p, what := range want {
		if !found[p] {
			t.Errorf("%s of %s at %v is not found", what, p.host, p.at)
		}
	}
	if other > 3 {
		t.Errorf("%d alerts are of what is usual", other)
	}
}

// scores runs frames through an engine and returns every score, and the alerts.
func scores(e *Engine, fs []packet.Frame) (out []string) {
	e.Process(fs, func(a *alert.Alert) {
		if s := a.Sample; s != nil {
			out = append(out, fmt.Sprintf("%s #%d %v %v %s", a.Rule, a.Number, a.Src, s.Score, s.Odd))
		} else {
			out = append(out, line(a))
		}
	})
	return out
}

const everyScore = `
model "m" {
  by    = ["ip.src"]
  every = "10s"
  features = {
    bytes   = "log2(sum(ip.len))"
    mean    = "mean(ip.len)"
    spread  = "stddev(ip.len)"
    longest = "max(ip.len) - min(ip.len)"
    ports   = "distinct(dst.port)"
    turns   = "changes(dst.port)"
    rate    = "rate()"
    web     = "count(dst.port in [80, 443]) / count()"
  }
  learn       = "10m"
  min_samples = 200
  method      = "METHOD"
}
model "all" {
  features = { packets = "count()", hosts = "distinct(ip.src)" }
  learn = "5m"
  min_samples = 10
}
rule "every_score" {
  severity = "low"
  on       = "model"
  where    = "model.name in ['m', 'all']"
  cooldown = "0s"
}
rule "steps" {
  severity = "low"
  cooldown = "0s"
  sequence "1m" {
    step "odd" {
      on    = "model"
      where = "model.name == 'm' and model.score > 0.9"
      by    = ["ip.src"]
    }
    step "web" {
      where = "dst.port == 80"
      by    = ["ip.src"]
    }
  }
}
rule "of_alerts" {
  severity = "low"
  on       = "alert"
  where    = "alert.rule == 'every_score'"
  by       = ["ip.src"]
  window "30s" { n = "count()" }
  when     = "n >= 3"
  cooldown = "0s"
}`

// The same packets give the same scores for any number of workers, cut into batches of any size, with reloads and restarts
// in between, under every tuning, and with a clock that jumps.
func TestSameScores(t *testing.T) {
	for _, method := range model.Methods() {
		src := strings.Replace(everyScore, "METHOD", method, 1)
		o := &office{Rand: rand.New(rand.NewPCG(3, 4)), hosts: 30}
		o.day(12*time.Hour, 12*time.Hour+12*time.Minute)
		o.day(13*time.Hour, 13*time.Hour+10*time.Minute) // the clock jumps
		fs := o.sorted()
		for i := 100; i < len(fs); i += 97 { // and some packets are late
			fs[i].Time -= int64(i%40) * second
		}
		plan := compile(t, src, Options{})
		want := scores(New(plan, Config{Seed: 1}), fs)
		n := 0
		for _, s := range want {
			if strings.HasPrefix(s, "every_score") {
				n++
			}
		}
		if n < 1000 {
			t.Fatalf("%s: %d scores are too few to tell", method, n)
		}
		same := func(what string, got []string) {
			t.Helper()
			if !slices.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				t.Errorf("%s, %s: %d alerts instead of %d; the first other one is %d: %v, want %v", method, what, len(got), len(want), at,
					got[min(at, len(got)):min(at+1, len(got))], want[min(at, len(want)):min(at+1, len(want))])
			}
		}
		for _, workers := range []int{2, 3, 8} {
			same(fmt.Sprint(workers, " workers"), scores(New(plan, Config{Seed: 1, Workers: workers}), fs))
		}
		for _, tuning := range []Tuning{{NoDispatch: true}, {NoSharing: true}} {
			same(fmt.Sprint(tuning), scores(New(compileTuned(t, src, Options{}, tuning), Config{Seed: 1}), fs))
		}
		e, sampled := New(plan, Config{Seed: 1, Workers: 2}), New(plan, Config{Seed: 1})
		var got, single []string
		one := NewSampler(sampled)
		for i, rest := 0, fs; len(rest) > 0; i++ {
			k := min(1+o.IntN(400), len(rest))
			got = append(got, scores(e, rest[:k])...)
			for _, f := range rest[:k] {
				one.Process(f, func(a *alert.Alert) {
					if s := a.Sample; s != nil {
						single = append(single, fmt.Sprintf("%s #%d %v %v %s", a.Rule, a.Number, a.Src, s.Score, s.Odd))
					} else {
						single = append(single, line(a))
					}
				}, func(*Sighting) {})
			}
			rest = rest[k:]
			if i%5 == 0 { // a reload with another rule
				e.Swap(compile(t, src+fmt.Sprintf("\nrule \"more%d\" {\n  where = \"dst.port == 1\"\n}", i), Options{}))
			}
		}
		same("reloads", slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "more") }))
		same("one by one", single)
	}
}

// What a model has learned is kept over restarts: of the scores those of the period in which the sensor stood still are
// missing, and no others.
func TestModelsRestart(t *testing.T) {
	src := strings.Replace(everyScore, "METHOD", "histogram", 1)
	o := &office{Rand: rand.New(rand.NewPCG(3, 4)), hosts: 30}
	o.day(12*time.Hour, 12*time.Hour+25*time.Minute)
	fs := o.sorted()
	plan := compile(t, src, Options{})
	want := scores(New(plan, Config{Seed: 1}), fs)
	for _, at := range []time.Duration{12*time.Hour + 5*time.Minute, 12*time.Hour + 15*time.Minute} {
		cut, _ := slices.BinarySearchFunc(fs, int64(at), func(f packet.Frame, at int64) int { return int(min(max(f.Time-at, -1), 1)) })
		e := New(plan, Config{Seed: 1})
		got := scores(e, fs[:cut+1]) // with the packet that ends the period
		kept := map[string]*model.Model{}
		for _, m := range e.Models() {
			again, err := model.Load(m.Spec(), m.Save())
			if err != nil {
				t.Fatal(err)
			}
			kept[m.Spec().Name] = again
		}
		e = New(plan, Config{Seed: 1, Models: kept})
		later := scores(e, fs[cut:])
		if strings.Contains(strings.Join(later, "\n"), "#1 ") {
			t.Error("a period that was not seen has a score")
		}
		count := func(all []string) (n int) {
			for _, s := range all {
				if strings.HasPrefix(s, "every_score") {
					n++
				}
			}
			return n
		}
		if count(got)+count(later) != count(want) {
			t.Errorf("restart at %v: %d and %d scores instead of %d", at, count(got), count(later), count(want))
		}
		fields := func(all []string) (out []string) {
			for _, s := range all {
				if f := strings.SplitN(s, " ", 3); f[0] == "every_score" {
					out = append(out, f[2])
				}
			}
			return out
		}
		if a, b := append(fields(got), fields(later)...), fields(want); !slices.Equal(a, b) {
			t.Errorf("restart at %v: the scores are others", at)
		}
	}
}

// One sample is taken of each conversation that closes, in the order of packets, whether it is seen on the wire or told.
func TestModelOnConversations(t *testing.T) {
	src := `
model "shape" {
  on       = "connection"
  where    = "conn.service == ''"
  features = { size = "log2(conn.bytes_out + conn.bytes_in)", packets = "conn.packets_out", span = "log2(conn.duration)" }
  learn    = "1s"
  min_samples = 20
}
rule "odd_conversation" {
  severity = "low"
  on       = "model"
  by       = ["ip.src", "dst.port"]
  where    = "model.score >= 0 or model.top == 'size'"
  cooldown = "0s"
}`
	src = strings.Replace(src, "model.score >= 0 or", "model.score > 0.5 or", 1)
	var segs []seg
	rst := func(at float64, sport uint16) {
		segs = append(segs, seg{at: at, src: "10.0.0.1", dst: "192.0.2.1", sport: sport, dport: 80, flags: packet.FlagSYN},
			seg{at: at + 0.01, src: "192.0.2.1", dst: "10.0.0.1", sport: 80, dport: sport, flags: packet.FlagSYN | packet.FlagACK},
			seg{at: at + 0.02, src: "10.0.0.1", dst: "192.0.2.1", sport: sport, dport: 80, flags: packet.FlagACK})
		for i := range int(sport%5) * int(sport%7) {
			segs = append(segs, seg{at: at + 0.03 + float64(i)/1000, src: "10.0.0.1", dst: "192.0.2.1", sport: sport, dport: 80, flags: packet.FlagACK, payload: "\x00\x01\x02"})
		}
		segs = append(segs, seg{at: at + 0.1, src: "192.0.2.1", dst: "10.0.0.1", sport: 80, dport: sport, flags: packet.FlagRST | packet.FlagACK})
	}
	for i := range 100 {
		rst(float64(i), uint16(1000+i))
	}
	fs := frames(segs...)
	want := scores(New(compile(t, src, Options{}), Config{Seed: 1}), fs)
	if len(want) < 20 || len(want) > 80 {
		t.Fatalf("%d of 80 conversations are above the median: %v", len(want), want)
	}
	for _, workers := range []int{2, 5} {
		if got := scores(New(compile(t, src, Options{}), Config{Seed: 1, Workers: workers}), fs); !slices.Equal(got, want) {
			t.Errorf("%d workers give %d alerts, not %d", workers, len(got), len(want))
		}
	}
	e, n := New(compile(t, src, Options{}), Config{Seed: 1}), 0
	for i := range 60 {
		c := packet.Connection{Time: int64(i) * second, Src: netip.MustParseAddrPort("10.0.0.1:5"), Dst: netip.MustParseAddrPort("10.0.0.2:6"), Proto: 6,
			State: packet.ConnClosed, Duration: 1, BytesOut: uint64(100 + i%7)}
		if i == 59 {
			c.BytesOut = 1e9
		}
		e.Post(c.Event(), func(a *alert.Alert) {
			if n++; i == 59 && (a.Sample.Score != 1 || a.Sample.Top != "size" || !strings.HasPrefix(a.Message, "size 1 GB; usually 100-106 B")) {
				t.Errorf("a conversation of 1 GB: %+v", a.Sample)
			}
		})
	}
	if n == 0 {
		t.Error("conversations that are told have no scores")
	}
}

// A model on logins takes one sample of each, and rules see whose it was. A probe is none, unless the model reads auth.result.
func TestModelOnLogins(t *testing.T) {
	src := `
model "hours" {
  on          = "auth"
  where       = "auth.user != 'root'"
  features    = { hour = "hour(frame.time_epoch)", day = "weekday(frame.time_epoch)" }
  learn       = "1s"
  min_samples = 200
}
rule "odd_hour" {
  on       = "model"
  where    = "model.name == 'hours' and auth.service == 'sshd' and auth.success"
  by       = ["auth.user", "ip.src"]
  when     = "model.score >= 1 and model.bits > 16"
  cooldown = "0s"
}`
	for _, workers := range []int{1, 3} {
		e := New(compile(t, src, Options{}), Config{Seed: 1, Workers: workers})
		var got []string
		post := func(at int, user, result string) {
			a := packet.Auth{Time: int64(at) * second, Src: netip.MustParseAddrPort("192.0.2.1:5"), User: user, Service: "sshd", Result: result}
			e.Process(frames(syn(float64(at), "10.0.0.1", 80)), func(*alert.Alert) { t.Error("an alert of a packet") })
			e.Post(a.Event(), func(a *alert.Alert) { got = append(got, line(a)+" "+a.Sample.Odd) })
		}
		const hour, day = 3600, 86400
		for d := range 30 {
			for i := range 10 {
				post(d*day+(8+i)*hour, "alice", packet.AuthSuccess)
				post(d*day+3*hour, "root", packet.AuthSuccess)
				post(d*day+4*hour, "", packet.AuthProbe)
			}
		}
		if f := e.Models()[0].Facts(); f.Offered+f.Later+f.Odd != 300 {
			t.Errorf("it saw others than 300 logins: %+v", f)
		}
		post(30*day+12*hour, "alice", packet.AuthSuccess)
		post(31*day+3*hour, "root", packet.AuthSuccess)
		post(31*day+3*hour, "bob", packet.AuthFailure)
		post(31*day+3*hour, "alice", packet.AuthSuccess)
		if want := []string{"odd_hour #0 alice 192.0.2.1 hour 3; usually 8-17 (99 of 100)"}; !slices.Equal(got, want) {
			t.Errorf("%d workers: %q, want %q", workers, got, want)
		}
	}
}
