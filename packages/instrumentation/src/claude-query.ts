import {
  beginInference,
  beginToolCall,
  hideCause,
  type InferenceCall,
  type InferenceEnd,
  type InferenceUsage,
  type ReportedToolCall,
} from '@swarmwatch/sdk/instrumentation'
import { otherError, toolError } from '@swarmwatch/sdk/names'

import { namedError } from './sources/tool-error.ts'

/** A message of the Claude Agent SDK, as far as it is read. */
export interface ClaudeMessage {
  readonly type?: string
  readonly subtype?: string
  readonly session_id?: string
  /** Of `init`. */
  readonly model?: string
  /** Of `assistant` and `user`. */
  readonly message?: {
    readonly id?: string
    readonly model?: string
    readonly content?: string | readonly Block[]
    readonly stop_reason?: string | null
    readonly usage?: Partial<MessageUsage>
  }
  /** Of `assistant` messages that the SDK made for an error, of `result`, and as `error_status` of `api_retry`. */
  readonly api_error_status?: number | null
  readonly error_status?: number | null
  readonly error?: unknown
  /** Of `result`: totals of all turns of the query so far. */
  readonly modelUsage?: Readonly<Record<string, ModelUsage>>
  readonly event?: { readonly type?: string; readonly message?: { readonly id?: string }; readonly usage?: Partial<MessageUsage> }
}

interface Block {
  readonly type?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly is_error?: boolean
  readonly content?: unknown
}

interface MessageUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number | null
  readonly cache_creation_input_tokens: number | null
}

interface ModelUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly thinkingTokens?: number
  readonly costUSD: number
  readonly canonicalModel?: string
  readonly provider?: string
}

/** A model call whose message arrived, and whose tokens are final once the result message arrives. */
interface OpenCall {
  readonly call: InferenceCall
  readonly model: string | undefined
  known: InferenceEnd
  isOutputFinal: boolean
}

const source = 'claude-agent'
/** A query that never ends holds no more than this. */
const maxOpen = 1000
let queries = 0

/** Reads the messages of one query and reports its model calls and tool calls. */
export class ClaudeQuery {
  readonly #calls = new Map<string, OpenCall>()
  readonly #tools = new Map<string, ReportedToolCall>()
  /** Totals that were reported of each model, because the totals are those of the whole query. */
  readonly #reported = new Map<string, ModelUsage>()
  readonly #fingerprint = `claude query ${(queries += 1)}`
  #turn = 0
  #model: string | undefined
  #conversationId: string | undefined
  /** When the last message arrived: the next call began about then. */
  #since = Date.now()
  #hasFailed = false
  /** Why the query failed, such as `error_max_turns`. */
  #failure: string | undefined

  read(message: ClaudeMessage): void {
    this.#conversationId ??= message.session_id
    if (message.subtype === 'init') this.#model = message.model
    else if (message.subtype === 'api_retry') this.#failed(message.error_status, message.error)
    else if (message.type === 'assistant') this.#answered(message)
    else if (message.type === 'user') this.#toolsReturned(message)
    else if (message.type === 'stream_event') this.#streamed(message)
    else if (message.type === 'result') this.#finished(message)
    if (message.type !== 'stream_event') this.#since = Date.now()
  }

  /** Lets the classification of an error that the SDK throws read why: the error itself has only a text. */
  explain(error: unknown): void {
    if (this.#failure !== undefined) hideCause(error, namedError(this.#failure, 'the query ended'))
  }

  /** Reports everything that is still open, as far as it is known. */
  end(): void {
    this.#endCalls()
    for (const tool of this.#tools.values()) tool.fail(new Error('the query ended before the tool'))
    this.#tools.clear()
  }

  /** An answer arrives in several messages with one id, one for each block of its content. */
  #answered(of: ClaudeMessage): void {
    const { message = {} } = of
    if (message.model === '<synthetic>') {
      if (typeof of.api_error_status === 'number' || of.error !== undefined) this.#failed(of.api_error_status, of.error)
      return
    }
    const id = message.id ?? `unknown ${this.#calls.size}`
    const open = this.#calls.get(id) ?? this.#begin(message.id, message.model, this.#since)
    this.#calls.set(id, open)
    open.known = {
      ...open.known,
      endedAt: Date.now(),
      ...(!open.isOutputFinal && { usage: usageOf(message.usage) }),
      ...(message.stop_reason && { finishReasons: [message.stop_reason] }),
    }
    for (const block of blocksOf(message)) if (block.type === 'tool_use') this.#toolCalled(block)
    if (this.#calls.size > maxOpen) this.#endCalls()
  }

  #begin(responseId: string | undefined, model: string | undefined, startedAt: number): OpenCall {
    const open: OpenCall = {
      call: beginInference({
        source,
        provider: 'anthropic',
        model: this.#model ?? model,
        startedAt,
        conversationId: this.#conversationId,
        known: () => open.known,
      }),
      model,
      known: { responseId, responseModel: model, requestFingerprint: `${this.#fingerprint}.${this.#turn}` },
      isOutputFinal: false,
    }
    this.#turn += 1
    return open
  }

  /** A failed request: one that the child process will repeat, or the last one. */
  #failed(status: number | null | undefined, error: unknown): void {
    this.#hasFailed = true
    beginInference({
      source,
      provider: 'anthropic',
      model: this.#model,
      startedAt: this.#since,
      conversationId: this.#conversationId,
    }).end({
      ...(typeof status === 'number' ? { status } : { errorType: typeof error === 'string' ? error : otherError }),
      requestFingerprint: `${this.#fingerprint}.${this.#turn}`,
    })
  }

