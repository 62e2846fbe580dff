package packet

import (
	"net/netip"
	"slices"
	"testing"
	"unsafe"
)

// TestFieldsAreHeldWhereTheySay reads every field of a Packet of zeros and of one of ones, which
// finds an Offset or a Store that does not fit.
func TestFieldsAreHeldWhereTheySay(t *testing.T) {
	sizes := map[Store]uintptr{StoreBool: 1, StoreU8: 1, StoreU16: 2, StoreU32: 4, StoreU64: 8, StoreF64: 8, StoreAddr: 16, StoreMAC: 8, StoreFlag: 2, StoreBytes: unsafe.Sizeof([]byte(nil)), StoreAttr: unsafe.Sizeof(""), StoreAttrBool: 1, StoreAttrF64: 8, StoreHead: unsafe.Sizeof([]byte(nil))}
	kinds := map[Store][]Kind{
		StoreBool: {KindBool}, StoreFlag: {KindBool}, StoreAttrBool: {KindBool}, StoreU8: {KindInt}, StoreU16: {KindInt}, StoreU32: {KindInt}, StoreU64: {KindInt},
		StoreF64: {KindFloat}, StoreAttrF64: {KindFloat}, StoreTime: {KindFloat}, StoreAddr: {KindIP}, StoreMAC: {KindMAC}, StoreName: {KindString}, StoreTunnel: {KindString}, StoreState: {KindString}, StoreService: {KindString}, StoreAttr: {KindString}, StoreBytes: {KindBytes}, StoreHead: {KindString}, StoreMany: {KindIP, KindString, KindInt},
	}
	seen := map[string]bool{}
	for i, f := range Fields() {
		if f.ID != i || seen[f.Name] || FieldByName(f.Name) != &Fields()[i] {
			t.Errorf("%s: ID %d at %d, or there twice", f.Name, f.ID, i)
		}
		seen[f.Name] = true
		if f.Doc == "" || f.Layer == 0 || len(f.Events) == 0 {
			t.Errorf("%s has no doc, layer or event", f.Name)
		}
		if !slices.Contains(kinds[f.Store], f.Kind) {
			t.Errorf("%s: kind %v in store %d", f.Name, f.Kind, f.Store)
		}
		whole := unsafe.Sizeof(Packet{})
		if f.Store == StoreAttr || f.Store == StoreAttrBool || f.Store == StoreAttrF64 {
			whole = unsafe.Sizeof(Attributes{})
		}
		if f.Store == StoreHead {
			whole = unsafe.Sizeof(heads{})
		}
		if f.Offset+sizes[f.Store] > whole {
			t.Errorf("%s ends at byte %d of %d", f.Name, f.Offset+sizes[f.Store], whole)
		}
		if f.Kind == KindInt && f.Max == 0 || f.Store == StoreFlag && f.Bit == 0 {
			t.Errorf("%s has no maximum or no bit", f.Name)
		}
	}
}

func TestFieldValues(t *testing.T) {
	var p Packet
	p.Attrs = &Attributes{User: "root", Success: true}
	p.Time = 1_500_000_000
	p.EthSrc = 0x020000000001
	p.Src = AddrFromNetip(netip.MustParseAddr("2001:db8::1"))
	p.DF = true
	p.TCPFlags = FlagSYN | FlagECE
	p.TCPSeq = 1<<32 - 1
	p.Data, p.Payload = []byte("frame"), []byte("abc")
	p.setQueryName([]byte("example.org"))
	ints := map[string]int64{"eth.src": 0x020000000001, "ip.flags.df": 1, "ip.flags.mf": 0, "tcp.flags": 66, "tcp.flags.syn": 1, "tcp.flags.fin": 0, "tcp.seq": 1<<32 - 1, "auth.success": 1}
	for name, want := range ints {
		if got := FieldByName(name).Int(&p); got != want {
			t.Errorf("%s = %d, want %d", name, got, want)
		}
	}
	texts := map[string]string{"payload": "abc", "icmp.data": "abc", "icmpv6.data": "abc", "frame.bytes": "frame", "dns.qry.name": "example.org", "auth.user": "root", "honeypot.user": "root", "auth.host": ""}
	for name, want := range texts {
		if got := string(FieldByName(name).Bytes(&p)); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := FieldByName("frame.time_epoch").Float(&p); got != 1.5 {
		t.Errorf("time %v", got)
	}
	if got := FieldByName("ip.src").Addr(&p).String(); got != "2001:db8::1" {
		t.Errorf("address %v", got)
	}
	p.setQueryName(make([]byte, 300))
	if len(p.QueryName()) != MaxName {
		t.Errorf("name of %d bytes", len(p.QueryName()))
	}
}

func TestLayerNames(t *testing.T) {
	for _, name := range LayerNames() {
		l, ok := LayerByName(name)
		if !ok || l.String() != name {
			t.Errorf("layer %s is %v", name, l)
		}
	}
	for l := Layer(1); l <= LayerEthType; l <<= 1 {
		if l.String() == "" {
			t.Errorf("layer %#x has no name", uint32(l))
		}
	}
	if _, ok := LayerByName("payload"); ok {
		t.Error("payload is a field")
	}
}
