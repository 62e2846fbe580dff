package alert

import "math"

// A Sample is what a model scored, and why.
type Sample struct {
	Model    string
	Baseline string // names what the model had learned: the beginning of a digest
	Score    float64
	Top      string  // the feature that weighs most
	Bits     float64 // how much
	Odd      string  // what is odd, in words: "bytes 2.1 GB in a minute; usually 4-90 MB (99 of 100)"
	Features []Feature
}

// A Feature is one number of a sample, with the range of the middle 99 of 100 values that the model learned. Logarithms are
// undone.
type Feature struct {
	Name      string
	Value     float64 // NaN where there was none
	Low, High float64
	Known     bool // Low and High mean something
	Bits      float64
}

// write writes the key model; nothing for nil.
func (s *Sample) write(o *object) {
	if s == nil {
		return
	}
	o.begin("model", '{')
	o.text("name", s.Model)
	o.text("baseline", s.Baseline)
	o.number("score", s.Score)
	o.text("top", s.Top)
	o.number("bits", s.Bits)
	o.text("odd", s.Odd)
	o.begin("features", '[')
	for _, f := range s.Features {
		o.begin("", '{')
		o.text("name", f.Name)
		o.number("value", f.Value)
		if f.Known {
			o.begin("usual", '[')
			o.number("", f.Low)
			o.number("", f.High)
			o.end(']')
		} else {
			o.number("usual", math.NaN())
		}
		o.number("bits", f.Bits)
		o.end('}')
	}
	o.end(']')
	o.end('}')
}

// wireSample is a sample as write writes it.
type wireSample struct {
	Name     string  `json:"name"`
	Baseline string  `json:"baseline"`
	Score    float64 `json:"score"`
	Top      string  `json:"top"`
	Bits     float64 `json:"bits"`
	Odd      string  `json:"odd"`
	Features []struct {
		Name  string      `json:"name"`
		Value *float64    `json:"value"`
		Usual *[2]float64 `json:"usual"`
		Bits  float64     `json:"bits"`
	} `json:"features"`
}

func (w *wireSample) sample() *Sample {
	if w == nil {
		return nil
	}
	s := &Sample{Model: w.Name, Baseline: w.Baseline, Score: w.Score, Top: w.Top, Bits: w.Bits, Odd: w.Odd}
	for _, f := range w.Features {
		x := Feature{Name: f.Name, Value: orNaN(f.Value), Bits: f.Bits}
		if f.Usual != nil {
			x.Low, x.High, x.Known = f.Usual[0], f.Usual[1], true
		}
		s.Features = append(s.Features, x)
	}
	return s
}
