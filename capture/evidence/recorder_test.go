package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// second is the time between two frames that tests make.
const second = int64(time.Second)

// udp makes frame number n, at that second: a datagram between two hosts of 192.0.2.0/24, or of 2001:db8::/64.
func udp(n int, src, dst byte, v6 bool) packet.Frame {
	b := make([]byte, 12, 90)
	if v6 {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, protoUDP, 64)
		for _, host := range []byte{src, dst} {
			b = append(b, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host)
		}
	} else {
		b = append(b, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, protoUDP, 0, 0, 192, 0, 2, src, 192, 0, 2, dst)
	}
	b = append(b, 0x27, 0x10, 0, 53, 0, 8, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(n)) // behind the packet, so that tests tell frames apart
	b = append(b, make([]byte, 12)...)
	return packet.Frame{Data: b, Time: int64(n) * second, Length: uint32(len(b)), Link: packet.LinkEthernet}
}

// of makes the alert that a rule by ip.src raises at a frame.
func of(f packet.Frame, number uint64, key string) *alert.Alert {
	var d packet.Decoder
	var p packet.Packet
	d.Decode(&p, &f)
	return &alert.Alert{Time: f.Time, Number: number, Layers: p.Layers, Src: p.Src, Dst: p.Dst, SrcPort: p.SrcPort, DstPort: p.DstPort, IPProto: p.IPProto, IPVersion: p.IPVersion,
		Rule: "scan", Severity: scale.SeverityHigh, Key: []alert.Named{{Name: "ip.src", Value: key}}}
}

// options are defaults with so many packets on either side.
func options(t testing.TB, before, after int) Options {
	t.Helper()
	var o Options
	setting.Defaults(&o.Config)
	o.Dir, o.Before, o.After, o.Wait = t.TempDir(), before, after, true
	return o
}

func open(t testing.TB, o Options) *Recorder {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shut ends a recorder, which has to have written everything.
func shut(t testing.TB, r *Recorder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// numbers reads a file and returns the numbers of its frames.
func numbers(t testing.TB, path string) []int {
	t.Helper()
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []int
	var b capture.Batch
	for {
		err := r.Read(&b)
		for _, f := range b.Frames {
			n := int(binary.BigEndian.Uint32(f.Data[len(f.Data)-16:]))
			if f.Time != int64(n)*second {
				t.Errorf("frame %d has the time %d", n, f.Time)
			}
			out = append(out, n)
		}
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEvidenceHasPacketsOfTheKey(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		r := open(t, options(t, 3, 2))
		key := "192.0.2.7"
		if v6 {
			key = "2001:db8::7"
		}
		var a *alert.Alert
		for n := 1; n <= 30; n++ {
			f := udp(n, 8, 9, v6)
			switch n {
			case 2, 4, 6, 8, 10, 12, 22, 24:
				f = udp(n, 7, 9, v6)
			case 5, 11: // the other way
				f = udp(n, 9, 7, v6)
			}
			r.Add([]packet.Frame{f}, 0)
			if n == 10 {
				a = of(f, 10, key)
				r.Alert(a)
			}
			r.Emitted(uint64(n))
		}
		shut(t, r)
		if got := fmt.Sprint(numbers(t, a.Evidence)); got != "[5 6 8 10 11 12]" {
			t.Errorf("IPv6 %v: frames %s", v6, got)
		}
		text, err := os.ReadFile(a.Evidence)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"ruleids alert " + ID(a), "rule: scan (high)", "key: ip.src=" + key, "rule scan fired at this packet", a.DisplayFilter()} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%q is not in the comments", part)
			}
		}
		if st, err := os.Stat(a.Evidence); err != nil || st.Mode().Perm() != fileMode {
			t.Errorf("mode %v, error %v", st.Mode(), err)
		}
	}
}

