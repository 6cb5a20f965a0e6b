package sampling

// doc wraps members into a policy that is valid by itself.
func doc(members string) string {
	return `{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z",` + members + "}"
}

func rules(list string) string { return doc(`"rules":[` + list + `]`) }
