package conform

import "bytes"

// taskWidth is the width of the comm column: "%16s-%-7d", trace_print_context(), kernel/trace/trace_output.c.
// A comm has at most 15 characters, so the dash before the pid is at this place unless blanks were cut off.
const taskWidth = 16

// stamp is the time of an event: a count, or seconds with a fraction.
type stamp struct {
	value  uint64 // all digits, without the point
	digits uint8  // how many of them are the fraction; 0 for the counter clock
}

var pow10 = [...]uint64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// key makes stamps with different fractions comparable.
func (s stamp) key() uint64 {
	if s.digits == 0 || s.digits > 9 {
		return s.value
	}
	return s.value * pow10[9-s.digits]
}

// line is one event line, split; the slices are valid until the next line is read.
type line struct {
	comm []byte
	pid  int
	cpu  int
	time stamp
	name []byte // the event's name; for the function tracer the function that was called
	args []byte // what follows "name: "; for the function tracer the caller
	call bool   // a line of the function tracer
}

// parseLine splits a line of the trace file or of trace-cmd report. The comm may hold anything, dashes and
// brackets too, so it ends at the last dash within its width that "pid [tgid] [cpu]" follows.
func parseLine(b []byte, l *line) bool {
	rest, ok := parseTask(b, l)
	if !ok {
		return false
	}
	rest, ok = parseTime(rest, l)
	return ok && parseEvent(rest, l)
}

func parseTask(b []byte, l *line) ([]byte, bool) {
	if len(b) > taskWidth && b[taskWidth] == '-' {
		if rest, ok := parsePid(b, taskWidth, l); ok {
			return rest, true
		}
	}
	b = skipBlanks(b) // not padded, as in a pasted trace
	head := b[:min(len(b), taskWidth)]
	for i := bytes.LastIndexByte(head, '-'); i >= 0; i = bytes.LastIndexByte(head[:i], '-') {
		if rest, ok := parsePid(b, i, l); ok {
			return rest, true
		}
	}
	return nil, false
}

// parsePid reads "-pid [(tgid)] [cpu] " at dash.
func parsePid(b []byte, dash int, l *line) ([]byte, bool) {
	pid, rest, ok := cutDigits(b[dash+1:])
	if !ok || len(rest) == 0 || rest[0] != ' ' && rest[0] != '\t' {
		return nil, false
	}
	rest = skipBlanks(rest)
	if len(rest) > 0 && rest[0] == '(' { // tgid: "(   1234)" or "(-------)"
		end := bytes.IndexByte(rest, ')')
		if end < 0 {
			return nil, false
		}
		rest = skipBlanks(rest[end+1:])
	}
	if len(rest) == 0 || rest[0] != '[' {
		return nil, false
	}
	cpu, rest, ok := cutDigits(rest[1:])
	if !ok || len(rest) < 2 || rest[0] != ']' {
		return nil, false
	}
	l.comm, l.pid, l.cpu = skipBlanks(b[:dash]), int(pid), int(cpu)
	return skipBlanks(rest[1:]), true
}

// parseTime reads "[flags] time: ". The flags have 5 characters since v5.12, 4 before, more with lazy
// preemption, and are absent without the irq-info option.
func parseTime(b []byte, l *line) ([]byte, bool) {
	if rest, ok := parseStamp(b, l); ok {
		return rest, true
	}
	blank := bytes.IndexByte(b, ' ')
	if blank < 0 || blank > 10 {
		return nil, false
	}
	return parseStamp(skipBlanks(b[blank:]), l)
}

func parseStamp(b []byte, l *line) ([]byte, bool) {
	var ok bool
	if l.time, b, ok = cutStamp(b); !ok || len(b) == 0 || b[0] != ':' {
		return nil, false
	}
	return skipBlanks(b[1:]), true
}

func cutStamp(b []byte) (stamp, []byte, bool) {
	whole, rest, ok := cutDigits(b)
	if !ok || len(rest) == 0 || rest[0] != '.' {
		return stamp{value: whole}, rest, ok
	}
	frac, after, ok := cutDigits(rest[1:])
	n := len(rest) - 1 - len(after)
	if !ok || n > 9 {
		return stamp{}, nil, false
	}
	return stamp{whole*pow10[n] + frac, uint8(n)}, after, true
}

// parseEvent reads "name: args" or "function <-caller".
func parseEvent(b []byte, l *line) bool {
	end := 0
	for end < len(b) && isName(b[end]) {
		end++
	}
	if end == 0 {
		return false
	}
	l.name, l.args = b[:end], nil
	rest := b[end:]
	if len(rest) > 0 && rest[0] == ':' {
		l.args, l.call = skipBlanks(rest[1:]), false
		if string(l.name) == "function" { // trace-cmd report: "function: callee <-- caller"
			return parseEvent(l.args, l) && l.call
		}
		return true
	}
	l.call = len(rest) > 3 && rest[0] == ' ' && rest[1] == '<' && rest[2] == '-'
	if l.call {
		l.args = skipBlanks(bytes.TrimLeft(rest[3:], "-"))
	}
	return l.call
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

func skipBlanks(b []byte) []byte {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return b[i:]
}

// cutDigits reads a decimal number of at most 18 digits.
func cutDigits(b []byte) (uint64, []byte, bool) {
	var n uint64
	i := 0
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	return n, b[i:], i > 0 && i <= 18
}

// cutHex reads a hexadecimal number with or without 0x.
func cutHex(b []byte) (uint64, []byte, bool) {
	if len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x' {
		b = b[2:]
	}
	var n uint64
	i := 0
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | uint64(c-'A'+10)
		default:
			return n, b[i:], i > 0 && i <= 16
		}
	}
	return n, nil, i > 0 && i <= 16
}

// note is a line that is no event.
type note struct {
	kind noteKind
	cpu  int    // of lost and started
	n    uint64 // how many events were lost
	text []byte // of comment
}

type noteKind uint8

const (
	noNote  noteKind = iota
	comment          // "# ...", blank lines, stack traces: nothing to check
	lost             // CPU:1 [LOST 5 EVENTS]
	started          // ##### CPU 1 buffer started ####
)

// parseNote recognises what the tracer prints besides events.
func parseNote(b []byte) note {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0, bytes.HasPrefix(b, []byte("=> ")), bytes.HasPrefix(b, []byte("cpus=")):
		return note{kind: comment}
	case bytes.HasPrefix(b, []byte("CPU:")) && (bytes.Contains(b, []byte("LOST")) || bytes.Contains(b, []byte("DROPPED"))):
		cpu, rest, _ := cutDigits(b[4:])
		n, _, _ := cutDigits(bytes.TrimLeft(rest, " [LOST")) // "[LOST 5 EVENTS]", "[EVENTS DROPPED]"
		return note{kind: lost, cpu: int(cpu), n: max(n, 1)}
	case bytes.HasPrefix(b, []byte("##### CPU ")):
		cpu, _, _ := cutDigits(b[len("##### CPU "):])
		return note{kind: started, cpu: int(cpu)}
	case b[0] == '#':
		return note{kind: comment, text: b[1:]}
	}
	return note{}
}