  #toolCalled({ id, name, input }: Block): void {
    if (id === undefined || name === undefined || this.#tools.has(id) || this.#tools.size >= maxOpen) return
    this.#tools.set(id, beginToolCall({ name, type: 'function', callId: id, source, arguments: input }))
  }

  #toolsReturned({ message }: ClaudeMessage): void {
    for (const block of blocksOf(message)) {
      const tool = block.type === 'tool_result' ? this.#tools.get(block.tool_use_id ?? '') : undefined
      if (!tool) continue
      this.#tools.delete(block.tool_use_id!)
      if (block.is_error) tool.fail(new Error('the tool returned an error'), toolError)
      else tool.end(block.content)
    }
  }

  /** With `includePartialMessages`, the end of an answer states its final tokens. */
  #streamed({ event }: ClaudeMessage): void {
    if (event?.type !== 'message_delta') return
    const open = [...this.#calls.values()].at(-1)
    if (!open || open.isOutputFinal || event.usage?.output_tokens === undefined) return
    open.known = { ...open.known, usage: { ...open.known.usage, outputTokens: event.usage.output_tokens } }
    open.isOutputFinal = true
  }

  #finished(message: ClaudeMessage): void {
    for (const [model, total] of Object.entries(message.modelUsage ?? {})) this.#report(model, total)
    if (typeof message.api_error_status === 'number' && !this.#hasFailed) this.#failed(message.api_error_status, undefined)
    this.#hasFailed = false
    this.#failure = message.subtype === 'success' ? undefined : message.subtype
    this.#endCalls()
  }

  /** Ends the open calls of a model, so that their sum is what the result adds to the totals of this model. */
  #report(model: string, total: ModelUsage): void {
    const added = addedSince(this.#reported.get(model), total)
    this.#reported.set(model, total)
    const spent: InferenceUsage = {
      inputTokens: added.inputTokens + added.cacheReadInputTokens + added.cacheCreationInputTokens,
      outputTokens: added.outputTokens,
      cacheReadInputTokens: added.cacheReadInputTokens,
      cacheWriteInputTokens: added.cacheCreationInputTokens,
      ...(added.thinkingTokens !== undefined && { reasoningOutputTokens: added.thinkingTokens }),
    }
    const provider = providers[total.provider ?? ''] ?? 'anthropic'
    const calls = [...this.#calls].filter(([, open]) => isModel(open.model, model, total.canonicalModel))
    for (const [id] of calls) this.#calls.delete(id)
    let rest = spent
    for (const [, { call, known, isOutputFinal }] of calls.slice(0, -1)) {
      // Unless it is final, the number of output tokens is the one at the start of the answer
      const usage = isOutputFinal ? known.usage : { ...known.usage, outputTokens: undefined }
      rest = less(rest, usage)
      call.end({ ...known, provider, usage, costUsd: 0 })
    }
    const last = calls.at(-1)?.[1]
    if (last) last.call.end({ ...last.known, provider, usage: rest, costUsd: added.costUSD })
    // A call that has no message, such as one that names the session
    else if (spent.inputTokens || spent.outputTokens)
      beginInference({ source, provider, model, startedAt: this.#since, conversationId: this.#conversationId }).end({
        usage: spent,
        costUsd: added.costUSD,
      })
  }

  #endCalls(): void {
    for (const { call, known } of this.#calls.values()) call.end(known)
    this.#calls.clear()
  }
}

const providers: Readonly<Record<string, string>> = {
  firstParty: 'anthropic',
  bedrock: 'aws.bedrock',
  vertex: 'gcp.vertex_ai',
  foundry: 'azure.ai.inference',
}

function blocksOf(message: ClaudeMessage['message']): readonly Block[] {
  return Array.isArray(message?.content) ? (message.content as readonly Block[]) : []
}

function usageOf(usage: Partial<MessageUsage> = {}): InferenceUsage {
  const cacheReadInputTokens = usage.cache_read_input_tokens ?? 0
  const cacheWriteInputTokens = usage.cache_creation_input_tokens ?? 0
  return {
    inputTokens: (usage.input_tokens ?? 0) + cacheReadInputTokens + cacheWriteInputTokens,
    outputTokens: usage.output_tokens,
    cacheReadInputTokens,
    cacheWriteInputTokens,
  }
}

/** The totals start again after `/clear`, and in a child process that crashed. */
function addedSince(earlier: ModelUsage | undefined, total: ModelUsage): ModelUsage {
  if (!earlier || total.inputTokens < earlier.inputTokens || total.outputTokens < earlier.outputTokens) return total
  return {
    inputTokens: total.inputTokens - earlier.inputTokens,
    outputTokens: total.outputTokens - earlier.outputTokens,
    cacheReadInputTokens: total.cacheReadInputTokens - earlier.cacheReadInputTokens,
    cacheCreationInputTokens: total.cacheCreationInputTokens - earlier.cacheCreationInputTokens,
    ...(total.thinkingTokens !== undefined && { thinkingTokens: total.thinkingTokens - (earlier.thinkingTokens ?? 0) }),
    costUSD: total.costUSD - earlier.costUSD,
  }
}

function less(usage: InferenceUsage, part: InferenceUsage = {}): InferenceUsage {
  const keys = Object.keys(usage) as (keyof InferenceUsage)[]
  return Object.fromEntries(keys.map((key) => [key, Math.max(0, (usage[key] ?? 0) - (part[key] ?? 0))]))
}

/** Totals name a model as it was asked for: `claude-x[1m]` for an answer of `claude-x-20260101`. */
function isModel(answered: string | undefined, asked: string, canonical: string | undefined): boolean {
  if (answered === undefined) return true
  const name = asked.replace(/\[.*\]$/, '')
  return answered === name || answered === canonical || answered.startsWith(`${name}-`) || name.startsWith(`${answered}-`)
}
