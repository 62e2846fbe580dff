#include "textflag.h"

// func prefetch(p *uint64)
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func prefetchByte(p *byte)
TEXT ·prefetchByte(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func prefetchWords(from, to *uint64)
TEXT ·prefetchWords(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ from+0(FP), AX
	MOVQ to+8(FP), BX
	ANDQ $~63, AX
next:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	CMPQ AX, BX
	JLS  next
	RET
