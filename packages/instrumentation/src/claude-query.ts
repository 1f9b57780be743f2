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

import {
  addedSince,
  isOfModel,
  keepTotals,
  keptTotals,
  usageOfMessage,
  usageOfTotals,
  usageWithout,
  type MessageUsage,
  type ModelUsage,
  type ResumedSession,
  type SessionTotals,
} from './claude-totals.ts'
import { namedError } from './sources/tool-error.ts'

/** A message of the Claude Agent SDK, as far as it is read. */
export interface ClaudeMessage {
  readonly type?: string
  readonly subtype?: string
  readonly session_id?: string
  /** Of `init`. */
  readonly model?: string
  /** Of `assistant` and `user`: null in the main loop of the agent, otherwise the tool call that runs a subagent. */
  readonly parent_tool_use_id?: string | null
  readonly message?: {
    readonly id?: string
    readonly model?: string
    readonly content?: string | readonly Block[]
    readonly stop_reason?: string | null
    readonly usage?: Partial<MessageUsage>
  }
  /** Of `user`, if a tool returned: of a subagent, the usage of its last answer. */
  readonly tool_use_result?: { readonly resolvedModel?: string; readonly usage?: Partial<MessageUsage> } | null
  /** Of `assistant` messages that the SDK made for an error, of `result`, and as `error_status` of `api_retry`. */
  readonly api_error_status?: number | null
  readonly error_status?: number | null
  readonly error?: unknown
  /** Of `result`: the main loop of this turn alone. */
  readonly usage?: Partial<MessageUsage>
  /** Of `result`: totals of all turns of the query so far, and of the session that it continues. */
  readonly modelUsage?: SessionTotals
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

/** A model call whose message arrived, and whose tokens are final once the result message arrives. */
interface OpenCall {
  readonly id: string
  readonly call: InferenceCall
  readonly model: string | undefined
  known: InferenceEnd
  isOutputFinal: boolean
  readonly isOfSubagent: boolean
}

const source = 'claude-agent'
/** A query that never ends holds no more than this. */
const maxOpen = 1000
let queries = 0

/** Reads the messages of one query and reports its model calls and tool calls. */
export class ClaudeQuery {
  readonly #calls = new Map<string, OpenCall>()
  readonly #tools = new Map<string, ReportedToolCall>()
  readonly #resumed: ResumedSession | undefined
  /** Of the last result message, because its totals are those of the whole query. */
  #totals: SessionTotals | undefined
  readonly #fingerprint = `claude query ${(queries += 1)}`
  #turn = 0
  #model: string | undefined
  #conversationId: string | undefined
  /** When the last message arrived: the next call began about then. */
  #since = Date.now()
  #hasFailed = false
  /** Why the query failed, such as `error_max_turns`. */
  #failure: string | undefined
  /** Last answers of the subagents of this turn, which are no messages. */
  #lastAnswers: { readonly model: string; readonly usage: InferenceUsage }[] = []

  /** `resumed` is the session that the query continues, if it is not a new one. */
  constructor(resumed?: ResumedSession) {
    this.#resumed = resumed
  }

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
    const open = this.#calls.get(id) ?? this.#begin(id, of)
    this.#calls.set(id, open)
    open.known = {
      ...open.known,
      endedAt: Date.now(),
      ...(!open.isOutputFinal && { usage: usageOfMessage(message.usage) }),
      ...(message.stop_reason && { finishReasons: [message.stop_reason] }),
    }
    for (const block of blocksOf(message)) if (block.type === 'tool_use') this.#toolCalled(block)
    if (this.#calls.size > maxOpen) this.#endCalls()
  }

