// Package fasthcl parses HCL files as hclsyntax does, in a third of the time and with half of the
// allocations for what rule files are mostly made of. It reads plain blocks by itself, on all processors,
// and leaves everything else, and every mistake, to hclsyntax.
package fasthcl

import (
	"bytes"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
)

// Parse parses a file. The tree and the diagnostics are those of diag.Parse. Parse may be called by several goroutines.
func Parse(data []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if f := parseChunks(data, name); f != nil {
		return f, nil
	}
	return diag.Parse(data, name)
}

// A chunk is a stretch of a file that is parsed on its own: mostly one top-level block. HCL's parser
// keeps every token of what it parses in one slice that it grows as it goes, which for a large file
// costs more than the parsing, and works on one processor.
type chunk struct {
	bytes []byte
	start hcl.Pos
}

// chunks cuts a file behind the lines that are a closing brace at the margin, as layout has it at the
// end of a top-level block.
func chunks(data []byte) []chunk {
	var out []chunk
	at := hcl.InitialPos
	for at.Byte < len(data) {
		c := chunk{data[at.Byte:][:chunkLen(data[at.Byte:])], at}
		out = append(out, c)
		at.Byte += len(c.bytes)
		at.Line += bytes.Count(c.bytes, []byte{'\n'})
	}
	return out
}

// chunkLen returns the length of the first chunk of data.
func chunkLen(data []byte) int {
	n := 0
	for {
		i := bytes.Index(data[n:], []byte("\n}"))
		if i < 0 {
			return len(data)
		}
		n += i + 2
		rest := bytes.TrimPrefix(data[n:], []byte{'\r'})
		if len(rest) == 0 {
			return len(data)
		}
		if rest[0] == '\n' {
			return len(data) - len(rest) + 1
		}
	}
}

// parseChunks parses a file chunk by chunk. The result is that of parsing it whole: a cut within a
// block, which heredocs, comments and odd layout make possible, leaves the chunk before it with a
// block that is not closed. It returns nil where a chunk has an error, or more than blocks, since names
// are to be told apart across the whole file.
func parseChunks(data []byte, name string) *hcl.File {
	cs := chunks(data)
	bodies := make([]*hclsyntax.Body, len(cs))
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(cs)+chunkRun-1)/chunkRun) {
		wg.Go(func() {
			for !failed.Load() {
				from := int(next.Add(chunkRun)) - chunkRun
				if from >= len(cs) {
					return
				}
				for i := from; i < min(from+chunkRun, len(cs)); i++ {
					if bodies[i] = cs[i].parse(name); bodies[i] == nil {
						failed.Store(true)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() || len(bodies) == 0 {
		return nil
	}
	// Of a file nothing can be made but by hclsyntax: an empty one is filled.
	f, _ := hclsyntax.ParseConfig(nil, name, hcl.InitialPos)
	whole := f.Body.(*hclsyntax.Body)
	whole.SrcRange, whole.EndRange = bodies[0].SrcRange, bodies[len(bodies)-1].EndRange
	whole.SrcRange.End = whole.EndRange.End
	for _, b := range bodies {
		whole.Blocks = append(whole.Blocks, b.Blocks...)
	}
	f.Bytes = data
	return f
}

// parse returns the body of a chunk, or nil where it has errors, or attributes, or is nested too deep: a file is where one of its
// chunks is.
func (c chunk) parse(name string) *hclsyntax.Body {
	if diag.TooDeep(c.bytes, name) != nil {
		return nil
	}
	if body := c.parsePlain(name); body != nil {
		return body
	}
	if bytes.HasPrefix(c.bytes, byteOrderMark) { // hclsyntax drops one, which only a file may begin with
		return nil
	}
	f, diags := hclsyntax.ParseConfig(c.bytes, name, c.start)
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok || len(diags) > 0 || len(body.Attributes) > 0 {
		return nil
	}
	return body
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// chunkRun is the number of chunks that a processor takes at a time.
const chunkRun = 64
