import type { Attributes } from '@opentelemetry/api'

import { BoundedNames } from '../bounded-names.ts'
import { attribute, otherError, otherName } from '../names.ts'
import { processWide } from '../process-wide.ts'
import { addCost, addTokens, boundedModel, type UsageRun } from '../run/run-usage.ts'
import { guarded, trip } from '../telemetry/guard.ts'
import { add, instruments, record, type Instruments } from '../telemetry/instruments.ts'
import { oldAttribute } from '../telemetry/old-names.ts'
import { isAmount } from '../unknown-values.ts'
import { hasOldNames, inferenceOptions } from './configure-inferences.ts'
import { warnOfUnpricedBudget } from './inference-warnings.ts'
import type { InferenceEnd, InferenceStart, InferenceUsage } from './inference.ts'

/** A logical call of a model: all HTTP tries with which its client made it. */
export interface LogicalCall {
  tries: number
}

/** The run of a call, as far as counting needs it. */
export interface CountingRun extends UsageRun {
  readonly finished: boolean
  readonly attempt: number
  readonly agentName: string
  readonly limits: { readonly hasUsd: boolean } | undefined
}

/** The slot of a run that its counted calls share, so that they do not keep a finished run alive. */
export interface RunSlot {
  run: CountingRun | undefined
}

type Usage = { -readonly [Key in keyof InferenceUsage]: number }

const usageCounters = {
  inputTokens: 'inferenceInputTokens',
  outputTokens: 'inferenceOutputTokens',
  cacheReadInputTokens: 'inferenceCacheReadInputTokens',
  cacheWriteInputTokens: 'inferenceCacheWriteInputTokens',
  reasoningOutputTokens: 'inferenceReasoningOutputTokens',
} as const satisfies Record<keyof InferenceUsage, keyof Instruments>

const usageKeys = Object.keys(usageCounters) as (keyof InferenceUsage)[]

/** A try of a model call that was counted, and how much of it: a later report of the same response adds only what was unknown. */
export class CountedCall {
  readonly operation: string
  readonly startedAt: number
  readonly slot: RunSlot
  readonly call: LogicalCall
  /** Sources that have reported this try. */
  readonly sources: Set<string> = new Set()
  /** On the clock of the process, in milliseconds. */
  endedMs = 0
  attempt = 0
  fingerprint: string | undefined
  isFailed = false
  /** Whether a later try of the same logical call is known. */
  isRepeated = false
  responseId: string | undefined
  /** Labels of the `gen_ai.client` metrics; undefined while only `addTokens()` has reported it. */
  labels: Attributes | undefined
  costUsd: number | undefined
  /** True if no tokens or cost may be added. */
  isClosed = false
  readonly #inRun: Usage = {}
  readonly #inClient: Usage = {}
  /** `labels` with the modality of the tokens. */
  #usageLabels: Attributes = {}
  #recordedChunks = 0
  #provider: string | undefined
  #model: string | undefined
  #responseModel: string | undefined
  #hasSentCost = false
  #isPriceUnknown = false
  /** Whether the record of the run counts it as a call of unknown cost. */
  #isUnpriced = false

  constructor(slot: RunSlot, call: LogicalCall, start: Partial<InferenceStart>) {
    this.slot = slot
    this.call = call
    this.#model = start.model
    this.operation = start.operation ?? 'chat'
    this.startedAt = start.startedAt ?? Date.now()
  }

  /** Tokens that were reported so far. */
  get usage(): InferenceUsage {
    return this.#inClient
  }

  /** Records the duration of the call and its failure, if it failed. From now on its tokens are counted in `gen_ai.client` metrics, too. */
  ended(start: InferenceStart, end: InferenceEnd, seconds: number, errorType: string | undefined): void {
    this.#provider = start.provider
    this.#model = start.model
    this.#responseModel = end.responseModel
    const labels = labelsOf(start, end.responseModel)
    this.labels = labels
    const { inferenceDuration, inferenceTimeToFirstChunk, old } = instruments()
    const failed = errorType === undefined ? labels : { ...labels, [attribute.errorType]: errorType }
    const hasOld = hasOldNames()
    record(inferenceDuration, seconds, failed)
    if (hasOld) record(old.operationDuration, seconds, failed)
    if (isAmount(end.firstChunkSeconds)) {
      record(inferenceTimeToFirstChunk, end.firstChunkSeconds, labels)
      if (hasOld) record(old.timeToFirstChunk, end.firstChunkSeconds, labels)
    }
    // As the conventions ask: a call without usage is counted with 0
    const ofUsage = { ...labels, [attribute.tokenModality]: 'unknown' }
    this.#usageLabels = ofUsage
    if (!isAmount(end.usage?.inputTokens)) add(instruments().inferenceInputTokens, 0, ofUsage)
    if (!isAmount(end.usage?.outputTokens)) add(instruments().inferenceOutputTokens, 0, ofUsage)
  }

