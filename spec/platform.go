package spec

import "slices"

// GroupPlatform are the drivers and firmware interfaces that add and remove memory.
const GroupPlatform = "platform"

func platformActors() []Actor {
	return slices.Concat(acpiActors(), hyperVActors(), xenActors(), pseriesActors(), s390Actors(), virtioMemActors(), daxActors(), vmemmapActors(), writerActors(), devFlagActors(), sleepActors())
}
