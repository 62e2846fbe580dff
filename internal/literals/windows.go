package literals

import (
	"slices"
	"strings"
	"unsafe"
)

// A window has four bytes, or two for literals that are shorter.
const (
	wide   = 4
	narrow = 2
	// maxStride bounds the windows that a literal is filed under.
	maxStride = 8
)

// A windows finds literals anywhere in a text.
type windows struct {
	size   int
	stride int // the text is looked at at every so many places
	filter filter
	table  table[windowCandidate]
	// How far after the first and before the last byte of a run of one byte a window in it may be of a literal: one that is further from
	// both is of none but those of that byte alone, which were found at the first.
	before, after int
}

// A windowCandidate is a literal, where in it a window is, and another window of it, which is compared before all of it is:
// texts full of one byte have windows of many literals.
type windowCandidate struct {
	number int32
	offset uint32
	window uint32
	beside int32 // how far after the window the other is
	other  uint32
}

// mask makes the case of letters not matter to a window.
const mask = 0x20202020

func hashWindow(w uint32) uint64 { return uint64(w) * hashPrime }

// crowded is how many literals may be filed under one window before the text is looked at in more places instead.
const crowded = 32

// newWindows files literals that have size bytes at least. A literal of n bytes has n-size+1 windows; as long as it is
// filed under stride of them in a row, one is at a place that the search looks at, wherever the literal is. The smaller
// the stride, the more freely it can be filed under windows that others do not have.
func newWindows(texts []string, literals []int32, size int) *windows {
	if len(literals) == 0 {
		return nil
	}
	w := &windows{size: size, stride: maxStride}
	for _, l := range literals {
		w.stride = min(w.stride, stride(len(texts[l]), size))
	}
	for w.file(texts, literals) > crowded && w.stride > 1 {
		w.stride /= 2
	}
	return w
}

// stride is at every how many places a text is looked at for literals of n bytes.
func stride(n, size int) int { return min(maxStride, n-size+1) }

// file files the literals, and returns how many are filed under one window at most.
func (w *windows) file(texts []string, literals []int32) (most int) {
	w.filter, w.before, w.after = newFilter(len(literals)*w.stride), 0, w.size
	filed := make(map[uint32]int, len(literals)*w.stride) // how many are filed under a window
	hashes := make([]uint64, 0, len(literals)*w.stride)
	candidates := make([]windowCandidate, 0, cap(hashes))
	var costs []int
	for _, l := range literals {
		t := texts[l]
		costs = costs[:0]
		for i := 0; i+w.size <= len(t) && i < maxOffsets; i++ {
			costs = append(costs, usual(t[i:i+w.size])+64*filed[windowOf(t[i:], w.size)])
		}
		best, least := 0, -1
		for i := 0; i+w.stride <= len(costs); i++ {
			sum := 0
			for _, c := range costs[i : i+w.stride] {
				sum += c
			}
			if least < 0 || sum < least {
				best, least = i, sum
			}
		}
		other := 0
		for i, c := range costs {
			if windowOf(t[i:], w.size) != windowOf(t[best:], w.size) && (other == 0 || c < costs[other]) {
				other = i
			}
		}
		for i := best; i < best+w.stride; i++ {
			k := windowOf(t[i:], w.size)
			filed[k]++
			most = max(most, filed[k])
			h := hashWindow(k)
			w.filter.add(h)
			hashes, candidates = append(hashes, h), append(candidates, windowCandidate{l, uint32(i), k, int32(other - i), windowOf(t[other:], w.size)})
			if of := t[i : i+w.size]; strings.Count(of, of[:1]) == w.size {
				w.before, w.after = max(w.before, i+w.stride), max(w.after, len(t)-i)
			}
		}
	}
	w.table = newTable(hashes, candidates)
	return most
}

// maxOffsets is how much of a long literal is looked through for the best windows.
const maxOffsets = 128

func windowOf(t string, size int) uint32 {
	if size == narrow {
		return (uint32(t[0]) | uint32(t[1])<<8) | mask&0xffff
	}
	return (uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16 | uint32(t[3])<<24) | mask
}

// everyday is what much traffic has: windows of it would be met all the time.
const everyday = "http/1.1\r\nhost: www.google.com\r\nuser-agent: mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 " +
	"accept: text/html,application/xml;*/* accept-encoding: gzip, deflate accept-language: en-us connection: keep-alive\r\n\r\n" +
	"content-type: application/json content-length: cookie: referer: https:// get / post / put / head /index.html .php?id= 200 ok" +
	" cache-control: no-cache date: server: <html><head><title><body> <div class= function( return document.\x00\x00\x00\x00\xff\xff\xff\xff"

// usual is how usual a window is, roughly.
func usual(w string) int {
	n := 0
	same := true
	for i := range len(w) {
		switch c := w[i]; {
		case c == 0:
			n += 8
		case c == ' ' || c == 0xff:
			n += 4
		case strings.IndexByte("etaoinsrhl/.-01", c|0x20) >= 0:
			n += 2
		default:
			n++
		}
		same = same && w[i] == w[0]
	}
	if same { // padding
		n += 200
	}
	if everydayWindows[packed(w)] {
		n += 100
	}
	return n
}

// everydayWindows are the windows of everyday, of both sizes.
var everydayWindows = func() map[uint64]bool {
	all := map[uint64]bool{}
	for _, size := range []int{narrow, wide} {
		for i := range len(everyday) - size + 1 {
			all[packed(everyday[i:i+size])] = true
		}
	}
	return all
}()

