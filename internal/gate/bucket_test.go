package gate

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

func vectors(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMurmur3Vectors(t *testing.T) {
	var f struct {
		Vectors []struct {
			H32   uint32
			Input string
			Seed  uint32
		}
	}
	vectors(t, "murmur3_x86_32.json", &f)
	if len(f.Vectors) != 20 {
		t.Fatalf("got %d vectors, want 20", len(f.Vectors))
	}
	for _, v := range f.Vectors {
		if got := murmur3([]byte(v.Input), v.Seed); got != v.H32 {
			t.Errorf("murmur3(%q, %d) = %#x, want %#x", v.Input, v.Seed, got, v.H32)
		}
	}
}

func TestBucketVectors(t *testing.T) {
	var f struct {
		Vectors []struct {
			Bucket   uint32 `json:"bucket_ppm"`
			ID, Salt string
		}
	}
	vectors(t, "krunk_v1_candidate.json", &f)
	if len(f.Vectors) != 17 {
		t.Fatalf("got %d vectors, want 17", len(f.Vectors))
	}
	for _, v := range f.Vectors {
		if got := Bucket(v.Salt, v.ID); got != v.Bucket {
			t.Errorf("Bucket(%q, %q) = %d, want %d", v.Salt, v.ID, got, v.Bucket)
		}
	}
}

func TestUnleashVectors(t *testing.T) {
	var f struct {
		Buckets []struct {
			Bucket, Normalizer, Seed uint32
			GroupID, Identifier      string
		}
		Rollouts []struct {
			Enabled             bool
			GroupID, Identifier string
			Rollout             uint32
		}
	}
	vectors(t, "unleash.json", &f)
	if len(f.Buckets) != 4 || len(f.Rollouts) != 9 {
		t.Fatalf("got %d and %d vectors, want 4 and 9", len(f.Buckets), len(f.Rollouts))
	}
	for _, v := range f.Buckets {
		if got := murmur3([]byte(v.GroupID+":"+v.Identifier), v.Seed)%v.Normalizer + 1; got != v.Bucket {
			t.Errorf("%s:%s = %d, want %d", v.GroupID, v.Identifier, got, v.Bucket)
		}
	}
	for _, v := range f.Rollouts {
		if got := murmur3([]byte(v.GroupID+":"+v.Identifier), 0)%100+1 <= v.Rollout; got != v.Enabled {
			t.Errorf("%s:%s at %d %% = %v, want %v", v.GroupID, v.Identifier, v.Rollout, got, v.Enabled)
		}
	}
}

func TestBucketRaisingOnlyAdds(t *testing.T) {
	for i := range 20_000 {
		b := Bucket("2026-w41", "id-"+strconv.Itoa(i))
		if b >= Million {
			t.Fatalf("bucket %d is outside", b)
		}
		was := false
		for ppm := uint32(0); ppm <= Million; ppm += 40_000 {
			is := Inside(b, ppm, true)
			if was && !is || ppm == 0 && is || ppm == Million && !is {
				t.Fatalf("id-%d at %d ppm: was %v, is %v", i, ppm, was, is)
			}
			was = is
		}
	}
}

func TestBucketsOfTwoSaltsAreIndependent(t *testing.T) {
	both, first := 0, 0
	for i := range 100_000 {
		id := strconv.FormatInt(76561197960287930+int64(i), 10)
		if Bucket("c1", id) < 100_000 {
			first++
			if Bucket("c2", id) < 100_000 {
				both++
			}
		}
	}
	if first < 9_500 || first > 10_500 || both < 900 || both > 1_100 {
		t.Errorf("got %d in the first cohort and %d in both, want about 10000 and 1000", first, both)
	}
}

func TestProjectEdges(t *testing.T) {
	for _, v := range []struct{ h, want uint32 }{{0, 0}, {4294, 0}, {4295, 1}, {1 << 31, 500_000}, {1<<32 - 1, 999_999}} {
		if got := project(v.h); got != v.want {
			t.Errorf("project(%d) = %d, want %d", v.h, got, v.want)
		}
	}
}
