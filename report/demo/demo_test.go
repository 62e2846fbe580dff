package demo

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// The day is the same each time, in the order of its times, and its packets are as hosts send them.
func TestTheDayIsTheSame(t *testing.T) {
	for name, make := range map[string]func(io.Writer) error{"capture": Capture, "log": Log, "table": Table} {
		var a, b bytes.Buffer
		if err := make(&a); err != nil {
			t.Fatal(err)
		}
		if err := make(&b); err != nil {
			t.Fatal(err)
		}
		if a.Len() == 0 || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: %d and %d bytes", name, a.Len(), b.Len())
		}
	}
	var d packet.Decoder
	var p packet.Packet
	for _, f := range traffic() {
		d.Decode(&p, &packet.Frame{Data: f.data, Time: f.at.UnixNano(), Length: uint32(len(f.data)), Link: packet.LinkEthernet})
		if p.Malformed || p.Layers&packet.LayerPorts == 0 || f.at.Before(Day) || f.at.After(Day.Add(24*time.Hour)) {
			t.Fatalf("a packet at %v with layers %v, malformed %v", f.at, p.Layers, p.Malformed)
		}
	}
}

func TestLogAndTable(t *testing.T) {
	var log, table strings.Builder
	if err := Log(&log); err != nil {
		t.Fatal(err)
	}
	if err := Table(&table); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if !slices.IsSorted(lines) {
		t.Error("the log is not in the order of its times")
	}
	rows := strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")
	if len(rows) != Attempts+1 || rows[0] != "timestamp,username,ip_address,status" {
		t.Errorf("%d rows, %s", len(rows), rows[0])
	}
}