// An alert waits for packets that come after it for a minute, by their time.
func TestEvidenceIsWaitedForAMinute(t *testing.T) {
	r := open(t, options(t, 10, 10))
	first := udp(1, 7, 9, false)
	r.Add([]packet.Frame{first}, 0)
	a := of(first, 1, "192.0.2.7")
	r.Alert(a)
	r.Add([]packet.Frame{udp(60, 7, 9, false), udp(62, 7, 9, false), udp(63, 7, 9, false)}, 0)
	r.Emitted(4)
	shut(t, r)
	if got := fmt.Sprint(numbers(t, a.Evidence)); got != "[1 60]" {
		t.Errorf("frames %s", got)
	}
}

// The ring is bounded, and a recorder that waits gives every alert what the ring held when its packet came.
func TestEvidenceOfALongCapture(t *testing.T) {
	o := options(t, 10000, 3)
	o.Memory, o.Bytes = 4<<20, 1<<30
	r := open(t, o)
	var alerts []*alert.Alert
	const all, batch = 200_000, 1000
	for n := 1; n <= all; n += batch {
		var frames []packet.Frame
		for i := n; i < n+batch; i++ {
			frames = append(frames, udp(i, byte(i%200), 201, false))
		}
		for i := range frames {
			frames[i].Time = int64(n+i) * second
		}
		r.Add(frames, 0)
		if n%5000 == 1 { // a key of which one frame in 200 is
			a := of(frames[n%200], uint64(n+n%200), fmt.Sprintf("192.0.2.%d", (n+n%200)%200))
			r.Alert(a)
			alerts = append(alerts, a)
		}
		r.Emitted(uint64(n + batch - 1))
	}
	shut(t, r)
	for _, a := range alerts {
		got := numbers(t, a.Evidence)
		// The ring has at least the nine chunks before that of the alert.
		want := min(int(a.Number)-1, 9*chunkFrames)/200 + 1
		if len(got) < want || len(got) > int(a.Number)/200+5 {
			t.Errorf("alert at frame %d: %d frames, at least %d are due", a.Number, len(got), want)
		}
		for i := 1; i < len(got); i++ {
			if got[i] != got[i-1]+200 {
				t.Fatalf("alert at frame %d: frame %d behind frame %d", a.Number, got[i], got[i-1])
			}
		}
	}
	if s := r.Stats(); s.Skipped != 0 || s.Lost != 0 || s.Pending != 0 || int(s.Files) != len(alerts) {
		t.Errorf("%+v", s)
	}
}

// trickle gives a few bytes at each Read, as a pipe may.
type trickle struct{ io.Reader }

func (t trickle) Read(p []byte) (int, error) { return t.Reader.Read(p[:min(len(p), 5000)]) }

