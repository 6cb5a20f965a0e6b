//go:build !krunk_nowalk && !go1.28

#include "textflag.h"

// func follow(frame uintptr, skip int, dst *uintptr, n int, exit, panics uintptr) (got int, e end)
//
// BX is a frame: at 0 the frame around it, at 8 the return address. R8 and R9 bound it by the goroutine's stack, whose limits
// are the first two words of g. No call, no stack of its own and no safe point, so the stack does not move meanwhile.
TEXT ·follow(SB), NOSPLIT|NOFRAME, $0-57
	MOVQ skip+8(FP), R10
	MOVQ dst+16(FP), DI
	MOVQ n+24(FP), CX
	MOVQ exit+32(FP), R11
	MOVQ panics+40(FP), R12
	MOVQ (TLS), R13
	MOVQ 0(R13), R8
	MOVQ 8(R13), R9
	SUBQ $16, R9
	MOVQ frame+0(FP), BX
	TESTQ BX, BX
	JNE  bounded
	MOVQ BP, BX

bounded:
	XORQ AX, AX
	XORQ R13, R13

frame:
	CMPQ BX, R8
	JCS  done
	CMPQ BX, R9
	JHI  done
	TESTQ $7, BX
	JNE  done
	MOVQ 8(BX), DX
	CMPQ DX, R12
	JEQ  done
	TESTQ R10, R10
	JEQ  keep
	DECQ R10
	JMP  next

keep:
	CMPQ AX, CX
	JGE  full
	MOVQ DX, (DI)(AX*8)
	INCQ AX

next:
	CMPQ DX, R11
	JEQ  last
	MOVQ (BX), SI
	CMPQ SI, BX
	JLS  done
	MOVQ SI, BX
	JMP  frame

last:
	MOVL $1, R13
	JMP  done

full:
	MOVL $2, R13

done:
	MOVQ AX, got+48(FP)
	MOVB R13, e+56(FP)
	RET
