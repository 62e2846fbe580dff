// Command wine writes bcryptprimitives.dll for Wine 8, which lacks it: programs of Go 1.22 and later do not start without. It is a
// library of data alone, whose one export, ProcessPrng, forwards to SystemFunction036 of advapi32.dll.
//
// The tests beside it run the program for Windows under Wine.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wine FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], forwarder(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// section is where the only section of the file lies in memory, and sectionSize what it takes in the file.
const (
	section     = 0x1000
	sectionSize = 0x200
)

// exports is the section: an export directory, its three tables of one entry each, and the names that they point at (Microsoft's
// PE Format, "The .edata Section").
func exports() (data []byte, used int) {
	const tables = 40 // bytes of the directory
	var names bytes.Buffer
	at := func(text string) uint32 {
		here := section + tables + 16 + names.Len()
		names.WriteString(text + "\x00")
		return uint32(here)
	}
	name, export, target := at("bcryptprimitives.dll"), at("ProcessPrng"), at("advapi32.SystemFunction036")
	var out bytes.Buffer
	write := func(words ...uint32) { _ = binary.Write(&out, binary.LittleEndian, words) }
	write(0, 0, 0, name, 1, 1, 1, section+tables, section+tables+4, section+tables+8)
	// The address of the function lies in the export directory, which makes it the name of another.
	write(target, export, 0, 0)
	out.Write(names.Bytes())
	return append(out.Bytes(), make([]byte, sectionSize-out.Len())...), out.Len()
}

// forwarder returns the library: headers of a PE32+ file for x86-64, and the section.
func forwarder() []byte {
	data, used := exports()
	header := make([]byte, sectionSize)
	le := binary.LittleEndian
	const pe, optional = 64, 240 // where the PE header begins, and the bytes of the optional header
	copy(header, "MZ")
	le.PutUint32(header[60:], pe)
	copy(header[pe:], "PE\x00\x00")
	coff := header[pe+4:]
	le.PutUint16(coff[0:], 0x8664) // x86-64
	le.PutUint16(coff[2:], 1)      // sections
	le.PutUint16(coff[16:], optional)
	le.PutUint16(coff[18:], 0x2022) // executable, large addresses, a library
	opt := coff[20:]
	le.PutUint16(opt[0:], 0x20b) // PE32+
	le.PutUint32(opt[8:], sectionSize)
	le.PutUint32(opt[20:], section)
	le.PutUint64(opt[24:], 0x180000000) // where it would like to be
	le.PutUint32(opt[32:], section)     // alignment in memory
	le.PutUint32(opt[36:], sectionSize) // and in the file
	le.PutUint16(opt[40:], 6)           // of Windows Vista and later
	le.PutUint16(opt[48:], 6)
	le.PutUint32(opt[56:], 2*section)
	le.PutUint32(opt[60:], sectionSize)
	le.PutUint16(opt[68:], 3)     // console
	le.PutUint16(opt[70:], 0x100) // it can be run from any place that holds no code
	le.PutUint64(opt[72:], 1<<20) // stack and heap: reserved, used
	le.PutUint64(opt[80:], 1<<12)
	le.PutUint64(opt[88:], 1<<20)
	le.PutUint64(opt[96:], 1<<12)
	le.PutUint32(opt[108:], 16) // directories, of which the first has the exports
	le.PutUint32(opt[112:], section)
	le.PutUint32(opt[116:], uint32(used))
	row := opt[optional:]
	copy(row, ".edata")
	le.PutUint32(row[8:], sectionSize)
	le.PutUint32(row[12:], section)
	le.PutUint32(row[16:], sectionSize)
	le.PutUint32(row[20:], sectionSize)
	le.PutUint32(row[36:], 0x40000040) // data that is read
	return append(header, data...)
}