  /**
   * Adds the tokens, the cost and the times between chunks that no earlier report of this response had. With `isRemainder`, the report
   * continues an earlier one of the same reporter, so that what its counts have grown is added.
   */
  absorb(
    { usage = {}, costUsd, chunkSeconds = [] }: Pick<InferenceEnd, 'usage' | 'costUsd' | 'chunkSeconds'>,
    { isRemainder = false }: { readonly isRemainder?: boolean } = {},
  ): void {
    if (this.isClosed) return
    const added: Usage = {}
    let isUsageNew = false
    for (const key of usageKeys) {
      const tokens = usage[key]
      if (tokens === undefined) continue
      if (!isAmount(tokens)) {
        trip('framework', new TypeError(`${key} must be a number >= 0`))
        continue
      }
      const newInClient = newTokens(this.#inClient[key], tokens, isRemainder)
      if (this.labels && newInClient !== undefined) {
        this.#inClient[key] = tokens
        isUsageNew = true
        add(instruments()[usageCounters[key]], newInClient, this.#usageLabels)
        if (hasOldNames()) countOldUsage(key, newInClient, this.labels)
      }
      const newInRun = newTokens(this.#inRun[key], tokens, isRemainder)
      if (newInRun !== undefined) {
        this.#inRun[key] = tokens
        added[key] = newInRun
      }
    }
    const run = this.#run()
    const model = this.#model ?? this.#responseModel
    const { inputTokens: input, outputTokens: output, cacheReadInputTokens: cachedInput } = added
    if (run && (input || output || cachedInput)) addTokens(run, { input, output, cachedInput, model })
    this.#addCost(run, costUsd, isUsageNew)
    this.#recordChunks(chunkSeconds)
  }

  #recordChunks(chunkSeconds: readonly number[]): void {
    const { labels } = this
    if (!labels || chunkSeconds.length <= this.#recordedChunks) return
    const { inferenceTimePerOutputChunk, old } = instruments()
    const hasOld = hasOldNames()
    for (const interval of chunkSeconds.slice(this.#recordedChunks)) {
      if (!isAmount(interval)) continue
      record(inferenceTimePerOutputChunk, interval, labels)
      if (hasOld) record(old.timePerOutputChunk, interval, labels)
    }
    this.#recordedChunks = chunkSeconds.length
  }

  #addCost(run: CountingRun | undefined, sent: number | undefined, isUsageNew: boolean): void {
    if (this.#hasSentCost) return
    const model = this.#model ?? this.#responseModel
    let cost: number | undefined
    if (isAmount(sent)) {
      this.#hasSentCost = true
      cost = sent
    } else if (isUsageNew && this.labels && (this.#inClient.inputTokens || this.#inClient.outputTokens)) {
      cost = this.#price()
    }
    if (cost === undefined) return
    const before = this.costUsd ?? 0
    this.costUsd = Math.max(before, cost)
    if (run && this.#isUnpriced) {
      this.#isUnpriced = false
      run.record.unpricedCalls -= 1
    }
    if (run && cost > before) addCost(run, cost - before, model)
  }

  #price(): number | undefined {
    const model = this.#model
    const of = {
      provider: this.#provider,
      model,
      responseModel: this.#responseModel,
      usage: { ...this.#inClient },
      at: this.startedAt,
    }
    const price = guarded('option', () => inferenceOptions().price?.(of))
    if (isAmount(price)) return price
    if (!this.#isPriceUnknown) {
      this.#isPriceUnknown = true
      this.costUnknown()
      add(instruments().priceUnknown, 1, { [attribute.requestModel]: boundedModel(model ?? this.#responseModel) })
    }
    return undefined
  }

  /** Makes the cost of the run incomplete until a later report has the cost of this call. */
  costUnknown(): void {
    const run = this.#run()
    if (!run || this.#isUnpriced || this.costUsd !== undefined) return
    this.#isUnpriced = true
    run.record.unpricedCalls += 1
    if (run.limits?.hasUsd) warnOfUnpricedBudget(run.agentName, boundedModel(this.#model ?? this.#responseModel))
  }

  #run(): CountingRun | undefined {
    const { run } = this.slot
    return run?.finished ? undefined : run
  }
}

/** Returns the tokens of a report that were not counted before; undefined without any. */
function newTokens(counted: number | undefined, reported: number, isRemainder: boolean): number | undefined {
  if (counted === undefined) return reported
  return isRemainder && reported > counted ? reported - counted : undefined
}

function countOldUsage(key: keyof InferenceUsage, tokens: number, labels: Attributes): void {
  if (key !== 'inputTokens' && key !== 'outputTokens') return
  record(instruments().old.tokenUsage, tokens, {
    ...labels,
    [oldAttribute.tokenType]: key === 'inputTokens' ? 'input' : 'output',
  })
}

const names = processWide('inference-names/1', () => ({
  operations: new BoundedNames(20),
  providers: new BoundedNames(30),
  responseModels: new BoundedNames(50),
  addresses: new BoundedNames(50),
}))

const short = (name: string): string => name.slice(0, 100)

/** Returns the provider's name for a metric label. */
export function boundedProvider(provider: string | undefined): string {
  return names.providers.bound(short(provider ?? otherError))
}

function labelsOf(start: InferenceStart, responseModel: string | undefined): Attributes {
  const address = start.serverAddress === undefined ? undefined : names.addresses.bound(short(start.serverAddress))
  return {
    [attribute.operation]: names.operations.bound(short(start.operation ?? 'chat')),
    [attribute.providerName]: boundedProvider(start.provider),
    ...(start.model !== undefined && { [attribute.requestModel]: boundedModel(start.model) }),
    ...(responseModel !== undefined && { [attribute.responseModel]: names.responseModels.bound(short(responseModel)) }),
    ...(address !== undefined && { [attribute.serverAddress]: address }),
    ...(address !== undefined &&
      address !== otherName &&
      start.serverPort !== undefined && { [attribute.serverPort]: start.serverPort }),
  }
}
