package capture

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// TestSharedCaptures reads captures that others took, where they are at hand, and holds the counts
// of packets against the index that lies with them.
func TestSharedCaptures(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "captures")
	index, err := os.Open(filepath.Join(root, "INDEX.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no captures beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	rows := csv.NewReader(index)
	rows.Comma, rows.LazyQuotes, rows.FieldsPerRecord = '\t', true, -1
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// The index counts packets of two files as if their version did not matter. tcpdump and tshark
	// read none of them, since nothing says what those versions look like.
	wrongVersion := map[string]bool{"odd/pcap-invalid-version-1.4.pcap": true, "odd/pcapng-invalid-version.pcapng": true}
	// Files in which the packets end with a fault.
	faults := map[string]bool{
		"odd/pcap-absurd-caplen.pcap": true, "odd/pcap-truncated-4k-boundary.pcap": true,
		"odd/pcap-truncated-record-body-weird.pcap": true, "odd/snoop-format.snoop": true,
	}
	var batch Batch
	for _, row := range all[1:] {
		want, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		fault := faults[row[0]]
		if wrongVersion[row[0]] {
			want, fault = 0, true
		}
		t.Run(row[0], func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n, err := countFile(filepath.Join(root, row[0]), &batch)
			runtime.ReadMemStats(&after)
			var f *Fault
			if err != io.EOF && !errors.As(err, &f) {
				t.Fatalf("error %v, want io.EOF or a Fault", err)
			}
			if n != want {
				t.Errorf("%d packets, want %d (%v)", n, want, err)
			}
			if fault != (f != nil) && row[0][:4] == "odd/" {
				t.Errorf("error %v, want a fault: %v", err, fault)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 100<<20 {
				t.Errorf("allocated %d bytes", got)
			}
			if f != nil {
				t.Log(f)
			}
		})
	}
}

// countFile opens and reads a file.
func countFile(name string, b *Batch) (int, error) {
	r, err := Open(name)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return drain(r, b)
}
