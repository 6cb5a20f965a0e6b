package notify

// Keep calls work until it reports that it is over. A panic in work ends that call alone: lost is told and work called again.
// So it is where code of somebody else's has ended the goroutine with runtime.Goexit; work goes on in another goroutine then,
// for which Keep waits.
func Keep(work func() (over bool), lost func()) {
	over := false
	defer func() {
		for !over {
			lost()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				repeat(work, lost, &over)
			}()
			<-ended
		}
	}()
	repeat(work, lost, &over)
}

func repeat(work func() bool, lost func(), over *bool) {
	for !*over {
		*over = once(work, lost)
	}
}

func once(work func() bool, lost func()) bool {
	defer func() {
		if recover() != nil {
			lost()
		}
	}()
	return work()
}
