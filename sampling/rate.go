package sampling

import (
	"strconv"
	"time"
)

// Rate is a number of records per second, minute or hour; the zero Rate is no limit.
type Rate struct {
	N   uint32
	Per time.Duration
}

// String returns r as a policy writes it, such as "120/m", and "" for no limit.
func (r Rate) String() string {
	if r.N == 0 {
		return ""
	}
	unit := "/h"
	switch r.Per {
	case time.Second:
		unit = "/s"
	case time.Minute:
		unit = "/m"
	}
	return strconv.FormatUint(uint64(r.N), 10) + unit
}
