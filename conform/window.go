package conform

// windowSize is how many relevant events are held back. trace_pipe was seen to print one or two lines out of order.
const windowSize = 16

// window puts events in order of time. Events with equal times keep the order of the file.
type window struct {
	events [windowSize]event
	n      int
}

// add puts e in its place, and returns the oldest event if there is no room left.
func (w *window) add(e *event, oldest *event) bool {
	full := w.n == windowSize
	if full {
		*oldest = w.events[0]
		if e.time.key() < oldest.time.key() {
			*oldest = *e // later than the window can mend: the caller sees it
			return true
		}
		copy(w.events[:], w.events[1:])
		w.n--
	}
	i := w.n
	for i > 0 && w.events[i-1].time.key() > e.time.key() {
		w.events[i] = w.events[i-1]
		i--
	}
	w.events[i] = *e
	w.n++
	return full
}

// drain hands out all events that are held back.
func (w *window) drain(f func(*event)) {
	for i := range w.n {
		f(&w.events[i])
	}
	w.n = 0
}