// packed is a window in lower case with its size as one number.
func packed(w string) uint64 {
	k := uint64(len(w))
	for i := range len(w) {
		c := w[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		k = k<<8 | uint64(c)
	}
	return k
}

// findWide is find for windows of four bytes. With one it returns as soon as a literal is found.
//
// Most windows pass no filter: four are tested together, so that their waits for memory overlap and one branch does.
func (w *windows) findWide(x *Index, found []int32, text []byte, one bool) []int32 {
	bits, shift, stride := unsafe.SliceData(w.filter.bits), w.filter.shift&63, w.stride
	start := unsafe.Pointer(unsafe.SliceData(text))
	last := len(text) - wide // the last place of a window
	begin := len(found)
	i := 0
	var run span // that the text was found to have last
	for ; i+3*stride <= last; i += 4 * stride {
		a, b := hashWindow(load(start, i))>>shift, hashWindow(load(start, i+stride))>>shift
		c, d := hashWindow(load(start, i+2*stride))>>shift, hashWindow(load(start, i+3*stride))>>shift
		if (bitAt(bits, a)|bitAt(bits, b)|bitAt(bits, c)|bitAt(bits, d))&1 == 0 {
			if a == d { // mostly a run of one byte, none of whose windows is of a literal
				if next := runEnd(text, i) - wide + 1; next > i+4*stride {
					i += (next-i+stride-1)/stride*stride - 4*stride
				}
			}
			continue
		}
		for j := i; j < i+4*stride; j += stride {
			if k := load(start, j); bitAt(bits, hashWindow(k)>>shift)&1 != 0 {
				if found = w.compare(x, found, begin, text, j, k); one && len(found) > 0 {
					return found
				}
				if next := w.pass(&run, text, j); next > j {
					i = next - 4*stride
					break
				}
			}
		}
	}
	for ; i <= last; i += stride {
		if k := load(start, i); bitAt(bits, hashWindow(k)>>shift)&1 != 0 {
			if found = w.compare(x, found, begin, text, i, k); one && len(found) > 0 {
				return found
			}
		}
	}
	return found
}

// A span is part of a text.
type span struct{ from, to int }

// pass returns the place to go on from after a window at place i that passed the filter, where that is further on than the next: in a
// long run of one byte, as padding is, the windows in its midst tell no more than those at its ends. Otherwise it returns i.
func (w *windows) pass(run *span, text []byte, i int) int {
	if i >= run.to {
		if string(text[i:i+wide-1]) != string(text[i+1:i+wide]) {
			return i
		}
		*run = span{i, runEnd(text, i)}
	}
	if next := run.to - w.after; i >= run.from+w.before && next > i+w.stride {
		return i + (next-i+w.stride-1)/w.stride*w.stride
	}
	return i
}

// runEnd returns where the run of one byte ends that has the one at place i of a text.
func runEnd(text []byte, i int) int {
	b := text[i]
	all := uint64(b) * 0x0101010101010101
	start := unsafe.Pointer(unsafe.SliceData(text))
	for ; i+32 <= len(text); i += 32 {
		v := (*[4]uint64)(unsafe.Add(start, i))
		if (v[0]^all)|(v[1]^all)|(v[2]^all)|(v[3]^all) != 0 {
			break
		}
	}
	for i < len(text) && text[i] == b {
		i++
	}
	return i
}

// load reads the window at place i of a text, which has four bytes from there on.
func load(text unsafe.Pointer, i int) uint32 {
	b := (*[wide]byte)(unsafe.Add(text, i))
	return (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24) | mask
}

// bitAt shifts a bit of a bitmap to the lowest place. Hashes are shifted so that they have places in it.
func bitAt(bits *uint64, at uint64) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(bits), at>>6*8)) >> (at & 63)
}

// findNarrow is find for windows of two bytes.
func (w *windows) findNarrow(x *Index, found []int32, text []byte, one bool) []int32 {
	bits, shift, begin := w.filter.bits, w.filter.shift, len(found)
	for i := 0; i+narrow <= len(text); i += w.stride {
		k := uint32(text[i]) | uint32(text[i+1])<<8 | mask&0xffff
		at := hashWindow(k) >> (shift & 63)
		if bits[at>>6]>>(at&63)&1 == 0 {
			continue
		}
		if found = w.compare(x, found, begin, text, i, k); one && len(found) > 0 {
			return found
		}
	}
	return found
}

// alike is how many literals back one is not appended again: a run of one byte may have it at each of its places.
const alike = 4

// windowIn is windowOf for a text.
func windowIn(t []byte, size int) uint32 {
	if size == narrow {
		return (uint32(t[0]) | uint32(t[1])<<8) | mask&0xffff
	}
	return (uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16 | uint32(t[3])<<24) | mask
}

// compare appends the literals that have the window at place i of a text, where all of them is there. What is in found before
// begin is of other searches.
func (w *windows) compare(x *Index, found []int32, begin int, text []byte, i int, window uint32) []int32 {
	for _, c := range w.table.of(hashWindow(window)) {
		if c.window != window {
			continue
		}
		from := i - int(c.offset)
		to := from + len(x.texts[c.number])
		if from < 0 || to > len(text) || windowIn(text[i+int(c.beside):], w.size) != c.other || !x.is(c.number, text[from:to]) {
			continue
		}
		if !slices.Contains(found[max(begin, len(found)-alike):], c.number) {
			found = append(found, c.number)
		}
	}
	return found
}
