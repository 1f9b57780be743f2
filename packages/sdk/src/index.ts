export { errorType, isRetryable } from './errors/error-type.ts'
export { executeWithRecovery, type ExecuteWithRecoveryOptions } from './instrument-agent.ts'
export {
  BudgetExceededError,
  configureBudgets,
  type Budget,
  type BudgetKey,
  type BudgetUse,
  type ConfiguredBudgets,
} from './run/budget.ts'
export { currentExecution, type CurrentExecution } from './run/execution.ts'
export { instrumentAgent } from './instrument-agent.ts'
export type { InferenceUsage } from './inference/inference.ts'
export { recordInference, type Inference } from './inference/record-inference.ts'
export { instrumentTool, type InstrumentToolOptions } from './instrument-tool.ts'
export type { Instrumented, InstrumentedFunction } from './instrumented.ts'
export { InvalidOptionsError, type OptionProblem } from './invalid-options-error.ts'
export { healthScore, healthWeights, type HealthInput, type HealthScore } from './monitor/health-score.ts'
export type { AttemptRecord, ExecutionRecord } from './monitor/execution-record.ts'
export type { ActiveExecutionsOptions, AgentMetrics, ExecutionMetrics, SystemHealth } from './monitor/monitor.ts'
export type { Totals } from './monitor/agent-statistics.ts'
export type { Outcome, RetryOutcome } from './names.ts'
export { onExecution, type ExecutionEvent } from './on-execution.ts'
export type { InstrumentAgentOptions, Logger } from './options.ts'
export { OnceError, UncertainEffectError, type OnceErrorReason } from './once/once-errors.ts'
export type { OnceOptions } from './once/once-options.ts'
export { memoryOnceStore, type OnceCall, type OnceEntry, type OnceStore } from './once/once-store.ts'
export { postgresOnceStore, type PostgresPool } from './once/postgres-once-store.ts'
export { sqliteOnceStore, type ClosableOnceStore } from './once/sqlite-once-store.ts'
export { configureOnce, currentTool, type CurrentTool } from './once/once-tool.ts'
export { recordEvaluation } from './record-evaluation.ts'
export { emptyAnswer, refusal, schema, truncated, type FailIf, type StandardSchema } from './results/fail-if.ts'
export { ResultRejectedError } from './results/result-rejected-error.ts'
export type { Evaluation } from './telemetry/evaluation.ts'
export { configureRecovery, type ConfiguredRecovery } from './recovery/settings.ts'
export { recoveryOf, type Recovery } from './recovery/recovery-of.ts'
export { defaultRecovery, type RecoveryOptions, type EffectiveRecovery } from './recovery/settings.ts'
export { startExecution, type Completion, type ManualExecution } from './start-execution.ts'
export { getActiveExecutions, getExecutionMetrics, getSystemHealth } from './monitor/monitor.ts'
