package npcap

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// A fakeDriver has interfaces that come and go.
type fakeDriver struct {
	mu    sync.Mutex
	there map[string]*fakeDevice
}

func (d *fakeDriver) name() (string, string) { return "fake", "it sees half" }

func (d *fakeDriver) interfaces() (out []Interface, _ error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.there {
		out = append(out, Interface{Name: name, Device: `\Device\NPF_` + name})
	}
	return out, nil
}

func (d *fakeDriver) open(i Interface, _ *Config) (device, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.there[i.Name].refuse != nil {
		return nil, d.there[i.Name].refuse
	}
	return d.there[i.Name], nil
}

// plug makes an interface, or takes it away for nil.
func (d *fakeDriver) plug(name string, dev *fakeDevice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dev == nil {
		close(d.there[name].frames)
		delete(d.there, name)
		return
	}
	d.there[name] = dev
}

// A fakeDevice gives out frames, all in the same memory, as drivers do. It fails when its channel is closed.
type fakeDevice struct {
	frames chan packet.Frame
	lost   chan uint32
	progs  chan []bpf.RawInstruction
	plain  bool // it has no filter
	refuse error
	room   [2048]byte
	drops  uint32
}

func newFake() *fakeDevice {
	return &fakeDevice{frames: make(chan packet.Frame, 1000), lost: make(chan uint32, 10), progs: make(chan []bpf.RawInstruction, 10)}
}

func (d *fakeDevice) link() packet.LinkType { return packet.LinkRaw }
func (d *fakeDevice) interrupt()            {}
func (d *fakeDevice) close()                {}

func (d *fakeDevice) setFilter(prog []bpf.RawInstruction) error {
	if d.plain {
		return errNoFilter
	}
	d.progs <- prog
	return nil
}

func (d *fakeDevice) next() (packet.Frame, bool, error) {
	select {
	case f, ok := <-d.frames:
		if !ok {
			return f, false, errors.New("the adapter was removed")
		}
		f.Data = d.room[:copy(d.room[:], f.Data)]
		return f, true, nil
	case <-time.After(2 * time.Millisecond):
		return packet.Frame{}, false, nil
	}
}

func (d *fakeDevice) dropped() (uint32, error) {
	select {
	case n := <-d.lost:
		d.drops += n
	default:
	}
	return d.drops, nil
}

func frame(n int) packet.Frame {
	return packet.Frame{Data: []byte{0x45, byte(n), byte(n >> 8)}, Time: int64(n), Length: 3, Link: packet.LinkRaw}
}

func number(f packet.Frame) int { return int(f.Data[1]) | int(f.Data[2])<<8 }

