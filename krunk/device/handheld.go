package device

import "github.com/krunk-go/krunk/internal/ascii"

// handheld is a device that is known by what its firmware says of itself.
type handheld struct {
	maker string // begins the manufacturer's name; empty: any
	model string // begins the product's name; empty: all of this maker
	name  string // as people call it; empty: as it says itself
}

// handhelds are tried in this order. The names are those of the kernel's quirk tables (drivers/gpu/drm/drm_panel_orientation_quirks.c,
// drivers/hwmon/oxp-sensors.c, drivers/platform/x86/lenovo) and of device trees.
var handhelds = [...]handheld{
	{"Valve", "Jupiter", "Steam Deck LCD"},
	{"Valve", "Galileo", "Steam Deck OLED"},
	{"ASUS", "ROG Ally X RC72L", "ROG Ally X"},
	{"ASUS", "ROG Ally RC71L", "ROG Ally"},
	{"ASUS", "ROG Xbox Ally X", "ROG Xbox Ally X"},
	{"ASUS", "ROG Xbox Ally", "ROG Xbox Ally"},
	{"LENOVO", "83E1", "Legion Go"},
	{"LENOVO", "83N0", "Legion Go 2"},
	{"LENOVO", "83N1", "Legion Go 2"},
	{"LENOVO", "83L3", "Legion Go S"},
	{"LENOVO", "83N6", "Legion Go S"},
	{"LENOVO", "83Q2", "Legion Go S"},
	{"LENOVO", "83Q3", "Legion Go S"},
	{"Micro-Star", "Claw ", ""},
	{"GPD", "G1617-01", "GPD Win Mini"},
	{"GPD", "G1617-02", "GPD Win Mini"},
	{"GPD", "G1618-03", "GPD Win 3"},
	{"GPD", "G1618-04", "GPD Win 4"},
	{"GPD", "G1619", "GPD Win Max 2"},
	{"AYANEO", "", ""},
	{"AYADEVICE", "", ""},
	{"ONE-NETBOOK", "ONEXPLAYER", ""},
	{"AOKZOE", "", ""},
	{"", "ZOTAC GAMING ZONE", "ZOTAC Gaming Zone"},
	{"", "Anbernic", ""},
	{"", "Powkiddy", ""},
	{"", "Hardkernel ODROID-GO", "ODROID-GO"},
	{"", "ODROID-GO", ""},
	{"", "Retroid Pocket", ""},
	{"", "AYN Odin", ""},
	{"", "Clockworkpi", ""},
}

func (h handheld) is(maker, model string) bool {
	return model != "" && begins(maker, h.maker) && begins(model, h.model)
}

// begins compares without regard to case: the same maker writes itself in several ways.
func begins(s, prefix string) bool {
	return len(s) >= len(prefix) && ascii.EqualFold(s[:len(prefix)], prefix)
}
