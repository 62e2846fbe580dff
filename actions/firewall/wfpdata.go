package firewall

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// filterForm is the version of what encode writes.
const filterForm = 1

// encode returns what a filter carries along, so that the next process knows whose it is and when it ends: the version, the
// set, the hook's place, the length of the prefix, its end, and its address.
func (f memberFilter) encode() []byte {
	out := []byte{filterForm, byte(f.set), byte(slices.Index(hookNames(), f.hook)), byte(f.prefix.Bits())}
	out = binary.LittleEndian.AppendUint64(out, uint64(f.until))
	return append(out, f.prefix.Addr().AsSlice()...)
}

// decodeFilter is the inverse of encode. What another version wrote is not ok.
func decodeFilter(b []byte) (f memberFilter, ok bool) {
	if len(b) < 12 || b[0] != filterForm || b[1] >= setCount || int(b[2]) >= len(hookNames()) {
		return f, false
	}
	addr, ok := netip.AddrFromSlice(b[12:])
	p := netip.PrefixFrom(addr, int(b[3]))
	f = memberFilter{setID(b[1]), p, int64(binary.LittleEndian.Uint64(b[4:])), hookNames()[b[2]]}
	return f, ok && p.IsValid() && addr.Is4() == f.set.is4()
}
