package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Version is that of the files that Save makes. One of another version is refused.
const Version = 1

// ErrVersion, ErrDefinition and ErrDamaged are why a baseline is refused.
var (
	ErrVersion    = errors.New("a baseline of another version")
	ErrDefinition = errors.New("a baseline of another model")
	ErrDamaged    = errors.New("a damaged baseline")
)

// A file is a baseline as JSON.
type file struct {
	Version    int      `json:"version"`
	Digest     string   `json:"digest"` // SHA-256 of the file with this empty
	Name       string   `json:"name"`
	Definition string   `json:"definition"`
	Method     string   `json:"method"`
	Features   []string `json:"features"`
	ID         string   `json:"baseline,omitempty"`
	Pinned     bool     `json:"pinned,omitempty"`

	Learning *learningFile `json:"learning,omitempty"`
	Frozen   *frozenFile   `json:"frozen,omitempty"`
}

// A learningFile is what was collected so far.
type learningFile struct {
	First   int64       `json:"first"`
	Last    int64       `json:"last"`
	Offered int         `json:"offered"`
	Width   int64       `json:"width"`
	Random  uint64      `json:"random"`
	Slices  []sliceFile `json:"slices"`
}

type sliceFile struct {
	Seen int    `json:"seen"`
	Rows string `json:"rows"` // numbers, little endian, in base64
}

// A frozenFile is a frozen baseline, with how far a histogram has gone on.
type frozenFile struct {
	Facts   Facts        `json:"facts"`
	Samples uint32       `json:"samples"`
	Axes    [][2]float64 `json:"axes"`   // low and width
	Ends    [][2]float64 `json:"ends"`   // least and greatest value
	Counts  [][]uint32   `json:"counts"` // by feature, by bin
	Levels  [][2]uint32  `json:"levels"` // level and count, where there are any
	Tail    []int32      `json:"tail,omitempty"`
	Whole   int          `json:"whole"`
	Live    liveFile     `json:"live"`
	Forest  *forestFile  `json:"forest,omitempty"`
	Gate    gateFile     `json:"gate"`
}

type liveFile struct {
	Samples uint32     `json:"samples"`
	Counts  [][]uint32 `json:"counts"`
}

type gateFile struct {
	Limit     int32 `json:"limit"`
	UntilNext int   `json:"until_next"`
	Stretch   int64 `json:"stretch"`
	Taught    int   `json:"taught"`
	Quota     int   `json:"quota"`
	Length    int64 `json:"length"`
}

type forestFile struct {
	Blank []float64 `json:"blank"`
	Trees []string  `json:"trees"` // nodes, little endian, in base64
}

// Pin makes the model keep what it has learned, or go on to learn.
func (m *Model) Pin(pinned bool) { m.pinned = pinned }

// Pinned reports whether the model keeps what it has learned.
func (m *Model) Pinned() bool { return m.pinned }

// ID names what was frozen: a digest, "" while the model learns. It stays the same while a histogram goes on to learn.
func (m *Model) ID() string { return m.id }

// Save returns the model as a file, from which Load makes one that goes on as this one would.
func (m *Model) Save() []byte { return m.SaveShifted(0) }

// SaveShifted is Save for a model whose times are not those of the clock: shift, in nanoseconds, is added to them.
func (m *Model) SaveShifted(shift int64) []byte {
	f := file{Version: Version, Name: m.spec.Name, Definition: m.spec.Definition, Method: m.spec.Method.String(), Features: m.spec.Features, ID: m.id, Pinned: m.pinned}
	if l := m.learning; l != nil {
		f.Learning = &learningFile{First: l.first + shift, Last: l.last + shift, Offered: l.offered, Width: l.width, Random: uint64(l.random)}
		for _, s := range l.slices {
			f.Learning.Slices = append(f.Learning.Slices, sliceFile{s.seen, packRows(s.rows)})
		}
	} else {
		f.Frozen = m.frozen()
		f.Frozen.Gate = gateFile{m.limit, m.untilNext, m.stretch + shift/m.length, m.taught, m.quota, m.length}
		f.Frozen.Live = liveFile{m.live.n, m.live.all64()}
	}
	data := encode(&f)
	f.Digest = digest(data)
	return encode(&f)
}

