export { boundedErrorType } from './bounded-names.ts'
export { hideCause } from './errors/error-details.ts'
export { beginInference, withConversation } from './inference/begin-inference.ts'
export { beginToolCall, type ReportedToolCall, type ToolCallStart } from './inference/begin-tool-call.ts'
export {
  announceInnerToolCalls,
  configureInferences,
  isContentCaptured,
  type InferenceOptions,
  type PricedCall,
} from './inference/configure-inferences.ts'
export { recordMcpOperation, type McpOperation } from './inference/record-mcp-operation.ts'
export type { InferenceCall, InferenceEnd, InferenceSource, InferenceStart, InferenceUsage } from './inference/inference.ts'
export { guarded, trip, type GuardedPlace } from './telemetry/guard.ts'
export { callWithin } from './telemetry/guarded-span.ts'
export { exportStuckRuns } from './telemetry/progress-gauges.ts'
export { propertyOf } from './unknown-values.ts'
