package promela

// reserved are the words of Promela, and of this package's models, that nothing else may be called.
const reserved = `active assert atomic bit bool break byte chan cond_expr d_proctype d_step do else empty enabled end eval fi for full get_priority
	goto hidden if in init inline int len local mtype nempty never nfull notrace np_ od of pc_value pid priority proctype provided return run
	select set_priority short show skip timeout trace true false typedef unless unsigned xr xs
	again me bit_of nobody_else add drop writers readers pending waits stuck before task watch TASKS LOCKS _pid _nr_pr _last`