// Memory that is kept instead of copied has the same evidence: whole batches are held, small ones copied, and frames stay as they
// are until all of their alerts came, whatever is read meanwhile.
func TestHold(t *testing.T) {
	const all = 20_000
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = binary.LittleEndian.AppendUint32(file, 4<<16|2)
	file = append(file, make([]byte, 8)...)
	file = binary.LittleEndian.AppendUint32(file, maxFrame)
	file = binary.LittleEndian.AppendUint32(file, uint32(packet.LinkEthernet))
	for n := 1; n <= all; n++ {
		f := udp(n, byte(n%200), 201, n%400 < 200)
		f.Data = slices.Insert(f.Data, len(f.Data)-16, make([]byte, 350)...)
		for _, x := range []int{n, 0, len(f.Data), len(f.Data)} {
			file = binary.LittleEndian.AppendUint32(file, uint32(x))
		}
		file = append(file, f.Data...)
	}
	var before []string
	for _, slow := range []bool{false, true} {
		o := options(t, 40, 3)
		o.Memory = 4 << 20
		r := open(t, o)
		var src io.Reader = bytes.NewReader(file)
		if slow {
			src = trickle{src}
		}
		in, err := capture.NewReader("test", src)
		if err != nil {
			t.Fatal(err)
		}
		var batches [2]capture.Batch
		var last []packet.Frame
		var alerts []*alert.Alert
		held, number := 0, 0
		settle := func() {
			for i := range last {
				if number++; int(binary.BigEndian.Uint32(last[i].Data[len(last[i].Data)-16:])) != number {
					t.Fatalf("frame %d is another one", number)
				}
				if number%1999 == 0 {
					key := fmt.Sprintf("192.0.2.%d", number%200)
					if number%400 < 200 {
						key = fmt.Sprintf("2001:db8::%x", number%200)
					}
					alerts = append(alerts, of(last[i], uint64(number), key))
					r.Alert(alerts[len(alerts)-1])
				}
			}
			r.Emitted(uint64(number))
		}
		for n := 0; ; n++ {
			b := &batches[n%2]
			if err := in.Read(b); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			had := &b.Frames[0]
			frames := r.Hold(b)
			if len(b.Frames) == 0 || &b.Frames[0] != had {
				held++
			}
			settle()
			last = frames
		}
		settle()
		shut(t, r)
		if slow == (held > 0) {
			t.Errorf("slow %v: %d batches were held", slow, held)
		}
		var got []string
		for _, a := range alerts {
			ns := numbers(t, a.Evidence)
			if want := min(int(a.Number)/400, 9*(chunkBytes/450)/400); len(ns) < want {
				t.Errorf("alert at frame %d: %d frames, at least %d are due", a.Number, len(ns), want)
			}
			ns = slices.DeleteFunc(ns, func(n int) bool { return n < int(a.Number)-3000 }) // how far back differs with what a chunk takes
			got = append(got, fmt.Sprint(ns))
		}
		if !slow {
			before = got
		} else if !slices.Equal(got, before) {
			t.Errorf("held %v, copied %v", before, got)
		}
	}
}

