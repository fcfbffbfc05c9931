package main

// What --help says of a subcommand besides a sentence and its flags. Lines that are indented are shown as they stand.

// Help implements kong.HelpProvider.
func (historyCmd) Help() string {
	return `What is found is compared with what the specification documents: the exit status is 0 if they agree.

    memhp history                            all kernels; some seconds
    memhp history --verbose                  with each counterexample in full
    memhp history --shard 1/4 > 1.json       a part, for memhp merge`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Each invariant holds, is broken, in so many ways with a token for memhp replay each, or is inconclusive because a limit was hit. A verdict is about the actors, tasks and blocks that it names. A kernel is a release plus and minus changes; see memhp list kernels, changes and actors. --actors all is the core, and then the core with each other group in turn, on a machine of its own.

    memhp check v4.19+381eab4a6ee v4.20
    memhp check v6.12 --actors all --tasks 2 --blocks 1
    memhp check v4.20 --format ktap --html page.html`
}

// Help implements kong.HelpProvider.
func (explainCmd) Help() string {
	return `Each task has a column. What it holds stands below each step, and >> marks the steps that break the rule.

    memhp explain v3.18 no-deadlock --tasks 2 --blocks 1`
}

// Help implements kong.HelpProvider.
func (randomCmd) Help() string {
	return `What is found is a violation, with a token for memhp replay. To find nothing proves nothing: the exit status is then 3. lock-order and progress are properties of all paths, or of endless ones, and are not looked for.

    memhp random v4.19 --tasks 6 --runs 100000
    memhp random v4.19 --tasks 6 --runs 100000 --shard 1/8 > 1.json`
}

// Help implements kong.HelpProvider.
func (backportCmd) Help() string {
	return `A set is closed under what its changes need, nothing fails with it, and no part of it will do. The exit status is 0 if there is one, 1 if there is none, and 3 if the search was stopped.

    memhp backport v4.14 --tasks 2 --blocks 1`
}

// Help implements kong.HelpProvider.
func (mergeCmd) Help() string {
	return `The output and the exit status are those that one run would have had.

    memhp history --shard 1/2 > 1.json
    memhp history --shard 2/2 > 2.json
    memhp merge 1.json 2.json`
}

// Help implements kong.HelpProvider.
func (exportTLACmd) Help() string {
	return `    memhp export tla v4.20 --tasks 2 --blocks 1 > memhp.tla
    memhp export tla v4.20 --tasks 2 --blocks 1 --config > memhp.cfg`
}
