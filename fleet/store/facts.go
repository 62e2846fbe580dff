package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/ruleids/ruleids/internal/files"
)

// A fact is what terms of a query are about, but for words: of one alert. A day's facts are in memory while it is asked, in the
// order of time: to look at each of a million takes a few milliseconds, whatever the terms, where an index would serve some.
type fact struct {
	id       ID
	src, dst uint32 // places in facts.addrs; 0 for none
	traits   uint32 // a place in facts.traits
	sport    uint16
	dport    uint16
}

// traits are what many alerts have in common: a day of a million has a few thousand of them.
type traits struct {
	rule, category, agent, proto uint32 // ids of names
	severity                     uint8
}

// factBytes and traitsBytes are the sizes of these in a file.
const (
	factBytes   = 8 + 3*4 + 2*2
	traitsBytes = 4*4 + 1
)

// facts are those of a day. They are guarded by day.factsMu.
type facts struct {
	rows     []fact
	addrs    []netip.Addr // IPv4 as such; the first is none
	places   map[netip.Addr]uint32
	traits   []traits // each once
	known    map[traits]uint32
	bySource []int       // alerts of each of addrs as the source
	byHour   [24][]int32 // alerts of each of traits
	written  int         // rows that the file has
}

// count counts an alert.
func (f *facts) count(x *fact) {
	f.bySource[x.src]++
	hour := &f.byHour[int64(x.id)>>idBits/3600_000_000%24]
	*hour = counter(*hour, int(x.traits))
	(*hour)[x.traits]++
}

// counter returns counts that have a place.
func counter[T any](counts []T, place int) []T {
	if place < len(counts) {
		return counts
	}
	return append(counts, make([]T, place+1-len(counts))...)
}

func newFacts() *facts {
	return &facts{addrs: []netip.Addr{{}}, places: map[netip.Addr]uint32{{}: 0}, bySource: []int{0}, known: map[traits]uint32{}}
}

func (f *facts) trait(x traits) uint32 {
	p, ok := f.known[x]
	if !ok {
		p = uint32(len(f.traits))
		f.traits = append(f.traits, x)
		f.known[x] = p
	}
	return p
}

func (f *facts) place(a netip.Addr) uint32 {
	a = a.Unmap()
	p, ok := f.places[a]
	if !ok {
		p = uint32(len(f.addrs))
		f.addrs, f.bySource = append(f.addrs, a), counter(f.bySource, int(p))
		f.places[a] = p
	}
	return p
}

// add takes a fact in, once. Most are the newest.
func (f *facts) add(x fact) {
	if n := len(f.rows); n == 0 || f.rows[n-1].id < x.id {
		f.rows = append(f.rows, x)
		f.count(&x)
		return
	}
	if i := f.at(x.id); f.rows[i].id != x.id {
		f.rows = slices.Insert(f.rows, i, x)
		f.count(&x)
	}
}

// at returns the place of the first row that has an id or a later one.
func (f *facts) at(id ID) int { return search(f.rows, id) }

// between returns the rows with ids in [from, to).
func (f *facts) between(from, to ID) []fact {
	i := f.at(from)
	return f.rows[i:max(i, f.at(to))]
}

// look calls f with the facts of the day, which are read where that was not done yet. Alerts wait to be stored meanwhile.
func (d *day) look(ctx context.Context, f func(*facts) error) error {
	d.factsMu.RLock()
	if d.facts == nil {
		d.factsMu.RUnlock()
		if err := d.loadFacts(ctx); err != nil {
			return err
		}
		d.factsMu.RLock() // in use, a day keeps them
	}
	defer d.factsMu.RUnlock()
	return f(d.facts)
}

