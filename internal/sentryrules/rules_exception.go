package sentryrules

import "fmt"

const maxFrames = 250

func exceptionsRule() rule {
	known := closed(fields{
		"type": str(256), "value": str(8192), "module": str(256), "thread_id": label,
		"mechanism": mechanismRule(), "stacktrace": stackRule(),
	})
	one := func(c *check, n *Node) {
		known(c, n)
		if n.kind == object && n.Get("type").Text() == "" && n.Get("value").Text() == "" {
			c.fault(n, lossField, "neither type nor value", "at least one of them")
		}
	}
	return all(values(one), exceptionTree)
}

// exceptionTree judges the ids that make a tree of the list.
func exceptionTree(c *check, n *Node) {
	list := n.Values()
	ids := map[int64]int{}
	for i, e := range list {
		id, ok := e.Get("mechanism").Get("exception_id").int()
		if !ok {
			continue
		}
		if _, twice := ids[id]; twice {
			c.faultf(e, lossField, "each id once", "exception_id %d is given twice", id)
		}
		ids[id] = i
		if id == 0 && i != len(list)-1 {
			c.fault(e, lossField, "exception_id 0 is not the last of the list", "the outermost exception last, with id 0")
		}
	}
	for _, e := range list {
		id, _ := e.Get("mechanism").Get("exception_id").int()
		parent, ok := e.Get("mechanism").Get("parent_id").int()
		if _, known := ids[parent]; ok && (!known || parent == id) {
			c.faultf(e, lossField, "the exception_id of another one in the list", "parent_id %d", parent)
		}
	}
}

func mechanismRule() rule {
	code := fields{"number": whole(-1 << 31), "code": whole(-1 << 31), "name": str(0), "code_name": str(0)}
	meta := closed(fields{
		"signal": closed(code, "number"), "errno": closed(fields{"number": whole(-1 << 31), "name": str(0)}, "number"),
		"mach_exception": anObject, "ns_error": anObject,
	})
	return closed(fields{
		"type": filled(128), "handled": aBool, "synthetic": aBool, "description": str(0), "help_link": str(0),
		"exception_id": whole(0), "parent_id": whole(0), "is_exception_group": aBool, "source": str(0),
		"meta": meta, "data": anObject,
	}, "type")
}

func stackRule() rule {
	return closed(fields{
		"frames": framesRule(), "registers": mapOf(address), "snapshot": aBool,
		"instruction_addr_adjustment": oneOf("auto", "all_but_first", "all", "none"),
	}, "frames")
}

func framesRule() rule {
	known := closed(fields{
		"function": filled(256), "raw_function": str(256), "module": str(256), "package": str(0), "filename": str(0),
		"abs_path": str(0), "lineno": whole(1), "colno": whole(1), "context_line": str(0), "pre_context": list(str(0)),
		"post_context": list(str(0)), "in_app": aBool, "stack_start": aBool, "vars": anObject,
		"instruction_addr": address, "symbol_addr": address, "image_addr": address, "addr_mode": str(0),
		"platform": str(0), "source_link": all(str(0), old("Bugsink in strict mode drops the event", "no source_link")),
	})
	one := func(c *check, n *Node) {
		known(c, n)
		if n.kind == object && n.Get("function").Text() == "" && n.Get("filename").Text() == "" && n.Get("instruction_addr").Text() == "" {
			c.fault(n, lossField, "frame has no function, filename or instruction_addr", "one of them, or leave the frame out")
		}
	}
	return func(c *check, n *Node) {
		list(one)(c, n)
		if len(n.Elems) > maxFrames {
			c.faultf(n, lossField, fmt.Sprintf("at most %d: the first 50 and the newest 200", maxFrames), "%d frames", len(n.Elems))
		}
		if n.kind == array && len(n.Elems) == 0 {
			c.note(n, "stack trace without frames", "no stacktrace")
		}
	}
}

func threadsRule() rule {
	known := closed(fields{
		"id": label, "name": str(1024), "crashed": aBool, "current": aBool, "main": aBool, "state": str(0),
		"held_locks": anObject, "stacktrace": stackRule(),
	}, "id")
	one := func(c *check, n *Node) {
		known(c, n)
		if n.kind == object && n.Get("crashed").Bool() && n.has("stacktrace") {
			c.note(n, "the crashed thread has a stacktrace here", "it in the exception that names the thread")
		}
	}
	return all(values(one), threadList)
}

// threadList judges the threads of an event beside each other.
func threadList(c *check, n *Node) {
	seen, crashed := map[string]bool{}, 0
	for _, t := range n.Values() {
		id := t.Get("id").Label()
		if id != "" && seen[id] {
			c.faultf(t, lossNone, "each id once", "thread %q is listed twice", Clip(id))
		}
		seen[id] = true
		if t.Get("crashed").Bool() {
			if crashed++; crashed == 2 {
				c.note(t, "a second thread that crashed", "crashed for the one that the exception names")
			}
		}
	}
}

// crashedThread notes an exception and a thread that do not name each other.
func crashedThread(c *check, n *Node) {
	threads := n.Get("threads").Values()
	if len(threads) == 0 {
		return
	}
	seen, named := map[string]bool{}, map[string]bool{}
	for _, t := range threads {
		seen[t.Get("id").Label()] = true
	}
	for _, x := range n.Get("exception").Values() {
		id := x.Get("thread_id").Label()
		if named[id] = true; id != "" && !seen[id] {
			c.note(x, "thread_id is of no thread of the event", "that thread among the threads, or no thread_id")
		}
	}
	for _, t := range threads {
		if t.Get("crashed").Bool() && len(named) > 0 && !named[t.Get("id").Label()] {
			c.note(t, "no exception names the thread that crashed", "its id as thread_id of the exception that has its frames")
		}
	}
}
