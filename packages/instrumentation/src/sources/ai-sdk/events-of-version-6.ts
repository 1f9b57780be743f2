import { currentExecution } from '@swarmwatch/sdk'
import { beginToolCall, guarded, type ReportedToolCall } from '@swarmwatch/sdk/instrumentation'

import type { ActiveSource } from '../active-source.ts'
import { BoundedMap } from '../bounded-map.ts'
import { FrameworkInference } from '../framework-inference.ts'
import { toolError } from '../tool-error.ts'
import { inferenceEnd, providerOf, type ModelEndEvent } from './model-call-events.ts'

interface ToolEvent extends StepEvent {
  readonly toolCall?: { readonly toolName?: string; readonly toolCallId?: string }
}

interface ToolEndEvent extends ToolEvent {
  readonly success?: boolean
  readonly output?: unknown
  readonly error?: unknown
}

interface StepEvent {
  /** Only in version 7, which calls `onStepStart` and `onStepFinish`, too. */
  readonly callId?: string
  readonly stepNumber?: number
  readonly model?: { readonly provider?: string; readonly modelId?: string }
}

interface OpenStep {
  readonly inference: FrameworkInference
  /** When its first tool was called, in milliseconds since 1970. */
  answeredAt?: number
}

/** Members of the interface `TelemetryIntegration` of `ai` 6, from 6.0.326 at the latest. */
export interface EventsOfVersion6 {
  onToolCallStart(event: ToolEvent): void
  onToolCallFinish(event: ToolEndEvent): void
  onStepStart(event: StepEvent): void
  onStepFinish(event: StepEvent & ModelEndEvent): void
}

/**
 * Creates the handlers for `ai` 6. Its events do not show whether a call hides its inputs or outputs, so neither is recorded. A step
 * ends after its tools, and it has no id of its own: of those with the same attempt, number and model, the one that started last ends.
 */
export function eventsOfVersion6(source: ActiveSource): EventsOfVersion6 {
  const tools = new WeakMap<object, ReportedToolCall>()
  const steps = new BoundedMap<string, OpenStep[]>(1000)

  return {
    onToolCallStart({ toolCall, ...event }) {
      guarded('framework', () => {
        if (!toolCall || !source.isActive) return
        const { toolName: name = 'unknown', toolCallId: callId } = toolCall
        const step = steps.get(keyOf(event))?.at(-1)
        if (step) step.answeredAt ??= Date.now()
        tools.set(toolCall, beginToolCall({ source: 'ai-sdk', name, type: 'function', callId }))
      })
    },
    onToolCallFinish({ toolCall, success, output, error }) {
      guarded('framework', () => {
        const call = toolCall && tools.get(toolCall)
        const failure = success === false ? (error ?? new Error('the tool failed')) : toolError(output)
        if (failure === undefined) call?.end()
        else call?.fail(failure)
      })
    },
    onStepStart(event) {
      guarded('framework', () => {
        if (event.callId !== undefined || !source.isActive) return
        const { provider, modelId: model } = event.model ?? {}
        const inference = new FrameworkInference({ source: 'ai-sdk', provider: providerOf(provider), model })
        const key = keyOf(event)
        steps.set(key, [...(steps.get(key) ?? []), { inference }])
      })
    },
    onStepFinish(event) {
      guarded('framework', () => {
        if (event.callId !== undefined) return
        const key = keyOf(event)
        const open = steps.take(key) ?? []
        const step = open.pop()
        if (open.length > 0) steps.set(key, open)
        step?.inference.end({ ...inferenceEnd(event), endedAt: step.answeredAt })
      })
    },
  }
}

function keyOf({ stepNumber, model }: StepEvent): string {
  const execution = currentExecution()
  return `${execution?.id} ${execution?.attempt} ${stepNumber} ${model?.provider} ${model?.modelId}`
}
