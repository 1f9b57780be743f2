import type { Usage } from './chat-answer.ts'
import type { FaultKind } from './fault-plan.ts'

/** Log entry of one request, without its texts. */
export interface LoggedRequest {
  readonly number: number
  readonly agent: string
  readonly model: string
  readonly stream: boolean
  /** W3C trace context of the request. */
  readonly traceparent: string | undefined
  readonly fault: FaultKind | undefined
  /** Set when the answer was sent completely; only such answers are billed. */
  billed?: Usage
}

/** Keeps the last requests of the model server and the sum of all billed tokens. */
export class RequestLog {
  readonly #limit: number
  readonly #requests: LoggedRequest[] = []
  readonly #perAgent = new Map<string, number>()
  #count = 0
  readonly billed = { answers: 0, inputTokens: 0, outputTokens: 0 }

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The last requests, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests
  }

  /** Counts a request and returns its position among all requests, from 1. */
  nextNumber(): number {
    this.#count += 1
    return this.#count
  }

  /** Counts a request of `agent` and returns its position among the requests of this agent, from 1. */
  countFor(agent: string): number {
    const count = (this.#perAgent.get(agent) ?? 0) + 1
    // Clients choose the names: beyond 100 of them, the oldest count is dropped
    if (count === 1 && this.#perAgent.size >= 100) this.#perAgent.delete(this.#perAgent.keys().next().value ?? '')
    this.#perAgent.set(agent, count)
    return count
  }

  add(request: LoggedRequest): void {
    if (this.#requests.length >= this.#limit) this.#requests.shift()
    this.#requests.push(request)
  }

  bill(request: LoggedRequest, usage: Usage): void {
    request.billed = usage
    this.billed.answers += 1
    this.billed.inputTokens += usage.prompt_tokens
    this.billed.outputTokens += usage.completion_tokens
  }
}
