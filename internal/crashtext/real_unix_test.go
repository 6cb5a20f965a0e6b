//go:build unix

package crashtext

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// signals are ways to die of a signal from outside.
func signals() map[string]way {
	all := map[string]way{}
	for message, sig := range map[string]syscall.Signal{
		"SIGQUIT: quit": syscall.SIGQUIT, "SIGABRT: abort": syscall.SIGABRT, "SIGSEGV: segmentation violation": syscall.SIGSEGV, "SIGBUS: bus error": syscall.SIGBUS,
		"SIGILL: illegal instruction": syscall.SIGILL, "SIGFPE: floating-point exception": syscall.SIGFPE, "SIGTRAP: trace trap": syscall.SIGTRAP, "SIGSYS: bad system call": syscall.SIGSYS,
	} {
		all[message[:len("SIGQUIT")]] = way{die: killed(sig), kind: Signal, message: message}
	}
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		all[sig.String()] = way{die: killed(sig), empty: true}
	}
	if runtime.GOOS == "linux" {
		all["no memory"] = way{die: starve, kind: Fatal, message: "out of memory"}
	}
	return all
}

func killed(sig syscall.Signal) func() {
	return func() {
		_ = syscall.Kill(os.Getpid(), sig)
		time.Sleep(20 * time.Second)
	}
}

// starve uses up the memory that it may have.
func starve() {
	const addressSpace = 9 // RLIMIT_AS, which package syscall does not name everywhere
	limit := syscall.Rlimit{Cur: 512 << 20, Max: 512 << 20}
	if err := syscall.Setrlimit(addressSpace, &limit); err != nil {
		panic(err)
	}
	for all := [][]byte(nil); len(all) < 1000; {
		all = append(all, make([]byte, 16<<20))
	}
}
