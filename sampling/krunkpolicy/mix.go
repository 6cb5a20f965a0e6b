package main

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/sampling"
)

// maxClasses bounds how many kinds of clients a population has, and with them memory and time.
const maxClasses = 256

// class is one kind of client: the same for all conditions that do not name anybody.
type class struct {
	id    sampling.Identity
	share float64 // of the population
}

// classes reads -mix flags such as "release=1.41.0:70,1.42.0:30" and combines them.
func classes(mix list) ([]class, error) {
	out := []class{{share: 1}}
	for _, text := range mix {
		key, values, ok := strings.Cut(text, "=")
		if !ok {
			return nil, misused("-mix %q; write e.g. release=1.41.0:70,1.42.0:30", text)
		}
		weights, err := weigh(text, values)
		if err != nil {
			return nil, err
		}
		if len(out)*len(weights) > maxClasses {
			return nil, misused("-mix makes more than %d kinds of clients; leave some out", maxClasses)
		}
		var next []class
		for _, c := range out {
			for _, w := range weights {
				n := class{share: c.share * w.share}
				if n.id, ok = with(c.id, key, w.value); !ok {
					return nil, misused("-mix %q; use release, platform, arch, region, env, build or tags.NAME", text)
				}
				next = append(next, n)
			}
		}
		out = next
	}
	return out, nil
}

type weight struct {
	value string
	share float64
}

func weigh(text, values string) ([]weight, error) {
	var out []weight
	sum := 0.0
	for part := range strings.SplitSeq(values, ",") {
		value, number, _ := strings.Cut(part, ":")
		w := 1.0
		if number != "" {
			var err error
			if w, err = strconv.ParseFloat(number, 64); err != nil || !(w > 0 && w <= 1e9) {
				return nil, misused("-mix %q: weight %q; write a number above 0", text, number)
			}
		}
		out = append(out, weight{value, w})
		sum += w
	}
	for i := range out {
		out[i].share /= sum
	}
	return out, nil
}

func with(id sampling.Identity, key, value string) (sampling.Identity, bool) {
	switch key {
	case "release":
		id.Release = value
	case "platform":
		id.Platform = value
	case "arch":
		id.Arch = value
	case "region":
		id.Region = value
	case "env":
		id.Env = value
	case "build":
		id.Build = value
	default:
		name, ok := strings.CutPrefix(key, "tags.")
		if !ok || name == "" {
			return id, false
		}
		tags := map[string]string{name: value}
		for k, v := range id.Tags {
			if k != name {
				tags[k] = v
			}
		}
		id.Tags = tags
	}
	return id, true
}
