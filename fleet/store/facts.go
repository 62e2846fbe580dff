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
)

// A fact is what terms of a query are about, but for words: of one alert. A day's facts are in memory while it is asked, in the
// order of time: to look at each of a million takes a few milliseconds, whatever the terms, where an index would serve some.
type fact struct {
	id       ID
	src, dst uint32 // places in facts.addrs; 0 for none
	rule     uint32 // ids of names
	category uint32
	agent    uint32
	proto    uint32
	sport    uint16
	dport    uint16
	severity uint8
}

// factBytes is the size of a fact in a file.
const factBytes = 8 + 6*4 + 2*2 + 1

// facts are those of a day. They are guarded by day.factsMu.
type facts struct {
	rows     []fact
	addrs    []netip.Addr // IPv4 as such; the first is none
	places   map[netip.Addr]uint32
	bySource []int // alerts of each of addrs as the source
	byName   map[names]int
	written  int // rows that the file has
}

// names are what the names of alerts have in common.
type names struct {
	category, rule, agent uint32
	severity              uint8
}

// count counts an alert.
func (f *facts) count(x *fact) {
	f.bySource[x.src]++
	f.byName[names{x.category, x.rule, x.agent, x.severity}]++
}

func newFacts() *facts {
	return &facts{addrs: []netip.Addr{{}}, places: map[netip.Addr]uint32{{}: 0}, bySource: []int{0}, byName: map[names]int{}}
}

func (f *facts) place(a netip.Addr) uint32 {
	a = a.Unmap()
	p, ok := f.places[a]
	if !ok {
		p = uint32(len(f.addrs))
		f.addrs, f.bySource = append(f.addrs, a), append(f.bySource, 0)
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
		var src, dst []byte
		if err := rows.Scan((*int64)(&x.id), &x.severity, &x.rule, &x.category, &x.agent, &x.proto, &src, &x.sport, &dst, &x.dport); err != nil {
			return err
		}
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
func (d *day) tellFacts(entries []*Entry, list []fact) {
	d.factsMu.Lock()
	defer d.factsMu.Unlock()
	if d.facts == nil {
		return
	}
	for i, x := range list {
		x.src, x.dst = d.facts.place(entries[i].Src), d.facts.place(entries[i].Dst)
		d.facts.add(x)
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
	factsMagic  = "ruleids facts 1\n"
	// keptFacts bounds the rows in memory of all days that are not in use: 256 MiB.
	keptFacts = 256 << 20 / 48
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// write writes the facts to a file: a checksum over all that follows it, the numbers of rows and addresses, then those.
func (f *facts) write(path string) error {
	b := make([]byte, 0, len(factsMagic)+20+len(f.rows)*factBytes+16*len(f.addrs))
	b = append(b, factsMagic...)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(f.rows)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(f.addrs)-1))
	for i := range f.rows {
		x := &f.rows[i]
		b = binary.LittleEndian.AppendUint64(b, uint64(x.id))
		for _, n := range [...]uint32{x.src, x.dst, x.rule, x.category, x.agent, x.proto} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		b = binary.LittleEndian.AppendUint16(b, x.sport)
		b = binary.LittleEndian.AppendUint16(b, x.dport)
		b = append(b, x.severity)
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
	return os.Rename(path+".new", path)
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
	if len(b) < head+20 || string(b[:head]) != factsMagic || binary.LittleEndian.Uint32(b[head:]) != crc32.Checksum(b[head+4:], castagnoli) {
		return nil, errFacts
	}
	rows, addrs := binary.LittleEndian.Uint64(b[head+4:]), binary.LittleEndian.Uint64(b[head+12:])
	b = b[head+20:]
	if rows > uint64(len(b)) || addrs > uint64(len(b)) || uint64(len(b)) != rows*factBytes+addrs*16 {
		return nil, errFacts
	}
	f := &facts{rows: make([]fact, rows, rows+rows/8), addrs: make([]netip.Addr, 1, addrs+1), places: make(map[netip.Addr]uint32, addrs+1), bySource: make([]int, addrs+1), byName: map[names]int{}, written: int(rows)}
	for i := range f.rows {
		x := &f.rows[i]
		x.id = ID(binary.LittleEndian.Uint64(b))
		for j, n := range [...]*uint32{&x.src, &x.dst, &x.rule, &x.category, &x.agent, &x.proto} {
			*n = binary.LittleEndian.Uint32(b[8+4*j:])
		}
		if uint64(x.src) > addrs || uint64(x.dst) > addrs {
			return nil, errFacts
		}
		x.sport, x.dport, x.severity = binary.LittleEndian.Uint16(b[32:]), binary.LittleEndian.Uint16(b[34:]), b[36]
		f.count(x)
		b = b[factBytes:]
	}
	f.places[netip.Addr{}] = 0
	for i := range addrs {
		a := netip.AddrFrom16([16]byte(b)).Unmap()
		f.addrs = append(f.addrs, a)
		f.places[a] = uint32(i + 1)
		b = b[16:]
	}
	return f, nil
}
