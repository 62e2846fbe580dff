package capture

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/ruleids/ruleids/packet"
)

// Files that gopacket writes are read as gopacket reads them.
func TestGopacket(t *testing.T) {
	_, _, frames := mixed(11)
	var classic, nanos, ng bytes.Buffer
	for _, w := range []*pcapgo.Writer{pcapgo.NewWriter(&classic), pcapgo.NewWriterNanos(&nanos)} {
		if err := w.WriteFileHeader(maxFrame, layers.LinkTypeEthernet); err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			if err := w.WritePacket(info(f, 0), f.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.AddInterface(pcapgo.NgInterface{Name: "raw", LinkType: layers.LinkTypeRaw, TimestampResolution: 6})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		number := 0
		if i%3 == 1 {
			number = second
		}
		if err := w.WritePacket(info(f, number), f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}

	for name, file := range map[string][]byte{"microseconds": classic.Bytes(), "nanoseconds": nanos.Bytes()} {
		t.Run(name, func(t *testing.T) {
			r, err := pcapgo.NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			oracle(t, file, r.ReadPacketData, func(gopacket.CaptureInfo) layers.LinkType { return r.LinkType() })
		})
	}
	t.Run("pcapng", func(t *testing.T) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(ng.Bytes()), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			t.Fatal(err)
		}
		oracle(t, ng.Bytes(), r.ReadPacketData, func(ci gopacket.CaptureInfo) layers.LinkType { return ci.AncillaryData[0].(layers.LinkType) })
	})
}

// info is what gopacket is told of a frame.
func info(f packet.Frame, number int) gopacket.CaptureInfo {
	return gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data), Length: max(int(f.Length), len(f.Data)), InterfaceIndex: number}
}

// oracle reads a file and holds each frame against what gopacket reads.
func oracle(t *testing.T, file []byte, next func() ([]byte, gopacket.CaptureInfo, error), link func(gopacket.CaptureInfo) layers.LinkType) {
	t.Helper()
	got, err := readAll(bytes.NewReader(file))
	if err != io.EOF {
		t.Fatal(err)
	}
	var want []packet.Frame
	for {
		data, ci, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, packet.Frame{Data: data, Time: ci.Timestamp.UnixNano(), Length: uint32(ci.Length), Link: packet.LinkType(link(ci))})
	}
	sameFrames(t, got, want)
	if len(want) == 0 {
		t.Error("gopacket reads nothing")
	}
}
