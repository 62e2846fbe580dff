package conversation

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/packet"
)

// TestOracle compares conversations with those of tshark: which segments are retransmissions, how many packets and bytes went
// either way, who opened them, what became of them, what they speak, and the flows of their sides. It runs where
// RULEIDS_ORACLE is a list of capture files and directories, and tshark is installed.
func TestOracle(t *testing.T) {
	paths := os.Getenv("RULEIDS_ORACLE")
	if paths == "" {
		t.Skip("set RULEIDS_ORACLE to a list of capture files and directories to compare conversations with tshark")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Fatal(err)
	}
	o := oracle{T: t, known: map[string]int{}, equal: map[string]int{}}
	for _, path := range filepath.SplitList(paths) {
		err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
			ext := filepath.Ext(strings.TrimSuffix(p, ".gz"))
			if err != nil || e.IsDir() || p != path && !slices.Contains([]string{".pcap", ".pcapng", ".cap"}, ext) {
				return err
			}
			return o.compare(p)
		})
		if err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d segments are retransmissions for both, %d for neither; %d conversations have the same packets, bytes and duration", o.both, o.neither, o.conversations)
	t.Logf("the handshake was seen of the connections of %d segments for both, of %d for neither", o.opened, o.unopened)
	for _, what := range slices.Sorted(maps.Keys(o.equal)) {
		t.Logf("equal, %d times: %s", o.equal[what], what)
	}
	for _, why := range slices.Sorted(maps.Keys(o.known)) {
		t.Logf("known difference, %d times: %s", o.known[why], why)
	}
	if n := o.known["of more than two gaps at once some are taken for larger"]; n > o.both/50 {
		o.Errorf("%d retransmissions of %d were not found", n, o.both)
	}
	if n := o.known[anyACK]; n > o.opened/1000 {
		o.Errorf("the handshakes before %d segments were not seen, those before %d were", n, o.opened)
	}
	if o.both == 0 || o.conversations == 0 || o.opened == 0 {
		t.Error("nothing was compared")
	}
}

const anyACK = "tshark takes an ACK of any number for that of a handshake"

type oracle struct {
	*testing.T
	both, neither, conversations int
	opened, unopened             int // segments of connections whose handshake was seen, and of others
	known                        map[string]int
	equal                        map[string]int    // values of fields that are the same
	seen                         map[string][]span // sequence numbers by stream and sender, of the file at hand
}

// total is what went from one side of a stream, by its port and address, to the other.
type total struct{ packets, bytes uint64 }

var oracleFields = []string{"frame.number", "tcp.stream", "udp.stream", "tcp.analysis.retransmission", "tcp.analysis.out_of_order", "tcp.analysis.keep_alive",
	"tcp.analysis.lost_segment", "ip.src", "ipv6.src", "ip.len", "ipv6.plen", "tcp.srcport", "udp.srcport", "frame.time_epoch", "tcp.flags.reset", "tcp.analysis.zero_window_probe",
	"tcp.completeness", "tcp.time_relative", "udp.time_relative", "ip.dst", "ipv6.dst", "tcp.dstport", "udp.dstport", "tcp.flags", "frame.len", "frame.protocols"}

