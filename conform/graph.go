package conform

import "bytes"

// graphCall is one line of the function_graph tracer.
type graphCall struct {
	line
	entered, left bool
	ret           int64
	hasRet        bool
}

// parseGraph splits a line of function_graph: "[time |] cpu) [comm-pid] | [flags |] [duration] | call".
// Without the funcgraph-proc option the task is not known, and the pid is -1. A return without the
// funcgraph-tail option does not name its function, and its name is empty.
func parseGraph(b []byte, g *graphCall) bool {
	*g = graphCall{line: line{pid: -1}}
	head := b
	if i := bytes.Index(b, []byte("/*")); i >= 0 {
		head = b[:i]
	}
	bar := bytes.LastIndexByte(head, '|')
	if bar < 0 {
		return false
	}
	text := skipBlanks(b[bar+1:])
	head = skipBlanks(head[:bar])
	if t, rest, ok := cutStamp(head); ok && t.digits > 0 {
		if rest = skipBlanks(rest); len(rest) == 0 || rest[0] != '|' {
			return false
		}
		g.time, head = t, skipBlanks(rest[1:])
	}
	cpu, rest, ok := cutDigits(head)
	if !ok || len(rest) == 0 || rest[0] != ')' {
		return false
	}
	g.cpu = int(cpu)
	g.parseProc(rest[1:])
	return g.parseCall(text)
}

func (g *graphCall) parseProc(b []byte) {
	if i := bytes.IndexByte(b, '|'); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimSpace(b)
	dash := bytes.LastIndexByte(b, '-')
	if dash <= 0 {
		return
	}
	if pid, rest, ok := cutDigits(b[dash+1:]); ok && len(rest) == 0 {
		g.comm, g.pid = b[:dash], int(pid)
	}
}

// parseCall reads "f() {", "f();", "}" or "} /* f */", with the return value where the
// funcgraph-retval option prints it: "/* f = 0x0 */", "/* = 0x0 */".
func (g *graphCall) parseCall(b []byte) bool {
	if bytes.HasPrefix(b, []byte("/*")) {
		return true // a trace_printk or an event inside the graph
	}
	if len(b) > 0 && b[0] == '}' {
		g.left = true
		c := skipBlanks(bytes.TrimPrefix(skipBlanks(b[1:]), []byte("/*")))
		g.name = cutName(c)
		g.parseRet(c)
		return true
	}
	g.name = cutName(b)
	rest := b[len(g.name):]
	if len(g.name) == 0 || len(rest) == 0 || rest[0] != '(' {
		return false
	}
	g.entered = true
	if end := bytes.IndexByte(rest, ')'); end >= 0 && end+1 < len(rest) && rest[end+1] == ';' {
		g.left = true
		g.parseRet(rest[end+1:])
	}
	return true
}

func (g *graphCall) parseRet(b []byte) {
	if i := bytes.Index(b, []byte("= ")); i >= 0 {
		g.ret, g.hasRet = parseInt(b[i+2:])
	}
}

func cutName(b []byte) []byte {
	i := 0
	for i < len(b) && isName(b[i]) {
		i++
	}
	return b[:i]
}

// isSwitch recognises the lines around a context switch: dashes, and " 0)  a-1  =>  b-2".
func isSwitch(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) > 3 && len(bytes.Trim(b, "-")) == 0 {
		return true
	}
	return bytes.Contains(b, []byte(" => ")) && bytes.Contains(b, []byte(") "))
}
