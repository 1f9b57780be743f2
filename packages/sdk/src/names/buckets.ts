/** Bucket bounds in seconds: of a run that may wait 5 + 15 + 30 s between attempts. */
export const executionBuckets: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const doubling = /* @__NO_SIDE_EFFECTS__ */ (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => Number((from * 2 ** n).toPrecision(12)))
/** 0.1 doubling to 409.6 s, as the GenAI conventions advise for agents. */
export const agentBuckets: readonly number[] = doubling(0.1, 13)
/** 0.01 doubling to 81.92 s, as the GenAI conventions advise for tools and for model calls. */
export const toolBuckets: readonly number[] = doubling(0.01, 14)
/** 0.01 to 300 s, as the GenAI conventions advise for MCP requests. */
export const mcpBuckets: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
/** 1 doubling to 128 calls, as the GenAI conventions advise for the calls of an agent. */
export const callBuckets: readonly number[] = doubling(1, 8)

/** Scores from 0 to 1, then those of larger scales. */
export const scoreBuckets: readonly number[] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10, 100]