func (o *oracle) compare(file string) error {
	r, err := capture.Open(file)
	if err != nil {
		var fault *capture.Fault
		if errors.As(err, &fault) {
			return nil
		}
		return err
	}
	defer r.Close()
	args := []string{"-r", file, "-n", "-T", "fields", "-E", "separator=\t", "-E", "occurrence=a", "-E", "aggregator=|",
		"-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"}
	for _, f := range oracleFields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	table := New(Config{Seed: 1, Need: All &^ Heads})
	told := o.outcomes(file)
	var d packet.Decoder
	var p packet.Packet
	var clock int64
	o.seen = map[string][]span{}
	streams := map[string]map[string]*total{} // by tshark's stream, by sender
	refs := map[string]ref{}                  // of streams
	shared := map[ref]map[string]bool{}       // streams of entries
	last := map[string]int64{}
	durations := map[string]string{} // seconds from the first packet of a stream to its last
	opens := map[string]bool{}       // the handshake of a stream was seen
	back := false                    // the clock of the capture went back
	var batch capture.Batch
	for i := 0; ; i++ {
		if i == len(batch.Frames) {
			if err := r.Read(&batch); err != nil && len(batch.Frames) == 0 {
				break // the end, or damaged from here on
			}
			if i = 0; len(batch.Frames) == 0 {
				break
			}
		}
		f := batch.Frames[i]
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		d.Decode(&p, &f)
		back = back || p.Time < clock
		clock = max(clock, p.Time)
		p.Clock = clock
		table.Track(&p, table.Place(&p))
		told.hear(table.Events())
		told.icmp(&p)
		told.flow(&p, col)
		table.Clear()
		if table.at != 0 && (p.Fragment() || p.Malformed) { // of which tshark counts fewer
			shared[table.at] = map[string]bool{"fragments": true, "others": true}
		}
		if p.Layers&(packet.LayerTCP|packet.LayerUDP) == 0 || p.Layers&packet.LayerTunnel != 0 || p.Malformed || p.Fragment() || strings.Contains(line, "|") {
			continue // or what tshark takes for several packets
		}
		stream := "tcp " + col[1]
		if p.Layers&packet.LayerUDP != 0 {
			stream = "udp " + col[2]
		}
		if len(stream) == 4 {
			continue
		}
		durations[stream] = col[17] + col[18]
		told.frame(stream, &p, col)
		if p.Layers&packet.LayerTCP != 0 {
			o.handshake(file, opens[stream], col)
			opens[stream] = p.ConnOpen
			o.segment(file, stream, &p, col)
		}
		if table.at == 0 {
			continue
		}
		if shared[table.at] == nil {
			shared[table.at] = map[string]bool{}
		}
		shared[table.at][stream] = true
		if p.Clock-last[stream] > 290*second && last[stream] != 0 || refs[stream] != 0 && refs[stream] != table.at {
			shared[table.at]["silent"] = true // two for us
		}
		last[stream] = p.Clock
		refs[stream] = table.at
		if streams[stream] == nil {
			streams[stream] = map[string]*total{}
		}
		from := fmt.Sprintf("%v:%d", p.Src, p.SrcPort)
		if streams[stream][from] == nil {
			streams[stream][from] = &total{}
		}
		n, _ := strconv.Atoi(col[9])
		if p.IPVersion == 6 {
			n, _ = strconv.Atoi(col[10])
			n += 40
		}
		streams[stream][from].packets++
		streams[stream][from].bytes += uint64(n)
	}
	_, _ = io.Copy(io.Discard, lines)
	_ = cmd.Wait()
	for stream, r := range refs {
		if len(shared[r]) > 1 {
			continue
		}
		e := table.entry(r)
		for side := range 2 {
			want := streams[stream][fmt.Sprintf("%v:%d", e.key.addr(side), e.key.port(side))]
			if want == nil {
				want = &total{}
			}
			if e.sent(side) != want.packets || e.bytes[side] != want.bytes {
				o.Errorf("%s: %s: %d packets and %d bytes from %v:%d, tshark has %d and %d", file, stream, e.sent(side), e.bytes[side], e.key.addr(side), e.key.port(side), want.packets, want.bytes)
			}
		}
		want, err := strconv.ParseFloat(durations[stream], 64)
		if got := float64(e.seen-e.first) / 1e9; err == nil && !back && math.Abs(got-want) > 2e-6 {
			o.Errorf("%s: %s: %v s, tshark has %v", file, stream, got, want)
		}
		told.end(stream, e, clock)
		o.conversations++
	}
	return nil
}

// handshake compares whether the handshake of a segment's connection was seen whole before it: for tshark, whether SYN, SYN with ACK,
// and ACK were.
func (o *oracle) handshake(file string, ours bool, col []string) {
	const whole = 1 | 2 | 4
	so, err := strconv.Atoi(col[16])
	switch theirs := so&whole == whole; {
	case err != nil:
	case theirs && ours:
		o.opened++
	case theirs == ours:
		o.unopened++
	case theirs:
		o.known[anyACK]++
	default:
		o.Errorf("%s: frame %s: handshake seen before it %v, tshark %v", filepath.Base(file), col[0], ours, theirs)
	}
}

// segment compares whether a segment is a retransmission. Where the two differ, what counts is whether all of its sequence
// numbers were seen before.
func (o *oracle) segment(file, stream string, p *packet.Packet, col []string) {
	theirs := col[3] != ""
	sender := fmt.Sprintf("%s %v", stream, p.Src)
	seq, end := p.TCPSeq, p.TCPSeq+p.TCPLen+uint32(p.TCPFlags&fin)+uint32(p.TCPFlags&syn)/syn
	before, after := o.seen[sender], []span(nil)
	again := false
	all := span{seq, end}
	for _, s := range before {
		again = again || int32(seq-s.lo) >= 0 && int32(s.hi-end) >= 0
		if int32(s.hi-all.lo) < 0 || int32(all.hi-s.lo) < 0 {
			after = append(after, s)
			continue
		}
		if int32(s.lo-all.lo) < 0 {
			all.lo = s.lo
		}
		if int32(s.hi-all.hi) > 0 {
			all.hi = s.hi
		}
	}
	if end != seq && p.TCPFlags&rst == 0 {
		o.seen[sender] = append(after, all)
	}
	switch {
	case theirs && p.ConnAgain:
		o.both++
	case !theirs && !p.ConnAgain:
		o.neither++
	case theirs && again && !p.ConnAgain:
		o.known["of more than two gaps at once some are taken for larger"]++
	case theirs && !again:
		o.known["tshark takes bytes for sent again that were lost before the capture"]++
	case p.ConnAgain && again && col[4] != "":
		o.known["tshark takes bytes for reordered that come twice within a round trip"]++
	case p.ConnAgain && again && p.TCPLen == 0 && p.TCPFlags&(syn|fin) != 0:
		o.known["tshark does not count SYN and FIN that come again"]++
	default:
		o.Errorf("%s: frame %s: ours %v, tshark %v, seen before %v; flags %x seq %d len %d; %v", filepath.Base(file), col[0], p.ConnAgain, theirs, again, p.TCPFlags, p.TCPSeq, p.TCPLen, col[3:7])
	}
}
