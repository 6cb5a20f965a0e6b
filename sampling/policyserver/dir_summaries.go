package policyserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Summaries of servers lie in a directory of their own, which nobody needs to keep: "servers/NAME.json".
const summaryDir = "servers"

// forgetAfter is when the summary of a server that says nothing any more is taken away.
const forgetAfter = 24 * time.Hour

// PutSummary implements SummaryStore. It does not wait for the disk: what is lost comes again.
func (d *Dir) PutSummary(_ context.Context, server string, b []byte) error {
	dir := filepath.Join(d.path, summaryDir)
	if !serverName(server) {
		return fmt.Errorf("policyserver: summary: %q is not the name of a server", server)
	}
	if len(b) > MaxSummary {
		return fmt.Errorf("policyserver: summary of %s: %d bytes, at most %d", server, len(b), MaxSummary)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("policyserver: summary of %s: %w", server, err)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("policyserver: summary of %s: %w", server, err)
	}
	defer os.Remove(f.Name()) // gone already once it was renamed
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, server+".json"))
	}
	if err != nil {
		return fmt.Errorf("policyserver: summary of %s: %w", server, err)
	}
	return nil
}

// Summaries implements SummaryStore.
func (d *Dir) Summaries(context.Context) (map[string][]byte, error) {
	dir := filepath.Join(d.path, summaryDir)
	list, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("policyserver: summaries: %w", err)
	}
	out := make(map[string][]byte)
	for _, f := range list {
		path := filepath.Join(dir, f.Name())
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > forgetAfter {
			_ = os.Remove(path) // or the next reading does
			continue
		}
		name, isJSON := strings.CutSuffix(f.Name(), ".json")
		if !isJSON || !serverName(name) || len(out) > 2*maxServers {
			continue
		}
		out[name], _ = readFile(path, MaxSummary) // nil: it says that it cannot be read
	}
	return out, nil
}
