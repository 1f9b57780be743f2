import { createContextKey, type Context } from '@opentelemetry/api'

import { boundedErrorName, boundedErrorType } from '../bounded-names.ts'
import type { AttemptRecord } from '../monitor/execution-record.ts'
import { attribute } from '../names.ts'
import { learnFromCall } from '../provider/learn.ts'
import { runningExecution, type Execution } from '../run/execution.ts'
import { boundedModel } from '../run/run-usage.ts'
import { messageOf } from '../telemetry/content.ts'
import { guarded } from '../telemetry/guard.ts'
import { activeContext, callWithin, type GuardedSpan } from '../telemetry/guarded-span.ts'
import { add, instruments } from '../telemetry/instruments.ts'
import { isAmount } from '../unknown-values.ts'
import { boundedProvider, CountedCall } from './counted-call.ts'
import { endInferenceSpan, hasForeignSpan, startInferenceSpan, updateInferenceSpan } from './inference-span.ts'
import { warnOfHiddenRetries, warnOfManualTokens, warnOfMissingUsage } from './inference-warnings.ts'
import type { InferenceCall, InferenceEnd, InferenceSource, InferenceStart } from './inference.ts'
import { ledger, outsideRuns, requestSources, type OpenCall, type RunInferences } from './ledger.ts'

/**
 * Starts a model call of the current run and captures its attempt and the OpenTelemetry context, so call it in the caller's async
 * context. It never throws. Only a call of source `wire` has a span from the start; any other one gets it at its end, if it is counted.
 */
export function beginInference(start: InferenceStart): InferenceCall {
  return new BegunInference(start, activeContext())
}

const conversationKey = createContextKey('swarmwatch conversation id')

/** Calls `call` as part of a conversation: model calls in it, and the run that contains it, get its id as `gen_ai.conversation.id`. */
export function withConversation<T>(id: string, call: () => T): T {
  noteConversation(runningExecution.getStore(), id)
  return callWithin(activeContext().setValue(conversationKey, id), call)
}

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] }

class BegunInference implements InferenceCall, OpenCall {
  readonly context: Context
  readonly source: InferenceSource
  readonly startedAt: number
  readonly reportedBy: Set<string> = new Set()
  readonly #parent: Context
  readonly #startedMs = performance.now()
  readonly #run: RunInferences
  readonly #execution: Execution | undefined
  readonly #attempt: AttemptRecord | undefined
  readonly #attemptNumber: number
  readonly #span: GuardedSpan | undefined
  readonly #start: Changeable<InferenceStart>
  #adopted: InferenceEnd = {}
  #state: 'open' | 'settled' | 'ended' = 'open'
  #result: 'counted' | 'duplicate' = 'counted'
  #counted: CountedCall | undefined

  constructor(start: InferenceStart, parent: Context) {
    const execution = runningExecution.getStore()
    const conversationId = start.conversationId ?? (parent.getValue(conversationKey) as string | undefined)
    this.#start = { ...start, conversationId }
    this.#parent = parent
    this.source = start.source
    this.startedAt = start.startedAt ?? Date.now()
    // A call that a finished run left behind belongs to no run
    this.#execution = execution?.finished ? undefined : execution
    this.#run = this.#execution?.modelCalls() ?? outsideRuns
    this.#attempt = this.#execution?.record.attempts.at(-1)
    this.#attemptNumber = this.#execution?.attempt ?? 0
    if (this.source === 'wire' && !start.hasSpan && !hasForeignSpan(parent)) this.#span = startInferenceSpan(this.#start, parent)
    this.context = this.#span?.context ?? parent
    if (start.known) this.#run.began(this)
    this.#execution?.progressed('model call started')
  }

  get operation(): string {
    return this.#start.operation ?? 'chat'
  }

