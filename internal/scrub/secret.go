package scrub

// Secret reports whether the name of a value says that nobody else may read it, such as password, api_key, accessToken,
// Authorization or Set-Cookie. Case, dashes, dots and underscores do not count. It does not allocate.
func Secret(key string) bool {
	var room [32]byte
	b := room[:0]
	for i := len(key) - 1; i >= 0 && len(b) < len(room); i-- { // from its end: what is last in a name says what it is
		c := key[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case c == '_' || c == '-' || c == '.' || c == ' ':
			continue
		}
		b = append(b, c)
	}
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	name := string(b)
	switch name {
	case "auth", "pass", "session", "sid", "sessid", "phpsessid":
		return true
	}
	return endsIn(name)
}

func endsIn(name string) bool {
	for _, word := range [...]string{
		"password", "passwd", "pwd", "passphrase", "secret", "token", "authorization", "cookie", "cookies", "apikey", "privatekey",
		"secretkey", "accesskey", "sessionid", "sessionkey", "credential", "credentials", "jwt", "bearer",
	} {
		if len(name) >= len(word) && name[len(name)-len(word):] == word {
			return true
		}
	}
	return false
}