func (d *day) loadFacts(ctx context.Context) error {
	d.factsMu.Lock()
	defer d.factsMu.Unlock()
	if d.facts != nil {
		return nil
	}
	var total int
	if err := d.db.QueryRowContext(ctx, `SELECT n FROM total`).Scan(&total); err != nil {
		return err
	}
	// Alerts that are stored meanwhile wait for the lock, and are then known by their ids.
	if f, err := readFacts(d.path + factsSuffix); err == nil && len(f.rows) == total {
		d.facts = f
		d.rows.Store(int64(len(f.rows)))
		return nil
	}
	f := newFacts()
	f.rows = make([]fact, 0, total)
	rows, err := d.db.QueryContext(ctx, `SELECT id, severity, rule, category, agent, proto, src, sport, dst, dport FROM alert ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var x fact
		var t traits
		var src, dst []byte
		if err := rows.Scan((*int64)(&x.id), &t.severity, &t.rule, &t.category, &t.agent, &t.proto, &src, &x.sport, &dst, &x.dport); err != nil {
			return err
		}
		x.traits = f.trait(t)
		a, _ := netip.AddrFromSlice(src)
		b, _ := netip.AddrFromSlice(dst)
		x.src, x.dst = f.place(a), f.place(b)
		f.add(x)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	d.facts = f
	d.rows.Store(int64(len(f.rows)))
	return nil
}

// tellFacts adds what was stored to the facts, where they are in memory.
func (d *day) tellFacts(entries []*Entry, ids []ID, list []traits) {
	d.factsMu.Lock()
	defer d.factsMu.Unlock()
	if d.facts == nil {
		return
	}
	for i, e := range entries {
		d.facts.add(fact{id: ids[i], src: d.facts.place(e.Src), dst: d.facts.place(e.Dst), traits: d.facts.trait(list[i]), sport: e.SrcPort, dport: e.DstPort})
	}
	d.rows.Store(int64(len(d.facts.rows)))
}

// dropFacts forgets the facts, after it wrote those that the file does not have.
func (d *day) dropFacts() error {
	d.factsMu.Lock()
	defer d.factsMu.Unlock()
	f := d.facts
	d.facts = nil
	d.rows.Store(0)
	if f == nil || f.written == len(f.rows) || len(f.rows) < leastFacts {
		return nil
	}
	return f.write(d.path + factsSuffix)
}

const (
	// leastFacts is how many rows a file of facts is worth while: fewer are read from the database as fast.
	leastFacts  = 5000
	factsSuffix = "-facts"
	factsMagic  = "ruleids facts 2\n"
	// keptFacts bounds the rows in memory of all days that are not in use: 256 MiB.
	keptFacts = 256 << 20 / 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// headBytes is what a file of facts begins with: the magic, the checksum, three numbers.
const headBytes = len(factsMagic) + 4 + 3*8

// write writes the facts to a file: a checksum over all that follows it, the numbers of rows, traits and addresses, then those.
func (f *facts) write(path string) error {
	b := make([]byte, 0, headBytes+len(f.rows)*factBytes+len(f.traits)*traitsBytes+16*len(f.addrs))
	b = append(b, factsMagic...)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(f.rows)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(f.traits)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(f.addrs)-1))
	for i := range f.rows {
		x := &f.rows[i]
		b = binary.LittleEndian.AppendUint64(b, uint64(x.id))
		b = binary.LittleEndian.AppendUint32(b, x.src)
		b = binary.LittleEndian.AppendUint32(b, x.dst)
		b = binary.LittleEndian.AppendUint32(b, x.traits)
		b = binary.LittleEndian.AppendUint16(b, x.sport)
		b = binary.LittleEndian.AppendUint16(b, x.dport)
	}
	for _, t := range f.traits {
		for _, n := range [...]uint32{t.rule, t.category, t.agent, t.proto} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		b = append(b, t.severity)
	}
	for _, a := range f.addrs[1:] {
		as16 := a.As16()
		b = append(b, as16[:]...)
	}
	head := len(factsMagic)
	binary.LittleEndian.PutUint32(b[head:], crc32.Checksum(b[head+4:], castagnoli))
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return files.Rename(path+".new", path)
}

var errFacts = errors.New("the file of facts is damaged")

// readFacts reads what write wrote.
func readFacts(path string) (*facts, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := io.ReadAll(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return nil, err
	}
	head := len(factsMagic)
	if len(b) < headBytes || string(b[:head]) != factsMagic || binary.LittleEndian.Uint32(b[head:]) != crc32.Checksum(b[head+4:], castagnoli) {
		return nil, errFacts
	}
	var numbers [3]uint64
	for i := range numbers {
		if numbers[i] = binary.LittleEndian.Uint64(b[head+4+8*i:]); numbers[i] > uint64(len(b)) {
			return nil, errFacts
		}
	}
	rows, kinds, addrs := numbers[0], numbers[1], numbers[2]
	b = b[headBytes:]
	if uint64(len(b)) != rows*factBytes+kinds*traitsBytes+addrs*16 {
		return nil, errFacts
	}
	f := newFacts()
	f.rows, f.bySource, f.written = make([]fact, rows, rows+rows/8), make([]int, addrs+1), int(rows)
	for i := range f.rows {
		x := &f.rows[i]
		x.id = ID(binary.LittleEndian.Uint64(b))
		x.src, x.dst, x.traits = binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[16:])
		if uint64(x.src) > addrs || uint64(x.dst) > addrs || uint64(x.traits) >= kinds || x.id < 0 {
			return nil, errFacts
		}
		x.sport, x.dport = binary.LittleEndian.Uint16(b[20:]), binary.LittleEndian.Uint16(b[22:])
		f.count(x)
		b = b[factBytes:]
	}
	for range kinds {
		f.trait(traits{rule: binary.LittleEndian.Uint32(b), category: binary.LittleEndian.Uint32(b[4:]), agent: binary.LittleEndian.Uint32(b[8:]), proto: binary.LittleEndian.Uint32(b[12:]), severity: b[16]})
		b = b[traitsBytes:]
	}
	for range addrs {
		f.place(netip.AddrFrom16([16]byte(b)))
		b = b[16:]
	}
	if len(f.traits) != int(kinds) || len(f.addrs) != int(addrs)+1 {
		return nil, errFacts
	}
	return f, nil
}