  update(start: Partial<InferenceStart>): void {
    assignDefined(this.#start, start)
    if (this.#span && this.#state === 'open') updateInferenceSpan(this.#span, this.#start)
  }

  progressed(): void {
    this.#execution?.progressed('chunk of a model call')
  }

  end(end: InferenceEnd): 'counted' | 'duplicate' {
    this.#execution?.progressed('model call ended')
    if (this.#state === 'open') {
      this.#run.ended(this)
      guarded('framework', () => this.#report(end, 'ended'))
    } else if (this.#state === 'settled') guarded('framework', () => this.#counted?.absorb(end, { isRemainder: true }))
    this.#state = 'ended'
    return this.#result
  }

  discard(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#run.ended(this)
  }

  known(): InferenceEnd {
    return guarded('framework', () => this.#start.known?.()) ?? {}
  }

  adopt(source: InferenceSource, end: InferenceEnd): void {
    this.reportedBy.add(source)
    this.#adopted = assignDefined({ ...this.#adopted }, end)
  }

  settle(): void {
    if (this.#state !== 'open') return
    this.#state = 'settled'
    this.#run.ended(this)
    guarded('framework', () => this.#report(this.known(), 'settled'))
  }

  #report(reported: InferenceEnd, how: 'ended' | 'settled'): void {
    const { usage } = this.#adopted
    const end: Changeable<InferenceEnd> = assignDefined({ ...this.#adopted }, reported)
    if (usage) end.usage = assignDefined({ ...usage }, reported.usage ?? {})
    this.#learn(end)
    const errorType = errorTypeOf(end)
    const isFailed = errorType !== undefined
    let counted = ledger.find(end.responseId, this.source, this.#run.slot)
    if (!counted) {
      const report = {
        source: this.source,
        operation: this.operation,
        startedAt: this.startedAt,
        responseId: end.responseId,
        usage: end.usage,
        isFailed,
      }
      const open = this.#run.matchOpen(report)
      if (open) {
        open.adopt(this.source, end)
        this.#result = 'duplicate'
        return
      }
      counted = this.#run.match(report)
    }
    const isNew = counted === undefined
    counted ??= this.#newCall(end, isFailed)
    this.#counted = counted
    this.#result = isNew || counted.labels === undefined ? 'counted' : 'duplicate'
    counted.sources.add(this.source)
    for (const source of this.reportedBy) counted.sources.add(source)
    if (this.#result === 'counted') this.#countCall(counted, end, errorType, isNew)
    if (requestSources.has(this.source)) this.#countTry(errorType)
    counted.absorb(end)
    if (requestSources.has(this.source) && how === 'ended') this.#run.lastFailure = failureOf(end)
    if (this.#result === 'counted' || requestSources.has(this.source)) {
      const of = { startedMs: this.#startedMs, errorType, isSettled: how === 'settled', run: this.#execution }
      const last = guarded('framework', () => learnFromCall(this.#start, end, of))
      if (last && !this.#execution?.finished) this.#run.lastCall = last
    }
    const hasUsage = counted.usage.inputTokens !== undefined || counted.usage.outputTokens !== undefined
    if (hasUsage) this.#usageSeen()
    else if (!isFailed && !end.isPending && this.#result === 'counted') this.#usageMissing(counted, end)
    this.#endSpan(counted, end, errorType)
  }

  /** Adds what only the end of the call shows of its start, and what the run learns from it. */
  #learn(end: InferenceEnd): void {
    const { operation, model, provider, isStream, conversationId } = end
    const learned = { operation, model, provider, isStream, conversationId }
    if (this.#span && differs(this.#start, learned)) updateInferenceSpan(this.#span, assignDefined(this.#start, learned))
    else assignDefined(this.#start, learned)
    const run = this.#run
    if (this.#start.conversationId !== undefined) noteConversation(this.#execution, this.#start.conversationId)
    if (end.finishReasons) run.finishReasons = end.finishReasons
    const requested = this.#start.model
    if (requested !== undefined) run.onlyModel = run.onlyModel === undefined || run.onlyModel === requested ? requested : null
  }

  #newCall(end: InferenceEnd, isFailed: boolean): CountedCall {
    const repeated = requestSources.has(this.source)
      ? this.#run.repeats(end.requestFingerprint, this.#attemptNumber, this.#startedMs)
      : undefined
    const counted = new CountedCall(this.#run.slot, repeated ?? { tries: 0 }, {
      operation: this.operation,
      startedAt: this.startedAt,
    })
    counted.attempt = this.#attemptNumber
    counted.fingerprint = end.requestFingerprint
    counted.isFailed = isFailed
    counted.endedMs = performance.now()
    counted.responseId = end.responseId
    this.#run.remember(counted)
    if (end.responseId !== undefined) ledger.remember(end.responseId, counted)
    return counted
  }

  #countCall(counted: CountedCall, end: InferenceEnd, errorType: string | undefined, isNew: boolean): void {
    const seconds =
      isAmount(end.endedAt) || this.#start.startedAt !== undefined
        ? Math.max(0, (end.endedAt ?? Date.now()) - this.startedAt) / 1000
        : (performance.now() - this.#startedMs) / 1000
    const isRepeat = isNew && counted.call.tries > 0
    if (requestSources.has(this.source)) counted.call.tries += 1
    counted.ended(this.#start, end, seconds, errorType)
    const execution = this.#execution
    if (!execution || execution.finished) return
    const { record, series } = execution
    if (isRepeat) warnOfHiddenRetries(execution.agentName, this.#start, counted.call.tries)
    else {
      record.modelCalls += 1
      add(instruments().modelCalls, 1, series.agent)
      execution.spent('modelCalls', 1)
    }
    const model = this.#start.model ?? end.responseModel
    if (model !== undefined && record.models.length < 10 && !record.models.includes(model))
      record.models = [...record.models, model]
  }

  #countTry(errorType: string | undefined): void {
    const execution = this.#execution
    if (!execution || execution.finished) return
    const { record, series } = execution
    record.httpTries += 1
    if (this.#attempt) this.#attempt.httpTries += 1
    add(instruments().modelRequests, 1, {
      ...series.agent,
      [attribute.providerName]: boundedProvider(this.#start.provider),
      ...(errorType !== undefined && { [attribute.errorType]: errorType }),
    })
  }

  #usageSeen(): void {
    if (this.source === 'code') return
    this.#run.hasUsage = true
    if (this.#execution?.hasManualTokens) warnOfManualTokens(this.#execution.agentName)
  }

  /** Counts an answer without usage: its tokens are billed, but unknown. */
  #usageMissing(counted: CountedCall, end: InferenceEnd): void {
    const hasAnswer = end.responseId !== undefined || (end.status !== undefined && end.status < 300)
    if (this.source !== 'wire' || !hasAnswer) return
    counted.costUnknown()
    const { provider, model } = this.#start
    add(instruments().usageMissing, 1, {
      [attribute.providerName]: boundedProvider(provider),
      [attribute.requestModel]: boundedModel(model ?? end.responseModel),
    })
    warnOfMissingUsage(this.#start)
  }

  #endSpan(counted: CountedCall, end: InferenceEnd, errorType: string | undefined): void {
    const isMadeNow = this.#result === 'counted' && this.source !== 'wire' && !this.#start.hasSpan
    const span =
      this.#span ??
      (isMadeNow && !hasForeignSpan(this.#parent)
        ? startInferenceSpan({ ...this.#start, startedAt: this.startedAt }, this.#parent)
        : undefined)
    if (!span) return
    const allowed = this.#execution?.agent.options.errorMessages
    endInferenceSpan(span, end, {
      errorType,
      errorMessage: end.error === undefined ? undefined : messageOf(end.error, allowed),
      costUsd: counted.costUsd,
      resendCount: Math.max(0, counted.call.tries - 1),
    })
  }
}

function noteConversation(execution: Execution | undefined, id: string): void {
  if (!execution || execution.finished) return
  const run = execution.modelCalls()
  if (run.conversationId !== undefined) return
  run.conversationId = id
  execution.span.set(attribute.conversationId, id)
}

function errorTypeOf({ error, errorType, status }: InferenceEnd): string | undefined {
  if (errorType !== undefined) return boundedErrorName(errorType)
  if (status !== undefined && status >= 400) return boundedErrorName(String(status))
  return error === undefined ? undefined : boundedErrorType(error)
}

function failureOf({ status, retryHeaders = {} }: InferenceEnd): RunInferences['lastFailure'] {
  return status !== undefined && status >= 400 ? { status, headers: retryHeaders } : undefined
}

/** Whether a property of `source` that is set has another value in `target`. */
function differs<T extends object>(target: T, source: Partial<T>): boolean {
  for (const key in source) if (source[key] !== undefined && source[key] !== target[key]) return true
  return false
}

/** Copies the properties of `source` that are set. */
function assignDefined<T extends object>(target: T, source: Partial<T>): T {
  for (const key in source) {
    const value = source[key]
    if (value !== undefined) target[key] = value as T[Extract<keyof T, string>]
  }
  return target
}
