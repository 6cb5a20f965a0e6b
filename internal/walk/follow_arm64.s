//go:build !krunk_nowalk && !go1.28

#include "textflag.h"

// func follow(frame uintptr, skip int, dst *uintptr, n int, exit, panics uintptr) (got int, e end)
//
// R4 is a frame: at 0 the frame around it, at 8 the return address. R2 and R3 bound it by the goroutine's stack, whose limits
// are the first two words of g. No call, no stack of its own and no safe point, so the stack does not move meanwhile.
TEXT ·follow(SB), NOSPLIT|NOFRAME, $0-57
	MOVD skip+8(FP), R10
	MOVD dst+16(FP), R0
	MOVD n+24(FP), R1
	MOVD exit+32(FP), R11
	MOVD panics+40(FP), R12
	MOVD 0(g), R2
	MOVD 8(g), R3
	SUB  $16, R3
	MOVD frame+0(FP), R4
	CBNZ R4, bounded
	MOVD R29, R4

bounded:
	MOVD $0, R5
	MOVD $0, R8

frame:
	CMP  R2, R4
	BLO  done
	CMP  R3, R4
	BHI  done
	TST  $7, R4
	BNE  done
	MOVD 8(R4), R6
	CMP  R12, R6
	BEQ  done
	CBZ  R10, keep
	SUB  $1, R10
	B    next

keep:
	CMP  R1, R5
	BGE  full
	MOVD R6, (R0)(R5<<3)
	ADD  $1, R5

next:
	CMP  R11, R6
	BEQ  last
	MOVD (R4), R7
	CMP  R4, R7
	BLS  done
	MOVD R7, R4
	B    frame

last:
	MOVD $1, R8
	B    done

full:
	MOVD $2, R8

done:
	MOVD R5, got+48(FP)
	MOVB R8, e+56(FP)
	RET
