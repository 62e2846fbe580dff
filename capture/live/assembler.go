package live

import "golang.org/x/net/bpf"

// maxInstructions is what the kernel takes: BPF_MAXINSNS of linux/bpf_common.h.
const maxInstructions = 4096

// A label is a place in a program that is named before it is known. All jumps go forward.
type label int

// next is the label of the instruction after a branch.
const next label = -1

// An assembler puts a classic BPF program together. The jumps of a conditional instruction reach 255
// instructions; where that is not enough, it takes an island on the way, or the assembler puts unconditional
// jumps behind it, which reach anywhere.
type assembler struct {
	steps   []step
	places  []int // by label: index of its step
	common  label // a target that branches all over the program have
	islands map[label][]int
	last    int // the step behind the last island
}

// A step is one instruction, or a branch with the unconditional jumps that it needs.
type step struct {
	ins        bpf.Instruction // nil for a branch
	test       bpf.JumpTest
	val        uint32
	byX        bool // compare with X, not with val
	yes, no    label
	jump       bool // an unconditional jump to yes
	farY, farN bool // the target is out of reach
}

// label returns a new label.
func (a *assembler) label() label {
	a.places = append(a.places, -1)
	return label(len(a.places) - 1)
}

// place puts a label before the next step.
func (a *assembler) place(l label) { a.places[l] = len(a.steps) }

// emit adds instructions that are no jumps.
func (a *assembler) emit(ins ...bpf.Instruction) {
	for _, i := range ins {
		a.steps = append(a.steps, step{ins: i})
	}
}

// branch compares A with a constant.
func (a *assembler) branch(test bpf.JumpTest, val uint32, yes, no label) {
	a.steps = append(a.steps, step{test: test, val: val, yes: yes, no: no})
}

// branchX compares A with X.
func (a *assembler) branchX(test bpf.JumpTest, yes, no label) {
	a.steps = append(a.steps, step{test: test, byX: true, yes: yes, no: no})
}

// jump goes to a label.
func (a *assembler) jump(to label) {
	a.steps = append(a.steps, step{jump: true, yes: to})
}

// islandEvery is the number of steps between islands: enough of them are in reach of every branch.
const islandEvery = 100

// island puts jumps to the common target and to another here, for branches that do not reach these, unless
// some are near. It may be called only where no step falls through to the next.
func (a *assembler) island(to label) {
	if len(a.steps)-a.last < islandEvery {
		return
	}
	if a.islands == nil {
		a.islands = map[label][]int{}
	}
	for _, l := range []label{a.common, to} {
		a.islands[l] = append(a.islands[l], len(a.steps))
		a.jump(l)
	}
	a.last = len(a.steps)
}

// size returns how many instructions a step takes.
func (s *step) size() int {
	n := 1
	if s.farY {
		n++
	}
	if s.farN {
		n++
	}
	return n
}

// program returns the instructions. Every label that is used must have been placed.
func (a *assembler) program() []bpf.Instruction {
	at := make([]int, len(a.steps)+1) // where each step begins
	const reach = 255
	// to returns where a branch to a label goes: to an island where the label is out of reach.
	to := func(i int, l label) int {
		if l == next {
			return at[i+1]
		}
		place := at[a.places[l]]
		if place-at[i]-1 > reach {
			for _, n := range a.islands[l] {
				if n > i && at[n]-at[i]-1 <= reach {
					return at[n]
				}
			}
		}
		return place
	}
	// A jump that is far stays far as the program grows, so this comes to an end.
	for grown := true; grown; {
		grown = false
		for i := range a.steps {
			at[i+1] = at[i] + a.steps[i].size()
		}
		for i := range a.steps {
			s := &a.steps[i]
			if s.ins != nil || s.jump {
				continue
			}
			if !s.farY && to(i, s.yes)-at[i]-1 > reach {
				s.farY, grown = true, true
			}
			if !s.farN && to(i, s.no)-at[i]-1 > reach {
				s.farN, grown = true, true
			}
		}
	}
	var out []bpf.Instruction
	for i := range a.steps {
		s := &a.steps[i]
		switch {
		case s.ins != nil:
			out = append(out, s.ins)
			continue
		case s.jump:
			out = append(out, bpf.Jump{Skip: uint32(at[a.places[s.yes]] - at[i] - 1)})
			continue
		}
		yes, no := to(i, s.yes)-at[i]-1, to(i, s.no)-at[i]-1
		var far []bpf.Instruction
		if s.farY {
			far = append(far, bpf.Jump{Skip: uint32(yes - 1)})
			yes = 0
		}
		if s.farN {
			far = append(far, bpf.Jump{Skip: uint32(no - 1 - len(far))})
			no = len(far) - 1
		}
		if s.byX {
			out = append(out, bpf.JumpIfX{Cond: s.test, SkipTrue: uint8(yes), SkipFalse: uint8(no)})
		} else {
			out = append(out, bpf.JumpIf{Cond: s.test, Val: s.val, SkipTrue: uint8(yes), SkipFalse: uint8(no)})
		}
		out = append(out, far...)
	}
	return out
}

// A span is the values of A from lo to hi, and where to go with them.
type span struct {
	lo, hi uint32
	to     label
}

// A cut is where a run of values of A begins that have the same target.
type cut struct {
	from uint32
	to   label
}

// search goes to the label of the span that A is in, and to miss where it is in none. The spans are
// disjoint, ascend, and lie within 0 to top, as A does. It takes about log2 of their number.
func (a *assembler) search(spans []span, top uint32, miss label) {
	cuts := []cut{{0, miss}}
	for _, s := range spans {
		if last := &cuts[len(cuts)-1]; last.from == s.lo {
			last.to = s.to
		} else {
			cuts = append(cuts, cut{s.lo, s.to})
		}
		if s.hi < top {
			cuts = append(cuts, cut{s.hi + 1, miss})
		}
	}
	if len(cuts) == 1 {
		a.jump(cuts[0].to)
		return
	}
	a.searchCuts(cuts, miss)
}

// searchCuts is search among two cuts or more, the first of which is known to be at or below A.
func (a *assembler) searchCuts(cuts []cut, miss label) {
	if len(cuts) == 3 && cuts[0].to == cuts[2].to && cuts[1].from+1 == cuts[2].from {
		a.branch(bpf.JumpEqual, cuts[1].from, cuts[1].to, cuts[0].to)
		a.island(miss)
		return
	}
	m := len(cuts) / 2
	lower, upper := cuts[:m], cuts[m:]
	no, yes := lower[0].to, upper[0].to
	if len(lower) > 1 {
		no = next
	}
	if len(upper) > 1 {
		yes = a.label()
	}
	a.branch(bpf.JumpGreaterOrEqual, upper[0].from, yes, no)
	if len(lower) > 1 {
		a.searchCuts(lower, miss)
	}
	if len(upper) > 1 {
		if len(lower) == 1 {
			a.island(miss)
		}
		a.place(yes)
		a.searchCuts(upper, miss)
	}
	a.island(miss)
}
