// Package agent is what runs inside a guest, as its init: memhp carries itself into the guest, so that host and guest always
// agree, and no Go toolchain, shell or root file system is needed. It does what the host asks for over a virtio-serial port,
// one JSON object a line, and streams the trace out over another.
package agent

// Arg is the first argument by which memhp knows that it is the init of a guest.
const Arg = "memhp-guest-init"

// The names of the virtio-serial ports.
const (
	ControlPort = "memhp.control"
	TracePort   = "memhp.trace"
)

// TraceEnd is the last line of the trace stream.
const TraceEnd = "# memhp-end"

// ModuleList is the file of the initramfs that lists modules in the order in which to load them.
const ModuleList = "/modules/list"

// Request asks a task of the guest for operations, done one after the other. Tasks, named by the host, are threads; different
// tasks run at once.
type Request struct {
	ID   int    `json:"id"`
	Task string `json:"task"`
	Ops  []Op   `json:"ops"`
}

// What an Op can do.
const (
	Write      = "write"      // Data to Path, with one open and one write(2)
	WriteSoon  = "writesoon"  // like Write, as soon as Path exists; ENOENT if it does not come
	Read       = "read"       // Path
	List       = "list"       // the directory Path
	Open       = "open"       // Path, kept open as Handle
	WriteTo    = "writeto"    // Data to Handle
	ReadFrom   = "readfrom"   // Handle, from its start
	Close      = "close"      // Handle
	Load       = "load"       // the module Path
	Pin        = "pin"        // the task to the CPU whose number is Data
	Stacks     = "stacks"     // of all tasks in state D, as JSON
	TraceStart = "tracestart" // the trace goes to TracePort
	TraceMark  = "tracemark"  // Data into the trace
	TraceStop  = "tracestop"
	Interrupt  = "interrupt" // the system call of the task called Data
	Exec       = "exec"      // this executable with Args, as a process of its own: N is its exit status, Data what it wrote
	PowerOff   = "poweroff"
)

// Op is one operation.
type Op struct {
	Do     string `json:"do"`
	Path   string `json:"path,omitempty"`
	Data   string `json:"data,omitempty"`
	Handle string `json:"handle,omitempty"`
	// Args are the arguments of Exec.
	Args []string `json:"args,omitempty"`
}

// Result is what one operation gave.
type Result struct {
	// Errno is that of the system call, 0 for success.
	Errno int `json:"errno,omitempty"`
	// N is what read(2) or write(2) returned, Data what was read, or what went wrong inside the guest's init.
	N    int    `json:"n,omitempty"`
	Data string `json:"data,omitempty"`
	// Failed tells that Data says what went wrong, and no system call was made.
	Failed bool `json:"failed,omitempty"`
}

// Response answers a Request, or is the first line that the guest sends: then ID is 0 and Hello is set.
type Response struct {
	ID      int      `json:"id"`
	TID     int      `json:"tid,omitempty"`
	Results []Result `json:"results,omitempty"`
	Hello   *Hello   `json:"hello,omitempty"`
}

// Hello says which kernel runs.
type Hello struct {
	Release string `json:"release"` // uname -r
	Version string `json:"version"` // uname -v
	// Problems are what went wrong before: modules that could not be loaded, file systems not mounted.
	Problems []string `json:"problems,omitempty"`
}

// Stack is where a task waits.
type Stack struct {
	PID   int    `json:"pid"`
	Comm  string `json:"comm"`
	State string `json:"state"`
	Text  string `json:"text"`
}

// Trace is the Data of the result of TraceStart.
type Trace struct {
	Symbols string   `json:"symbols"`
	Notes   []string `json:"notes,omitempty"`
}
