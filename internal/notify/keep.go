package notify

// Keep calls work until it reports that it is over. A panic in work ends that call alone: lost is told of it and work called again.
// So it is where code of somebody else's has ended the goroutine with runtime.Goexit; work goes on in another goroutine then,
// for which Keep waits.
func Keep(work func() (over bool), lost func(v any)) {
	over := false
	defer func() {
		for !over {
			lost(nil)
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

func repeat(work func() bool, lost func(any), over *bool) {
	for !*over {
		*over = once(work, lost)
	}
}

func once(work func() bool, lost func(any)) bool {
	defer func() {
		if v := recover(); v != nil {
			lost(v)
		}
	}()
	return work()
}
