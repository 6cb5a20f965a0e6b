package benchmarks

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func BenchmarkReport(b *testing.B) { benchmarkAll(b, ReportCases()) }

func BenchmarkLog(b *testing.B) { benchmarkAll(b, LogCases()) }

func BenchmarkGate(b *testing.B) { benchmarkAll(b, GateCases()) }

func BenchmarkDrop(b *testing.B) { benchmarkAll(b, DropCases()) }

func benchmarkAll(b *testing.B, cases []Case) {
	for _, c := range cases {
		b.Run(c.Name, c.Benchmark)
	}
}