// frozen returns what decides scores.
func (m *Model) frozen() *frozenFile {
	f := &frozenFile{Facts: m.facts, Samples: m.hist.n, Counts: m.hist.all64(), Ends: m.hist.ends, Tail: m.tail, Whole: m.whole}
	for _, a := range m.hist.axes {
		f.Axes = append(f.Axes, [2]float64{a.low, a.width})
	}
	for i, c := range m.levels.counts() {
		if c > 0 {
			f.Levels = append(f.Levels, [2]uint32{uint32(i), c})
		}
	}
	if m.forest != nil {
		f.Forest = &forestFile{Blank: m.forest.blank}
		for i := range m.forest.trees {
			f.Forest.Trees = append(f.Forest.Trees, m.forest.trees[i].pack())
		}
	}
	return f
}

// fingerprint is the digest of what was frozen.
func (m *Model) fingerprint() string {
	return digest(encode(&file{Version: Version, Name: m.spec.Name, Definition: m.spec.Definition, Method: m.spec.Method.String(), Features: m.spec.Features, Frozen: m.frozen()}))
}

func encode(f *file) []byte {
	data, err := json.Marshal(f)
	if err != nil { // numbers that are not finite, which are not learned
		panic("model: " + err.Error())
	}
	return append(data, '\n')
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// all64 returns the counts of the bins of all features.
func (h *histogram) all64() [][]uint32 {
	out := make([][]uint32, len(h.counts))
	for i := range out {
		out[i] = slices.Clone(h.counts[i][1 : numBins+1])
	}
	return out
}

// Load makes a model of a file. The error says what to do; it wraps ErrVersion, ErrDefinition or ErrDamaged.
//
// What the file was learned for has to be what the spec says: its definition. With a spec without a definition that of the
// file is taken, with its name, method and features, as by those who only want to look at it.
func Load(spec Spec, data []byte) (*Model, error) {
	var version struct {
		Version int    `json:"version"`
		Name    string `json:"name"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON (%v). Remove the file, or put a copy of it there", ErrDamaged, err)
	}
	if version.Version != Version {
		return nil, fmt.Errorf("%w: it has version %d, and this program reads %d. Learn it again with ruleids model learn, or run \"ruleids model forget %s\"", ErrVersion, version.Version, Version, or(version.Name, spec.Name))
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %v. Remove the file, or put a copy of it there", ErrDamaged, err)
	}
	want := f.Digest
	f.Digest = ""
	if digest(encode(&f)) != want {
		return nil, fmt.Errorf("%w: its digest is another one. Remove the file, or put a copy of it there", ErrDamaged)
	}
	if spec.Definition == "" {
		i := slices.Index(Methods(), f.Method)
		spec.Name, spec.Definition, spec.Features, spec.Method = f.Name, f.Definition, f.Features, Method(max(i, 0))
	}
	if f.Definition != spec.Definition || f.Method != spec.Method.String() || len(f.Features) != len(spec.Features) {
		return nil, fmt.Errorf("%w: it was learned for %q by %s with %v, and the model has changed since. Learn it again with ruleids model learn, or run \"ruleids model forget %s\"",
			ErrDefinition, f.Name, f.Method, f.Features, spec.Name)
	}
	m := New(spec)
	m.id, m.pinned = f.ID, f.Pinned
	if err := m.restore(&f); err != nil {
		return nil, fmt.Errorf("%w: %v. Remove the file, or put a copy of it there", ErrDamaged, err)
	}
	return m, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// restore takes over what a file holds. The digest has shown that it is whole; what is checked here keeps a file that somebody
// made from crashing the program.
func (m *Model) restore(f *file) error {
	n := len(m.spec.Features)
	if l := f.Learning; l != nil {
		if l.Width < 1 || len(l.Slices) > maxSlices || l.Last < l.First || l.Offered < 0 {
			return errors.New("what was collected makes no sense")
		}
		to := m.learning
		to.first, to.last, to.offered, to.width, to.random = l.First, l.Last, l.Offered, l.Width, random(l.Random)
		for _, s := range l.Slices {
			rows, err := unpackRows(s.Rows, n)
			if err != nil || len(rows) > sliceRows || s.Seen < len(rows) {
				return errors.New("a sample that was collected makes no sense")
			}
			to.slices = append(to.slices, slice{s.Seen, rows})
		}
		return nil
	}
	z := f.Frozen
	if z == nil || n == 0 || n > MaxFeatures || len(z.Axes) != n || len(z.Ends) != n || z.Samples == 0 || z.Gate.Length < 1 {
		return errors.New("there is nothing in it")
	}
	axes := make([]axis, n)
	for i, a := range z.Axes {
		if !(a[1] > 0) {
			return errors.New("an axis makes no sense")
		}
		axes[i] = newAxis(a[0], a[1])
	}
	m.hist, m.live = newHistogram(axes), newHistogram(axes)
	if !m.hist.set(z.Samples, z.Counts) || !m.live.set(z.Live.Samples, z.Live.Counts) {
		return errors.New("a count makes no sense")
	}
	m.hist.ends = z.Ends
	counts := make([]uint32, numLevels)
	for _, l := range z.Levels {
		if l[0] >= numLevels || l[1] > 4*halfLife {
			return errors.New("a level makes no sense")
		}
		counts[l[0]] = l[1]
	}
	m.levels.set(counts)
	if m.levels.n == 0 || z.Whole <= len(z.Tail) || !slices.IsSorted(z.Tail) {
		return errors.New("there are no levels")
	}
	m.tail, m.whole = z.Tail, z.Whole
	if m.spec.Method == MethodForest {
		if z.Forest == nil || len(z.Forest.Blank) != n || len(z.Forest.Trees) == 0 || len(z.Forest.Trees) > forestTrees {
			return errors.New("there is no forest in it")
		}
		m.forest = &forest{blank: z.Forest.Blank, trees: make([]tree, len(z.Forest.Trees))}
		for i, s := range z.Forest.Trees {
			if err := m.forest.trees[i].unpack(s, n); err != nil {
				return err
			}
		}
	}
	g := z.Gate
	m.limit, m.untilNext, m.stretch, m.taught, m.quota, m.length = g.Limit, max(g.UntilNext, 0), g.Stretch, g.Taught, g.Quota, g.Length
	m.facts, m.learning, m.bins = z.Facts, nil, make([]uint8, n)
	return nil
}

// set makes the counts those given, and reports whether they can be.
func (h *histogram) set(n uint32, counts [][]uint32) bool {
	if n > 4*halfLife || len(counts) != len(h.counts) {
		return false
	}
	h.n = n
	for i, c := range counts {
		if len(c) != numBins {
			return false
		}
		for _, x := range c {
			if x > 4*halfLife {
				return false
			}
		}
		copy(h.counts[i][1:], c)
	}
	return true
}

func packRows(rows [][]float64) string {
	var out []byte
	for _, r := range rows {
		for _, v := range r {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		}
	}
	return base64.StdEncoding.EncodeToString(out)
}

func unpackRows(s string, n int) ([][]float64, error) {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil || n == 0 || len(data)%(8*n) != 0 {
		return nil, errors.New("not rows")
	}
	var out [][]float64
	for ; len(data) > 0; data = data[8*n:] {
		row := make([]float64, n)
		for i := range row {
			row[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
		out = append(out, row)
	}
	return out, nil
}

const nodeBytes = 14

func (t *tree) pack() string {
	var out []byte
	for _, n := range t.nodes {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(n.at))
		out = binary.LittleEndian.AppendUint32(out, uint32(n.right))
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(n.feature)))
	}
	return base64.StdEncoding.EncodeToString(out)
}

// unpack reads the nodes of a tree. Every node leads to later ones, so that each path ends.
func (t *tree) unpack(s string, features int) error {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(data) == 0 || len(data)%nodeBytes != 0 || len(data)/nodeBytes > 2*forestSample {
		return errors.New("a tree makes no sense")
	}
	n := len(data) / nodeBytes
	for i := range n {
		d := data[i*nodeBytes:]
		k := node{math.Float64frombits(binary.LittleEndian.Uint64(d)), int32(binary.LittleEndian.Uint32(d[8:])), int32(int16(binary.LittleEndian.Uint16(d[12:])))}
		if int(k.feature) >= features || k.feature < -1 || k.feature >= 0 && (int(k.right) <= i+1 || int(k.right) >= n) || k.feature < 0 && !(k.at >= 0 && k.at < deepest) {
			return errors.New("a node makes no sense")
		}
		t.nodes = append(t.nodes, k)
	}
	return nil
}