func TestRulesSayWhatTheyWant(t *testing.T) {
	o := options(t, 5, 5)
	o.Rules = map[string]Wish{"off": {Off: true}, "short": {Before: 1, Bytes: 1 << 20}, "small": {Before: 5, After: 5, Bytes: 900}}
	r := open(t, o)
	var alerts []*alert.Alert
	for n := 1; n <= 10; n++ {
		f := udp(n, 7, 9, false)
		r.Add([]packet.Frame{f}, 0)
		if n == 5 {
			for _, rule := range []string{"off", "short", "small", "scan"} {
				a := of(f, 5, "192.0.2.7")
				a.Rule = rule
				r.Alert(a)
				alerts = append(alerts, a)
			}
		}
		r.Emitted(uint64(n))
	}
	shut(t, r)
	if alerts[0].Evidence != "" {
		t.Errorf("a rule that wants none has %q", alerts[0].Evidence)
	}
	if got := fmt.Sprint(numbers(t, alerts[1].Evidence)); got != "[4 5]" {
		t.Errorf("before 1, after 0: %s", got)
	}
	if st, err := os.Stat(alerts[2].Evidence); err != nil || st.Size() > 900 || len(numbers(t, alerts[2].Evidence)) < 2 {
		t.Errorf("900 bytes at most: %v, %v", st, err)
	}
	if got := fmt.Sprint(numbers(t, alerts[3].Evidence)); got != "[1 2 3 4 5 6 7 8 9 10]" {
		t.Errorf("5 on either side: %s", got)
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	o := options(t, 0, 0)
	o.Max = 3 * diskBlock
	if err := os.WriteFile(filepath.Join(o.Dir, "notes.txt"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, o)
	var alerts []*alert.Alert
	for n := 1; n <= 6; n++ {
		f := udp(n, 7, 9, false)
		r.Add([]packet.Frame{f}, 0)
		a := of(f, uint64(n), "192.0.2.7")
		r.Alert(a)
		alerts = append(alerts, a)
		r.Emitted(uint64(n))
	}
	shut(t, r)
	for i, a := range alerts {
		if _, err := os.Stat(a.Evidence); (err == nil) != (i >= 3) {
			t.Errorf("evidence %d: %v", i, err)
		}
	}
	if s := r.Stats(); s.Removed != 3 || s.Held != 3 || s.HeldBytes != 3*diskBlock {
		t.Errorf("%+v", s)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "notes.txt")); err != nil {
		t.Error("a file of somebody else was removed")
	}
	d, err := openDirectory(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := d.size(); n != 3 {
		t.Errorf("%d files are found again", n)
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(alerts[3].Evidence, old, old); err != nil {
		t.Fatal(err)
	}
	if d, err = openDirectory(o.Dir); err != nil {
		t.Fatal(err)
	}
	if n := d.expire(24*time.Hour, 1<<30); n != 1 {
		t.Errorf("%d files were too old", n)
	}
}

// A disk that is full costs evidence, and nothing else.
func TestADirectoryThatIsGone(t *testing.T) {
	o := options(t, 1, 1)
	r := open(t, o)
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	f := udp(1, 7, 9, false)
	r.Add([]packet.Frame{f}, 0)
	r.Alert(of(f, 1, "192.0.2.7"))
	r.Emitted(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.Close(ctx); err == nil {
		t.Error("nobody is told")
	}
	if s := r.Stats(); s.Failed != 1 || s.Error == "" || s.Pending != 0 {
		t.Errorf("%+v", s)
	}
}

// A live recorder never waits: what comes at once beyond what it takes is counted.
func TestAFloodOfAlerts(t *testing.T) {
	o := options(t, 1, 1)
	o.Wait = false
	r := open(t, o)
	f := udp(1, 7, 9, false)
	r.Add([]packet.Frame{f}, 0)
	named := 0
	for range 3000 {
		a := of(f, 1, "192.0.2.7")
		if r.Alert(a); a.Evidence != "" {
			named++
		}
	}
	shut(t, r)
	if s := r.Stats(); named < filesBurst || named > filesBurst+filesEach*10 || s.Lost != uint64(3000-named) {
		t.Errorf("%d with evidence, %+v", named, s)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	name := Name(second, "scan", strings.Repeat("0", 16))
	if err := os.WriteFile(filepath.Join(dir, name), []byte("packets"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(dir, name, 7); err != nil || string(got) != "packets" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Read(dir, name, 6); err == nil {
		t.Error("more than there may be")
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := Name(2*second, "scan", strings.Repeat("0", 16))
	if err := os.Symlink(secret, filepath.Join(dir, link)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"secret", "../" + filepath.Base(dir) + "/" + name, "", link, Name(3*second, "scan", strings.Repeat("0", 16))} {
		if _, err := Read(dir, bad, 100); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// Frames whose addresses are plain to see have the digests that addresses of alerts have.
func TestEndsOf(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		f := udp(1, 7, 9, v6)
		f.Data[len(f.Data)-21] = 54 // no tunnel
		want := ends{digest(netip.MustParseAddr("192.0.2.7")), digest(netip.MustParseAddr("192.0.2.9"))}
		if v6 {
			want = ends{digest(netip.MustParseAddr("2001:db8::7")), digest(netip.MustParseAddr("2001:db8::9"))}
		}
		if got := endsOf(&f); got != want {
			t.Errorf("IPv6 %v: %v, want %v", v6, got, want)
		}
		for n := range f.Data {
			short := packet.Frame{Data: f.Data[:n:n], Link: packet.LinkEthernet}
			endsOf(&short) // it reads no byte that is not there
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	o := options(b, 64, 64)
	o.Wait = false
	r := open(b, o)
	var frames []packet.Frame
	for i := range 512 {
		frames = append(frames, udp(i, byte(i), 9, false))
	}
	for n := 0; n < b.N; n += len(frames) {
		r.Add(frames, 0)
	}
	shut(b, r)
}
