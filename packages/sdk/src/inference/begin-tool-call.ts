import { boundedErrorType } from '../bounded-names.ts'
import { attribute, spanName } from '../names.ts'
import { runningExecution } from '../run/execution.ts'
import { messageOf } from '../telemetry/content.ts'
import { GuardedSpan } from '../telemetry/guarded-span.ts'
import { instruments, record } from '../telemetry/instruments.ts'

/** A tool call that a framework reports. */
export interface ToolCallStart {
  readonly name: string
  /** `gen_ai.tool.type`. */
  readonly type?: 'function' | 'extension' | 'datastore' | undefined
  /** The model's id of the call. */
  readonly callId?: string | undefined
  /** The reporter: `ai-sdk`, `openai-agents`, `langchain`, `mcp`. */
  readonly source: string
  readonly description?: string | undefined
}

/** A tool call in progress. */
export interface ReportedToolCall {
  /** Calls `call` as part of the tool call: its span is active. Returns or throws the outcome of `call`. */
  within<T>(call: () => T): T
  /** Ends the call. Only the first `end()` or `fail()` has an effect. */
  end(result?: unknown): void
  /** Ends the call as failed. */
  fail(error: unknown): void
}

/** Starts a tool call of the current run. It never throws. */
export function beginToolCall(start: ToolCallStart): ReportedToolCall {
  const execution = runningExecution.getStore()
  const startedMs = performance.now()
  const labels = {
    [attribute.toolName]: start.name,
    ...(execution && { [attribute.genAiAgentName]: execution.agentName }),
  }
  const span = GuardedSpan.start(spanName.tool(start.name), { [attribute.operation]: 'execute_tool', ...labels })
  execution?.toolCalled()
  let isEnded = false
  const end = (failed?: { error: unknown }): void => {
    if (isEnded) return
    isEnded = true
    const errorType = failed && boundedErrorType(failed.error)
    if (errorType !== undefined) span.fail(errorType, messageOf(failed?.error))
    span.end()
    record(instruments().executeToolDuration, (performance.now() - startedMs) / 1000, {
      ...labels,
      ...(errorType !== undefined && { [attribute.errorType]: errorType }),
    })
  }
  return { within: (call) => span.within(call), end: () => end(), fail: (error) => end({ error }) }
}
