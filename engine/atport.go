package engine

// portCuts appends the ports from which on some test of the port at off comes out differently.
func (b *builder) portCuts(i int32, off uintptr, cuts []int) []int {
	p := &b.preds[i]
	for _, k := range p.kids {
		cuts = b.portCuts(k, off, cuts)
	}
	switch {
	case p.off != off:
	case p.op == opRange16:
		cuts = append(cuts, int(p.lo), int(p.hi)+1)
	case p.op == opBitmap:
		p.bitmap.ranges(func(lo, hi uint16) { cuts = append(cuts, int(lo), int(hi)+1) })
	}
	return cuts
}

// A portCase is a predicate, and a port that is known of a packet.
type portCase struct {
	cond int32
	off  uintptr
	port uint16
}

// atPort returns predicate i as it is for packets whose port at off is known.
//
//	tcp.srcport == 21 and x or tcp.srcport == 25 and y, from port 25  ->  y
func (b *builder) atPort(i int32, off uintptr, port uint16) int32 {
	p := b.preds[i] // a copy: interning may move the slice
	var ok bool
	switch p.op {
	case opRange16:
		ok = p.lo <= uint64(port) && uint64(port) <= p.hi
	case opBitmap:
		ok = p.bitmap.has(port)
	case opNot:
		return b.not(b.atPort(p.kids[0], off, port))
	case opAnd, opOr:
		key := portCase{i, off, port}
		r, known := b.atPorts[key]
		if !known {
			r = b.parts(i, func(kid int32) int32 { return b.atPort(kid, off, port) })
			b.atPorts[key] = r
		}
		return r
	default:
		return i
	}
	switch {
	case p.off != off:
		return i
	case ok:
		return predTrue
	}
	return predFalse
}
