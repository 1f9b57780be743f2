import { type OwnProcess, startProgram } from '../own-process.ts'
import type { Part } from '../part.ts'
import { peerFlags } from '../peers/import-peer.ts'
import { quantile } from '../statistics.ts'
import { asciiTable, reasonLines } from '../table.ts'
import type { HandlerTimes } from './handlers.ts'
import type { Kind, Library, ModelCallsQuestion } from './questions.ts'

const kinds: readonly Kind[] = ['json', 'stream', 'unrelated']
const peers: Readonly<Record<string, string>> = {
  openllmetry: '@traceloop/instrumentation-openai',
  openinference: '@arizeai/openinference-instrumentation-openai',
  sentry: '@sentry/node',
}

/** CPU microseconds of a call with a library, and the spans that it made of each model call. */
export interface ModelCallsRow {
  readonly library: Library
  /** Microseconds in addition to the client alone. */
  readonly added?: Readonly<Record<Kind, number>>
  readonly spansPerCall?: number
  /** Why it is not measured. */
  readonly reason?: string
}

export interface ModelCallsResult {
  readonly rounds: number
  /** CPU microseconds of a call of the client alone. */
  readonly client: Readonly<Record<Kind, number>>
  /** Of the wire. */
  readonly handlers: HandlerTimes
  readonly rows: readonly ModelCallsRow[]
}

/** The benchmark of model calls that are observed: `openai` against a server on loopback, which answers at once. */
export const modelCalls: Part<ModelCallsResult> = {
  name: 'model-calls',
  hasPeers: true,
  async cannotRun({ noPeers }) {
    return noPeers === undefined ? undefined : `the client openai is not installed: ${noPeers}`
  },
  measure: () => measureModelCalls({ rounds: 61, calls: 100 }),
  section,
}

/** Calls before the first round, so that all code is compiled. */
const warmUpCalls = 500

async function measureModelCalls({ rounds, calls }: { rounds: number; calls: number }): Promise<ModelCallsResult> {
  const server = startProgram(new URL('model-server-program.ts', import.meta.url))
  const entries: { library: Library; running: OwnProcess; times: Record<Kind, number[]>; reason?: string }[] = []
  try {
    const port = String(await server.ask<number>('port'))
    for (const library of ['none', 'swarmwatch', ...Object.keys(peers)] as Library[]) {
      const running = startProgram(new URL('model-calls-program.ts', import.meta.url), [library, port], { flags: peerFlags })
      const entry = { library, running, times: { json: [], stream: [], unrelated: [] } as Record<Kind, number[]> }
      entries.push(await failing(entry, () => askAll(running, warmUpCalls)))
    }
    const measured = entries.filter(({ reason }) => reason === undefined)
    for (let round = 0; round < rounds; round += 1) {
      for (const { running, times } of round % 2 === 0 ? measured : measured.toReversed()) {
        const asked = await askAll(running, calls)
        for (const kind of kinds) times[kind].push(asked[kind])
      }
    }
    const none = entries[0]!.times
    const rows: ModelCallsRow[] = []
    for (const { library, running, times, reason } of entries.slice(1)) {
      if (reason !== undefined) rows.push({ library, reason })
      else
        rows.push({
          library,
          added: byKind((kind) => fast(times[kind]) - fast(none[kind])),
          spansPerCall: (await running.ask<number>('spans')) / (2 * (rounds * calls + warmUpCalls)),
        })
    }
    const ours = entries.find(({ library }) => library === 'swarmwatch')!
    const handlers = await ours.running.ask<HandlerTimes>('handlers')
    return { rounds, handlers, client: byKind((kind) => fast(none[kind])), rows }
  } finally {
    await Promise.all([server, ...entries.map(({ running }) => running)].map((each) => each.end()))
  }
}

async function failing<Entry extends object>(entry: Entry, task: () => Promise<unknown>): Promise<Entry & { reason?: string }> {
  try {
    await task()
    return entry
  } catch (error) {
    return { ...entry, reason: `does not load: ${String(error).split('\n')[0]!.slice(0, 200)}` }
  }
}

async function askAll(running: OwnProcess, calls: number): Promise<Record<Kind, number>> {
  const answers: Partial<Record<Kind, number>> = {}
  for (const kind of kinds) answers[kind] = await running.ask<number>({ kind, calls } satisfies ModelCallsQuestion)
  return answers as Record<Kind, number>
}

/** The tenth-fastest percentile: other processes of the machine only make a round slower. */
const fast = (times: readonly number[]): number => quantile(times, 0.1)

function byKind(of: (kind: Kind) => number): Record<Kind, number> {
  return { json: of('json'), stream: of('stream'), unrelated: of('unrelated') }
}

function section({ rounds, client, handlers, rows }: ModelCallsResult): string {
  const measured = rows.flatMap((row) => (row.added ? [{ ...row, added: row.added }] : []))
  const cells = measured.map(({ library, added, spansPerCall }) => [
    library === 'swarmwatch' ? '@swarmwatch/instrumentation, wire' : peers[library]!,
    added.json.toFixed(0),
    added.stream.toFixed(0),
    (added.stream / 100).toFixed(1),
    added.unrelated.toFixed(1),
    spansPerCall!.toFixed(1),
  ])
  return `## Observed model calls

\`\`\`
${asciiTable(['added CPU us', 'JSON call', 'stream of 100 chunks', 'per chunk', 'unrelated request', 'spans per call'], cells)}
\`\`\`

${reasonLines(rows.map(({ library, reason }) => ({ name: peers[library] ?? library, reason })))}The client \`openai\` against a server on loopback in another process, ${rounds} rounds, of which the fastest tenth counts; CPU microseconds in addition to the client alone,
which takes ${client.json.toFixed(0)} for a JSON call, ${client.stream.toFixed(0)} for a stream and ${client.unrelated.toFixed(0)} for a request that calls no model. Each library exports its spans to a counter; the peers wrap the
client with the function of their README.

The subscribers of the wire alone, called without a request: ${handlers.json.toFixed(0)} us for a JSON call with its span and metrics, ${handlers.chunk.toFixed(1)} us for a chunk of a
stream, ${handlers.unrelated.toFixed(2)} us for an unrelated request.
`
}
