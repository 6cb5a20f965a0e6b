package device

import (
	"strconv"
	"strings"
)

// browser finds the name in a user agent. The order matters: each one names those that it wants to be taken for.
func browser(agent string) (name string, major int) {
	for _, b := range [...][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"}, {"Node.js/", "Node.js"}} {
		_, rest, ok := strings.Cut(agent, b[0])
		if !ok {
			continue
		}
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		major, _ = strconv.Atoi(rest[:end])
		return b[1], major
	}
	return "", 0
}

// platform finds the system in a user agent. Its version there is frozen by the browsers and means nothing.
func platform(agent string) string {
	for _, p := range [...][2]string{{"Windows", "Windows"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, p[0]) {
			return p[1]
		}
	}
	return ""
}