  #begin(id: string, { message = {}, parent_tool_use_id }: ClaudeMessage): OpenCall {
    const { model } = message
    const open: OpenCall = {
      id,
      call: beginInference({
        source,
        provider: 'anthropic',
        model: this.#model ?? model,
        startedAt: this.#since,
        conversationId: this.#conversationId,
        known: () => open.known,
      }),
      model,
      known: { responseId: message.id, responseModel: model, requestFingerprint: `${this.#fingerprint}.${this.#turn}` },
      isOutputFinal: false,
      isOfSubagent: typeof parent_tool_use_id === 'string',
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

  #toolsReturned({ message, tool_use_result: result }: ClaudeMessage): void {
    if (typeof result?.resolvedModel === 'string' && result.usage && this.#lastAnswers.length < maxOpen)
      this.#lastAnswers.push({ model: result.resolvedModel, usage: usageOfMessage(result.usage) })
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
    this.#billed(message)
    if (typeof message.api_error_status === 'number' && !this.#hasFailed) this.#failed(message.api_error_status, undefined)
    this.#hasFailed = false
    this.#failure = message.subtype === 'success' ? undefined : message.subtype
    this.#endCalls()
  }

  /** Ends the open calls with what the result message states of this turn. */
  #billed({ modelUsage: totals = {}, usage, session_id }: ClaudeMessage): void {
    // A result of a process that could not start has none
    if (Object.keys(totals).length === 0) return
    const isFirst = this.#totals === undefined
    const kept = isFirst && this.#resumed ? keptTotals(this.#resumed, session_id) : undefined
    const earlier = this.#totals ?? kept ?? {}
    const open = new Set(this.#calls.values())
    const turn = Object.entries(totals).map(([model, total]): ModelTurn => {
      const calls = [...open].filter((call) => isOfModel(call.model, model, total.canonicalModel))
      for (const call of calls) open.delete(call)
      return { model, added: addedSince(earlier[model], total), calls }
    })
    this.#totals = { ...this.#totals, ...totals }
    keepTotals(session_id, this.#totals)
    if (!isFirst || !this.#resumed) for (const each of turn) this.#report(each)
    else if (turn.every((each) => this.#isExplained(each)))
      for (const each of turn.filter(({ calls }) => kept || calls.length > 0)) this.#report(each)
    else this.#reportMainLoop(turn, usage)
    this.#lastAnswers = []
  }

  /**
   * Whether `added` can be the usage of this turn alone. The earlier totals of a resumed session are unknown in another process, and too
   * low if another process has continued the session since.
   */
  #isExplained({ model, added, calls }: ModelTurn): boolean {
    if (calls.length === 0) return true
    const spent = usageOfTotals(added)
    const messages = calls.map(({ known }) => known.usage)
    const lastAnswers = this.#lastAnswers.filter((each) => isOfModel(each.model, model, added.canonicalModel))
    const isSpent = (usages: readonly (InferenceUsage | undefined)[]): boolean =>
      inputKeys.every((key) => spent[key] === usages.reduce((sum, usage) => sum + (usage?.[key] ?? 0), 0))
    return isSpent(messages) || isSpent([...messages, ...lastAnswers.map(({ usage }) => usage)])
  }

  /** Ends the open calls of a model, so that their sum is what the result adds to the totals of this model. */
  #report({ model, added, calls }: ModelTurn): void {
    const spent = usageOfTotals(added)
    const provider = providerOf(added)
    if (calls.length > 0) this.#endWith(calls, spent, { costUsd: added.costUSD, providerOf: () => provider })
    // A call that has no message, such as one that names the session
    else if (spent.inputTokens || spent.outputTokens)
      beginInference({ source, provider, model, startedAt: this.#since, conversationId: this.#conversationId }).end({
        usage: spent,
        costUsd: added.costUSD,
      })
  }

  /** Ends the open calls with the usage of the main loop, which is exact. Their cost follows from prices. */
  #reportMainLoop(turn: readonly ModelTurn[], usage: Partial<MessageUsage> | undefined): void {
    const open = [...this.#calls.values()]
    const by = { providerOf: (call: OpenCall) => providerOf(turn.find(({ calls }) => calls.includes(call))?.added) }
    // The messages of a subagent state its input only
    const ofSubagents = open.filter(({ isOfSubagent }) => isOfSubagent)
    this.#endWith(ofSubagents, undefined, by)
    const ofMainLoop = open.filter(({ isOfSubagent }) => !isOfSubagent)
    this.#endWith(ofMainLoop, usage && usageOfMessage(usage), by)
  }

  /** Ends calls. The last one has what no message states of `spent`, and the cost of all. */
  #endWith(
    calls: readonly OpenCall[],
    spent: InferenceUsage | undefined,
    { costUsd, providerOf }: { costUsd?: number; providerOf: (call: OpenCall) => string },
  ): void {
    let rest = spent
    for (const open of calls) {
      const { call, known, isOutputFinal } = open
      this.#calls.delete(open.id)
      const isLast = open === calls.at(-1)
      // Unless it is final, the number of output tokens is the one at the start of the answer
      const stated = isOutputFinal ? known.usage : { ...known.usage, outputTokens: undefined }
      const usage = isLast && rest ? rest : stated
      rest &&= usageWithout(rest, stated)
      call.end({
        ...known,
        provider: providerOf(open),
        usage,
        ...(costUsd !== undefined && { costUsd: isLast ? costUsd : 0 }),
      })
    }
  }

  #endCalls(): void {
    for (const { call, known } of this.#calls.values()) call.end(known)
    this.#calls.clear()
  }
}

/** Usage of one model in a turn, with the open calls that it belongs to. */
interface ModelTurn {
  readonly model: string
  readonly added: ModelUsage
  readonly calls: readonly OpenCall[]
}

const inputKeys = ['inputTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens'] as const

function providerOf(total: ModelUsage | undefined): string {
  return providers[total?.provider ?? ''] ?? 'anthropic'
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
