package vm

import (
	"context"
	"fmt"
	"strings"

	"memhp/conform/vm/agent"
)

// disagreeing returns the blocks whose `state` and `online` do not agree. Nothing may run: it is what block-device-agree says of a
// block that nobody works on.
func (g *Guest) disagreeing(ctx context.Context) ([]string, error) {
	blocks, err := g.Blocks(ctx)
	if err != nil {
		return nil, err
	}
	var ops []agent.Op
	for _, b := range blocks {
		for _, file := range []string{"state", "online"} {
			ops = append(ops, agent.Op{Do: agent.Read, Path: memoryDir + "/" + b + "/" + file})
		}
	}
	r, err := g.Do(ctx, helperTimeout, "lister", ops...)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, b := range blocks {
		state, online := r[2*i], r[2*i+1]
		if state.Errno != 0 || online.Errno != 0 {
			continue // virtio-mem still works, and has removed it
		}
		if !agree(state.Data, online.Data) {
			out = append(out, fmt.Sprintf("%s: state is %s and online is %s", b, strings.TrimSpace(state.Data), strings.TrimSpace(online.Data)))
		}
	}
	return out, nil
}

func agree(state, online string) bool {
	return (strings.TrimSpace(state) == "online") == (strings.TrimSpace(online) == "1")
}