func start(t *testing.T, c Config, d driver) *Source {
	t.Helper()
	if c.SnapLength == 0 {
		c.SnapLength = 1000
	}
	s, err := open(c, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read reads until enough says so, and returns all frames and events.
func read(t *testing.T, s *Source, enough func(got []int, events []live.Event, lost uint64) bool) (got []int, events []live.Event) {
	t.Helper()
	var b live.Batch
	lost := uint64(0)
	for deadline := time.Now().Add(10 * time.Second); !enough(got, events, lost); {
		if time.Now().After(deadline) {
			t.Fatalf("frames %v, events %v, %d lost", got, events, lost)
		}
		if err := s.Read(&b, 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			got = append(got, number(f))
		}
		events, lost = append(events, b.Events...), lost+b.Lost
	}
	return got, events
}

// TestReadAll reads many more frames than blocks hold, of an interface that is named in other letters: all come, in order.
func TestReadAll(t *testing.T) {
	dev := newFake()
	d := &fakeDriver{there: map[string]*fakeDevice{"Ethernet": dev}}
	s := start(t, Config{Interfaces: []string{"ethernet"}}, d)
	const n = 20000
	go func() {
		for i := range n {
			dev.frames <- frame(i)
		}
	}()
	got, _ := read(t, s, func(got []int, _ []live.Event, _ uint64) bool { return len(got) == n })
	if !slices.IsSorted(got) {
		t.Error("the order is lost")
	}
	st := s.Stats()
	if st.Received != n || st.Bytes != 3*n || !st.Interfaces[0].Up || st.Interfaces[0].Limit != "it sees half" {
		t.Errorf("%+v", st)
	}
	if prog := <-dev.progs; len(prog) > 2 {
		t.Errorf("a filter for everything has %d instructions", len(prog))
	}
}

// TestLoss: what the driver drops is told once, though its counter wraps around.
func TestLoss(t *testing.T) {
	dev := newFake()
	dev.drops = 1<<32 - 3
	s := start(t, Config{Interfaces: []string{"Ethernet"}}, &fakeDriver{there: map[string]*fakeDevice{"Ethernet": dev}})
	read(t, s, func(_ []int, _ []live.Event, lost uint64) bool { return lost == 1<<32-3 })
	dev.lost <- 10
	read(t, s, func(_ []int, _ []live.Event, lost uint64) bool { return lost == 10 })
	if st := s.Stats(); st.Dropped != 1<<32+7 {
		t.Errorf("%d dropped", st.Dropped)
	}
}

// TestFilter: a device with a filter gets each, and frames of one without are looked at here.
func TestFilter(t *testing.T) {
	tcp, err := live.NewFilter(nil, &live.Interest{})
	if err != nil {
		t.Fatal(err)
	}
	dev, plain := newFake(), newFake()
	plain.plain = true
	s := start(t, Config{Interfaces: []string{"a", "b"}}, &fakeDriver{there: map[string]*fakeDevice{"a": dev, "b": plain}})
	first := <-dev.progs
	if err := s.SetFilter(tcp); err != nil {
		t.Fatal(err)
	}
	if next := <-dev.progs; len(next) <= len(first) {
		t.Errorf("the new filter has %d instructions, the old one %d", len(next), len(first))
	}
	udp := frame(1)
	udp.Data = append(udp.Data, make([]byte, 30)...)
	udp.Data[3], udp.Data[9] = 33, 17 // length, protocol
	plain.frames <- udp               // nobody wants it
	plain.frames <- frame(2)          // cut short, so that it might be anything
	got, _ := read(t, s, func(got []int, _ []live.Event, _ uint64) bool { return slices.Contains(got, 2) })
	if slices.Contains(got, 1) {
		t.Errorf("%v", got)
	}
}

// TestComesAndGoes: an interface that vanishes is opened again when it is back, and one that never was is waited for.
func TestComesAndGoes(t *testing.T) {
	dev := newFake()
	d := &fakeDriver{there: map[string]*fakeDevice{"a": dev}}
	s := start(t, Config{Interfaces: []string{"a", "b"}, Wait: true}, d)
	kinds := func(want ...live.EventKind) func([]int, []live.Event, uint64) bool {
		return func(_ []int, events []live.Event, _ uint64) bool {
			var got []live.EventKind
			for _, e := range events {
				got = append(got, e.Kind)
			}
			return slices.Equal(got, want)
		}
	}
	read(t, s, kinds(live.EventMissing))
	d.plug("a", nil)
	read(t, s, kinds(live.EventFailed))
	if st := s.Stats().Interfaces[0]; st.Up || st.Err == nil || !strings.Contains(st.Err.Error(), "removed") {
		t.Errorf("%+v", st)
	}
	again := newFake()
	d.plug("a", again)
	read(t, s, kinds(live.EventReopened))
	again.frames <- frame(7)
	read(t, s, func(got []int, _ []live.Event, _ uint64) bool { return slices.Equal(got, []int{7}) })
	d.plug("b", newFake())
	read(t, s, kinds(live.EventUp))
}

func TestOpenErrors(t *testing.T) {
	d := &fakeDriver{there: map[string]*fakeDevice{"Ethernet": newFake(), "Wi-Fi": {refuse: errors.New("only administrators may capture")}}}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{nil, "name at least one"},
		{[]string{"eth0"}, `there is no interface "eth0"; there are: "Ethernet", "Wi-Fi"`},
		{[]string{"Ethernet", "Ethernet"}, "named twice"},
		{[]string{"Ethernet", "Wi-Fi"}, "only administrators"},
	} {
		if s, err := open(Config{Interfaces: tt.names}, d); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v", tt.names, err)
			if s != nil {
				s.Close()
			}
		}
	}
}

// TestClose ends a Read that waits, while frames come faster than anybody reads.
func TestClose(t *testing.T) {
	dev := newFake()
	s := start(t, Config{Interfaces: []string{"a"}}, &fakeDriver{there: map[string]*fakeDevice{"a": dev}})
	stop := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() {
		for i := 0; ; i++ {
			select {
			case dev.frames <- frame(i):
			case <-stop:
				return
			}
		}
	})
	time.Sleep(20 * time.Millisecond)
	s.Close()
	close(stop)
	sender.Wait()
	var b live.Batch
	if err := s.Read(&b, time.Minute); err != io.EOF {
		t.Error(err)
	}
}

// TestWake ends a Read that waits.
func TestWake(t *testing.T) {
	s := start(t, Config{Interfaces: []string{"a"}}, &fakeDriver{there: map[string]*fakeDevice{"a": newFake()}})
	s.Wake()
	var b live.Batch
	begun := time.Now()
	if err := s.Read(&b, time.Minute); err != nil || time.Since(begun) > 30*time.Second {
		t.Error(err)
	}
}
