/**
 * A program of a consumer that must compile under every supported TypeScript: the result of a wrapper for overloads, type parameters, `this`,
 * generators and async iterables. A text, because it is compiled against the packed packages.
 */
export const typesOfWrappers = `
import { executeWithRecovery, instrumentAgent, instrumentTool, type InstrumentAgentOptions } from '@swarmwatch/sdk'

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
const same = <Check extends true>(...checked: Check[]): void => void checked

// overloads
function read(key: string): Promise<string>
function read(key: number, radix: number): Promise<number>
async function read(key: string | number, radix?: number): Promise<string | number> {
  return radix === undefined ? key : Number(key)
}
const reader = instrumentAgent(read, { name: 'reader' })
const text = reader('a')
const figure = reader(1, 10)
same<Equal<typeof text, Promise<string>>>()
same<Equal<typeof figure, Promise<number>>>()
// @ts-expect-error no overload takes a text and a radix
void reader('a', 10)

// properties of its own
const withCache = instrumentAgent(Object.assign(async (key: string) => key, { cache: new Map<string, string>() }), { name: 'cache' })
same<Equal<typeof withCache.cache, Map<string, string>>>()

// type parameters
const first = instrumentTool(async <T>(list: readonly T[]): Promise<T | undefined> => list[0], { name: 'first' })
const found = first([1, 2])
same<Equal<typeof found, Promise<number | undefined>>>()
class Pool<Job extends { id: string }> {
  run = instrumentAgent(async (job: Job): Promise<Job> => job, { name: 'pool' })
}
const pooled = new Pool<{ id: string; size: number }>().run({ id: 'a', size: 1 })
same<Equal<Awaited<typeof pooled>, { id: string; size: number }>>()

// this
interface Counter {
  from: number
  next(this: Counter, by: number): Promise<number>
}
const counter: Counter = {
  from: 1,
  next: instrumentAgent(async function (this: Counter, by: number) {
    return this.from + by
  }, { name: 'counter' }),
}
void counter.next(1)
const { next } = counter
// @ts-expect-error without its object
void next(1)

// generators
async function* letters(): AsyncGenerator<string, number, boolean> {
  const more: boolean = yield 'a'
  return more ? 1 : 0
}
function* digits(): Generator<number, string, boolean> {
  yield 1
  return 'end'
}
const lettersAgent = instrumentAgent(letters, { name: 'letters' })
const digitsAgent = instrumentAgent(digits, { name: 'digits' })
same<Equal<ReturnType<typeof lettersAgent>, AsyncGenerator<string, number, boolean>>>()
same<Equal<ReturnType<typeof digitsAgent>, AsyncGenerator<number, string, boolean>>>()

// async iterables: a stream can be read at once, or be awaited for the object that the agent returned
class Stream implements AsyncIterable<Uint8Array> {
  readonly id = 'stream'
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    yield new Uint8Array()
  }
}
const streamAgent = instrumentAgent(() => new Stream(), { name: 'stream' })
const promised = instrumentAgent(async () => new Stream(), { name: 'promised' })
export async function readAll(): Promise<void> {
  for await (const chunk of streamAgent()) same<Equal<typeof chunk, Uint8Array>>()
  for await (const chunk of await promised()) same<Equal<typeof chunk, Uint8Array<ArrayBufferLike>>>()
  const stream = await streamAgent()
  same<Equal<typeof stream.id, 'stream'>>()
}

// options know the parameters and the result
const options: InstrumentAgentOptions<[string], number> = { name: 'length', recovery: { maxRetries: 1 } }
const length = instrumentAgent(async (value: string) => value.length, options)
same<Equal<ReturnType<typeof length>, Promise<number>>>()
instrumentAgent(async (value: string) => value.length, { name: 'x', fallback: [(value) => value.length] })
// @ts-expect-error the fallback returns another type
instrumentAgent(async (value: string) => value.length, { name: 'x', fallback: [async () => 'none'] })
// @ts-expect-error a name is a text
instrumentAgent(async () => 1, { name: 1 })
const recovered = executeWithRecovery(async () => 1, { agentName: 'x' })
same<Equal<typeof recovered, Promise<number>>>()
`
