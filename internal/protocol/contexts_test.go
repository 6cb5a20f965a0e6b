package protocol

import "testing"

func TestContextName(t *testing.T) {
	for name, want := range map[string]string{
		"match": "match", "gpu": "gpu", "device": "device", "": "", "a b": "a b", "rep": "rep", "trace profile": "trace profile",
		"profile": "profile_", "replay": "replay_", "trace": "trace_", "attributes": "attributes_", "krunk": "krunk_", "error_sampling": "error_sampling_", "flags": "flags_",
	} {
		if got := ContextName(name, Raw("{}")); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := ContextName("flags", Raw(`{"values":[{"flag":"new_hud","result":true}]}`)); got != "flags" {
		t.Errorf("Sentry's feature flags: got %q", got)
	}
}

// What servers would null goes out in the type that they want, or under another name.
func TestTyped(t *testing.T) {
	for _, tt := range []struct{ name, o, want string }{
		{"match", `{"vendor_id":4098}`, `{"vendor_id":4098}`},
		{"gpu", `{"vendor_id":4098,"version":1.5,"name":"RTX"}`, `{"vendor_id":"4098","version":"1.5","name":"RTX"}`},
		{"gpu", `{"memory_size":"8 GB"}`, `{"memory_size_":"8 GB","name":"unknown"}`},
		{"gpu", `{"memory_size":"8192","max_texture_size":16384}`, `{"memory_size":8192,"max_texture_size":16384,"name":"unknown"}`},
		{"gpu", `{"memory_size":-1,"memory_size_":2}`, `{"memory_size__":-1,"memory_size_":2,"name":"unknown"}`},
		{"gpu", `{"multi_threaded_rendering":"true","supports_ray_tracing":1}`, `{"multi_threaded_rendering":true,"supports_ray_tracing_":1,"name":"unknown"}`},
		{"device", `{"boot_time":"2026-11-27T02:03:04.5Z"}`, `{"boot_time":"2026-11-27T02:03:04.5Z"}`},
		{"device", `{"boot_time":"yesterday"}`, `{"boot_time_":"yesterday"}`},
		{"app", `{"app_start_time":1790000000}`, `{"app_start_time_":1790000000}`},
		{"device", `{"free_memory":3.5,"battery_level":"full","screen_density":2.5,"uuid":"x"}`, `{"free_memory_":3.5,"battery_level_":"full","screen_density":2.5,"uuid_":"x"}`},
		{"device", `{"battery_level":"87","online":true,"low_memory":"no"}`, `{"battery_level":87,"online":true,"low_memory_":"no"}`},
		{"runtime", `{"version":3,"name":{"a":1}}`, `{"version":"3","name_":{"a":1}}`},
		{"os", `{"rooted":"yes","version":null}`, `{"rooted_":"yes","version":null}`},
		{"app", `{"view_names":["boss","hud"]}`, `{"view_names":["boss","hud"]}`},
		{"app", `{"view_names":["boss",1]}`, `{"view_names_":["boss",1]}`},
		{"app", `{"view_names":"boss"}`, `{"view_names_":"boss"}`},
		{"device", `{"slots":3,"a b":1}`, `{"slots":3,"a b":1}`},
	} {
		if got := string(Typed(tt.name, Raw(tt.o))); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.name, tt.o, got, tt.want)
		}
	}
}
