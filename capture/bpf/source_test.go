package bpf

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// A fake is the devices of a made-up system: what each read of an interface gives.
type fake struct {
	mu      sync.Mutex
	reads   map[string]chan any // a buffer, or an error
	missing map[string]error    // why an interface cannot be opened
	filters map[string][]bpf.RawInstruction
	dropped uint32
	resets  bool // a filter that is set has dropped begin at 0
	down    bool // interfaces can be opened, and nothing comes
	open    int
}

func newFake(names ...string) *fake {
	f := &fake{reads: map[string]chan any{}, missing: map[string]error{}, filters: map[string][]bpf.RawInstruction{}}
	for _, n := range names {
		f.reads[n] = make(chan any, 10)
	}
	return f
}

type fakeReader struct {
	f     *fake
	reads chan any
}

func (r fakeReader) Read(b []byte) (int, error) {
	select {
	case v := <-r.reads:
		if err, is := v.(error); is {
			return 0, err
		}
		return copy(b, v.([]byte)), nil
	case <-time.After(5 * time.Millisecond):
		return 0, nil
	}
}

func (r fakeReader) Close() error {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	r.f.open--
	return nil
}

// device implements what opens devices.
func (f *fake) device(name string, _ *Config) (*device, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.missing[name]; err != nil {
		return nil, err
	}
	f.open++
	return &device{
		ReadCloser: fakeReader{f, f.reads[name]}, layout: layout32, link: packet.LinkEthernet, size: 4096,
		setFilter: func(p []bpf.RawInstruction) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.filters[name] = p
			if f.resets {
				f.dropped = 0
			}
			return nil
		},
		up: func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			return !f.down
		},
		dropped: func() (uint32, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.dropped, nil
		},
	}, nil
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// buffer has a frame for each number, at that second.
func buffer(seconds ...int64) []byte {
	var b []byte
	for _, s := range seconds {
		b = layout32.write(b, s, 0, []byte{byte(s)}, 60, false)
	}
	return b
}

