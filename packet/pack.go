package packet

import (
	"bytes"
	"encoding/gob"
)

// exported is a Packet by what gob knows of it.
type exported Packet

// A packed is what is kept of an event that is written to a file. It does not say where headers are in its frame.
type packed struct {
	Packet *exported
	Name   []byte
	Texts  [][]byte // of heads; none where there are none
}

// Pack returns the bytes of events that CopyTo made.
func Pack(events []*Packet) ([]byte, error) {
	out := make([]packed, len(events))
	for i, p := range events {
		out[i] = packed{Packet: (*exported)(p), Name: p.QueryName()}
		if p.heads != nil {
			for _, t := range p.heads.fields() {
				out[i].Texts = append(out[i].Texts, *t)
			}
		}
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(out)
	return b.Bytes(), err
}

// Unpack returns the events that Pack was given.
func Unpack(data []byte) ([]*Packet, error) {
	var in []packed
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&in); err != nil {
		return nil, err
	}
	out := make([]*Packet, len(in))
	for i, s := range in {
		p := new(Packet)
		if s.Packet != nil {
			p = (*Packet)(s.Packet)
		}
		p.setQueryName(s.Name)
		for j, t := range s.Texts {
			if fields := p.texts().fields(); j < len(fields) {
				*fields[j] = t
			}
		}
		out[i] = p
	}
	return out, nil
}
