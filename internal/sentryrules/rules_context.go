package sentryrules

import "strings"

const maxContext = 8192

// contextRules are the fields whose type servers insist on. The letters: s string, b boolean, i integer of at least 0,
// n number, t time, l list, o object; ! is required.
func contextRules() map[string]rule {
	specs := map[string]string{
		"device": "name:s! family:s model:s model_id:s arch:s manufacturer:s brand:s battery_level:n battery_status:s " +
			"battery_temperature:n orientation:s charging:b online:b low_memory:b simulator:b memory_size:i free_memory:i " +
			"usable_memory:i storage_size:i free_storage:i boot_time:t processor_count:i cpu_description:s " +
			"processor_frequency:n device_type:s screen_resolution:s screen_width_pixels:i screen_height_pixels:i " +
			"screen_density:n screen_dpi:i device_unique_identifier:s",
		"os":      "name:s version:s build:s kernel_version:s rooted:b theme:s raw_description:s distribution_name:s distribution_version:s",
		"runtime": "name:s version:s raw_description:s build:s go_numroutines:i go_maxprocs:i go_numcgocalls:i",
		"app": "app_identifier:s app_name:s app_version:s app_build:s build_type:s app_start_time:t device_app_hash:s " +
			"app_memory:i app_arch:s in_foreground:b view_names:l permissions:o start_type:s",
		"gpu": "name:s! version:s id:s vendor_id:s vendor_name:s memory_size:i api_type:s driver_version:s " +
			"multi_threaded_rendering:b npot_support:s max_texture_size:i graphics_shader_level:s",
		"culture": "calendar:s display_name:s locale:s is_24_hour_format:b timezone:s",
		"trace":   "op:s status:s origin:s data:o",
	}
	kinds := map[string]rule{}
	for kind, spec := range specs {
		known, required := parseSpec(spec)
		if kind == "trace" {
			known["trace_id"], known["span_id"], known["parent_span_id"] = hexID(32, lossField), hexID(16, lossField), hexID(16, lossField)
			required = append(required, "trace_id", "span_id")
		}
		kinds[kind] = open(known, required...)
	}
	kinds["os"] = all(kinds["os"], nameOr)
	kinds["runtime"] = all(kinds["runtime"], nameOr)
	kinds["error_sampling"] = open(fields{"client_sample_rate": sampleRate}, "client_sample_rate")
	kinds["feedback"] = closed(fields{
		"message": losing(lossItem, filled(4096)), "contact_email": filled(0), "name": filled(0), "url": filled(0), "source": filled(0), "replay_id": hexID(32, lossField),
		"associated_event_id": eventID(lossField),
	}, "message")
	kinds["flags"] = open(fields{"values": list(closed(fields{"flag": filled(32), "result": noNull}, "flag", "result"))}, "values")
	return kinds
}

func parseSpec(spec string) (fields, []string) {
	types := map[byte]rule{'s': str(0), 'b': aBool, 'i': whole(0), 'n': aNumber, 't': moment(lossField, 0, 0), 'l': list(noNull), 'o': anObject}
	known, required := fields{}, []string(nil)
	for _, f := range strings.Fields(spec) {
		name, typ, _ := strings.Cut(f, ":")
		known[name] = types[typ[0]]
		if strings.HasSuffix(typ, "!") {
			required = append(required, name)
		}
	}
	return known, required
}

func nameOr(c *check, n *Node) {
	if n.kind == object && n.Get("name").Text() == "" && n.Get("raw_description").Text() == "" {
		c.fault(n, lossField, "no name", "name, or raw_description")
	}
}

func sampleRate(c *check, n *Node) {
	if c.is(n, number) && (n.Float() <= 0 || n.Float() > 1) {
		c.faultf(n, lossField, "the rate in use, above 0 and at most 1", "sample rate %s", Clip(n.str))
	}
}

func contexts(c *check, n *Node) {
	if !c.is(n, object) {
		return
	}
	for _, m := range n.Members {
		mark := c.key(m.Name)
		c.context(m.Name, m.Val)
		c.out(mark)
	}
}

func (c *check) context(name string, n *Node) {
	if !c.is(n, object) {
		return
	}
	if t := n.Get("type").Text(); t != "" {
		name = t
	}
	if r := c.rules.kinds[name]; r != nil {
		r(c, n)
	} else {
		noNull(c, n)
	}
	limit := maxContext
	if name == "flags" {
		limit = 132072
	}
	sizeOf(limit)(c, n)
	deepest(7)(c, n)
	scrubKeys(c, n)
}