// readUntil reads batches until one is as wanted.
func readUntil(t *testing.T, s *Source, wanted func(*live.Batch) bool) *live.Batch {
	t.Helper()
	var b live.Batch
	for start := time.Now(); time.Since(start) < 10*time.Second; {
		if err := s.Read(&b, 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if wanted(&b) {
			return &b
		}
	}
	t.Fatal("what is waited for does not come")
	return nil
}

func TestReadMergesByTime(t *testing.T) {
	f := newFake("en0", "en1")
	s, err := open(Config{Interfaces: []string{"en0", "en1"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.reads["en0"] <- buffer(1, 3, 5)
	f.reads["en1"] <- buffer(2, 4)
	time.Sleep(100 * time.Millisecond) // both are there
	var got []byte
	for len(got) < 5 {
		b := readUntil(t, s, func(b *live.Batch) bool { return len(b.Frames) > 0 })
		for _, fr := range b.Frames {
			got = append(got, fr.Data...)
			if fr.Length != 60 || fr.Link != packet.LinkEthernet {
				t.Errorf("%+v", fr)
			}
		}
		if last := b.Frames[len(b.Frames)-1].Time; b.Now != last {
			t.Errorf("it is %d after a frame of %d", b.Now, last)
		}
	}
	if !bytes.Equal(got, []byte{1, 2, 3, 4, 5}) {
		t.Errorf("frames came as %v", got)
	}
	if st := s.Stats(); st.Frames != 5 || st.Received != 5 || st.Bytes != 300 || len(st.Interfaces) != 2 || !st.Interfaces[0].Up {
		t.Errorf("%+v", st)
	}
}

func TestLost(t *testing.T) {
	f := newFake("en0")
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.set(func() { f.dropped = 7 })
	b := readUntil(t, s, func(b *live.Batch) bool { return b.Lost > 0 })
	if b.Lost != 7 || !b.Losing {
		t.Errorf("%+v", b)
	}
	f.reads["en0"] <- append(buffer(1), 1, 2, 3) // something that is no record
	b = readUntil(t, s, func(b *live.Batch) bool { return b.Lost > 0 })
	if b.Lost != 1 || len(b.Frames) != 1 {
		t.Errorf("%+v", b)
	}
	if st := s.Stats(); st.Dropped != 7 || st.Missed != 1 {
		t.Errorf("%+v", st)
	}
}

// TestLostBeforeFilter counts what was lost once, where the kernel begins to count again with a new filter, as that of OpenBSD.
func TestLostBeforeFilter(t *testing.T) {
	f := newFake("en0")
	f.resets = true
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		f.set(func() { f.dropped += 7 })
		if err := s.SetFilter(nil); err != nil {
			t.Fatal(err)
		}
	}
	f.set(func() { f.dropped += 1 })
	if st := s.Stats(); st.Dropped != 15 {
		t.Errorf("%d were lost, and 15 were", st.Dropped)
	}
}

// TestInterfaceDown has an interface that is taken down and up, as reads of bpf(4) do not tell.
func TestInterfaceDown(t *testing.T) {
	f := newFake("en0")
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		down bool
		want live.EventKind
	}{{true, live.EventDown}, {false, live.EventReopened}} {
		f.set(func() { f.down = c.down })
		readUntil(t, s, func(b *live.Batch) bool { return len(b.Events) > 0 && b.Events[0].Kind == c.want })
		if st := s.Stats(); st.Interfaces[0].Up == c.down {
			t.Errorf("%+v", st)
		}
	}
	f.set(func() { f.down = true })
	down, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, down, func(b *live.Batch) bool { return len(b.Events) == 1 && b.Events[0].Kind == live.EventDown })
	if err := down.Close(); err != nil || f.open > 1 {
		t.Errorf("%v, %d devices are open", err, f.open)
	}
}

func TestInterfaceGoesAndComes(t *testing.T) {
	f := newFake("en0")
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.set(func() { f.missing["en0"] = errNoInterface })
	f.reads["en0"] <- errNoInterface
	happened := func(k live.EventKind) func(*live.Batch) bool {
		return func(b *live.Batch) bool { return len(b.Events) == 1 && b.Events[0].Kind == k }
	}
	readUntil(t, s, happened(live.EventGone))
	if st := s.Stats(); st.Interfaces[0].Up || !errors.Is(st.Interfaces[0].Err, errNoInterface) {
		t.Errorf("%+v", st)
	}
	f.set(func() { delete(f.missing, "en0") })
	readUntil(t, s, happened(live.EventReopened))
	f.reads["en0"] <- buffer(9)
	readUntil(t, s, func(b *live.Batch) bool { return len(b.Frames) == 1 })
	if st := s.Stats(); !st.Interfaces[0].Up || st.Interfaces[0].Reopened != 1 {
		t.Errorf("%+v", st)
	}
}

func TestOpenMissing(t *testing.T) {
	f := newFake("en0", "en9")
	f.missing["en9"] = errNoInterface
	if _, err := open(Config{Interfaces: []string{"en0", "en9"}}, f.device); err == nil || !strings.Contains(err.Error(), `no interface "en9"; there are: `) {
		t.Errorf("%v", err)
	}
	if f.open != 0 {
		t.Errorf("%d devices are left open", f.open)
	}
	s, err := open(Config{Interfaces: []string{"en9"}, Wait: true}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, s, func(b *live.Batch) bool { return len(b.Events) == 1 && b.Events[0].Kind == live.EventMissing })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := open(Config{Interfaces: []string{"en0", "en0"}}, f.device); err == nil {
		t.Error("an interface may be named twice")
	}
}

// TestLongFilter has a filter that is too long for the kernel.
func TestLongFilter(t *testing.T) {
	var ignore []netip.Prefix
	for i := range 200 {
		ignore = append(ignore, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(i), 7, byte(3 * i), 1}), 32))
	}
	long, err := live.NewFilter(ignore, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake("en0")
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	short := len(f.filters["en0"])
	if err := s.SetFilter(long); err != nil {
		t.Fatal(err)
	}
	if n := len(f.filters["en0"]); n != short || long.Instructions(packet.LinkEthernet) <= maxInstructions {
		t.Errorf("the kernel got %d instructions of %d", n, long.Instructions(packet.LinkEthernet))
	}
	frame := func(last byte) []byte {
		b := make([]byte, 34)
		b[12], b[14] = 8, 0x45
		copy(b[26:], []byte{10, 7, 30, last})
		return b
	}
	buf := layout32.write(nil, 1, 0, frame(1), 60, false) // 10.7.30.1 is ignored
	buf = layout32.write(buf, 2, 0, frame(2), 60, false)
	f.reads["en0"] <- buf
	b := readUntil(t, s, func(b *live.Batch) bool { return len(b.Frames) > 0 })
	if len(b.Frames) != 1 || b.Frames[0].Time != 2e9 {
		t.Errorf("%+v", b.Frames)
	}
}

func TestClose(t *testing.T) {
	f := newFake("en0")
	s, err := open(Config{Interfaces: []string{"en0"}}, f.device)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		var b live.Batch
		ended <- s.Read(&b, time.Hour)
	}()
	s.Wake()
	if err := <-ended; err != nil {
		t.Errorf("after Wake: %v", err)
	}
	go func() {
		var b live.Batch
		ended <- s.Read(&b, time.Hour)
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
	if f.open != 0 {
		t.Errorf("%d devices are left open", f.open)
	}
}
