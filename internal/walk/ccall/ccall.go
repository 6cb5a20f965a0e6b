//go:build cgo

// Package ccall calls Go from C code that keeps no frame pointers, for the test of package walk: there the chain is not whole.
package ccall

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
#include <stdlib.h>
extern int krunkCompare(void*, void*);
static int compare(const void *a, const void *b) { return krunkCompare((void*)a, (void*)b); }
static void sortInC(int *v, int n) { qsort(v, n, sizeof(int), compare); }
*/
import "C"

import "unsafe"

var callback func() // set by Sort; package level, since C cannot carry a Go function

//export krunkCompare
func krunkCompare(a, b unsafe.Pointer) C.int {
	callback()
	return *(*C.int)(a) - *(*C.int)(b)
}

// Sort sorts four numbers in C and calls f for each comparison. It must not be called by two goroutines at once.
func Sort(f func()) {
	callback = f
	v := [...]C.int{4, 3, 2, 1}
	C.sortInC(&v[0], C.int(len(v)))
}
