import { readFile } from 'node:fs/promises'

import {
  type IsolationCase,
  isolationCases,
  type IsolationResult,
  type IsolationSurface,
  runIsolationSuite,
} from '@swarmwatch/testing'

import type { Part } from '../part.ts'
import { peerFlags } from '../peers/import-peer.ts'
import { asciiTable, reasonLines } from '../table.ts'

/** The benchmark of isolation: the suite against the SDK, a span by hand and the peers. */
export const isolation: Part<IsolationMeasured> = {
  name: 'isolation',
  hasPeers: true,
  async cannotRun({ isShort }) {
    return isShort ? 'a short run measures ratios; a test of the SDK checks that it passes' : undefined
  },
  measure: ({ noPeers }) => measureIsolation(noPeers),
  section: isolationSection,
}

/** Number of cases of a surface that passed, of those that could be tried. */
export interface Passed {
  readonly passed: number
  readonly of: number
}

/** Result of the suite for one library. */
export interface IsolationRow {
  readonly library: string
  readonly version: string
  readonly openTelemetry: string | undefined
  readonly bySurface: Readonly<Record<IsolationSurface, Passed>>
  readonly failures: readonly { readonly case: string; readonly what: string }[]
  /** Cases that cannot reach it, and why. */
  readonly outOfReach?: { readonly count: number; readonly why: string }
  readonly remark?: string
}

export interface IsolationMeasured {
  /** Number of cases. */
  readonly cases: number
  readonly rows: readonly IsolationRow[]
  readonly notMeasured: readonly { readonly name: string; readonly reason: string }[]
}

/** Runs the isolation suite against ours and all others, each case in a process of its own. `noPeers` is the reason why the peers are not installed. */
async function measureIsolation(noPeers?: string): Promise<IsolationMeasured> {
  const rows: IsolationRow[] = []
  const notMeasured: { name: string; reason: string }[] = []
  for (const library of libraries) {
    // SDK 2 is installed with the peers
    const reason = library.openTelemetry === '3' ? undefined : noPeers
    if (reason === undefined) rows.push(await rowOf(library))
    else notMeasured.push({ name: titleOf(library.name, library.openTelemetry), reason })
  }
  return { cases: isolationCases.length, rows, notMeasured }
}

/** A library and the OpenTelemetry SDK that it was tried with. */
function titleOf(library: string, openTelemetry: string | undefined): string {
  return openTelemetry === undefined ? library : `${library}, SDK ${openTelemetry}`
}

async function rowOf(library: Library): Promise<IsolationRow> {
  const { name, openTelemetry, adapter, manifest, outOfReach, remark } = library
  const cases = isolationCases.filter((one) => !outOfReach?.cases(one))
  const results = await runIsolationSuite(adapter, {
    cases: cases.map((one) => one.name),
    nodeArguments: ['--conditions=swarmwatch-source', ...peerFlags],
    env: { PEERS_OPENTELEMETRY: openTelemetry ?? '2' },
  })
  const failures = results.filter(({ verdict }) => verdict === 'failed').map(({ case: one, what }) => ({ case: one, what }))
  return {
    library: name,
    version: (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version,
    openTelemetry,
    bySurface: passedBySurface(results),
    failures,
    ...(outOfReach && { outOfReach: { count: isolationCases.length - cases.length, why: outOfReach.why } }),
    ...(remark !== undefined && { remark }),
  }
}

function passedBySurface(results: readonly IsolationResult[]): Record<IsolationSurface, Passed> {
  const passedOf = (surface: IsolationSurface): Passed => {
    const tried = results.filter((result) => result.surface === surface && result.verdict !== 'skipped')
    return { passed: tried.filter(({ verdict }) => verdict === 'passed').length, of: tried.length }
  }
  return Object.fromEntries(surfaces.map((surface) => [surface, passedOf(surface)])) as Record<IsolationSurface, Passed>
}

/** The surfaces of the suite, in its order. */
const surfaces: readonly IsolationSurface[] = [...new Set(isolationCases.map(({ surface }: IsolationCase) => surface))]

/** The part of docs/benchmarks.md about what an agent notices of broken telemetry. */
function isolationSection(result: IsolationMeasured): string {
  const { cases, rows, notMeasured } = result
  return `## Isolation from broken telemetry

\`\`\`
${table(result)}
\`\`\`

${reasonLines(notMeasured)}The isolation suite of \`@swarmwatch/testing\` ([docs/testing.md](testing.md)): ${cases} cases, in each of which one thing goes wrong around wrapped agents that
return, reject and throw; ours also recover and stream. A case passes when the agent is called as often as it should be, with identical arguments, when
its own value or error is returned, and when no error is left unhandled, which would end a Node process. Each case runs in a process of its own.
A cell has the cases passed, of those that reach the library. Ours must pass all; a test of the SDK checks it.

- none: nothing goes wrong; something must be recorded.
- span: processors, exporters, samplers, providers and tracers that throw, hang, call the agent or change what they are given.
- metric: the same for meters, instruments, views and readers. Only ours records metrics; the others cannot fail here.
- context: a context manager that throws, does not call, or calls twice.
- hook: redactors, loggers and listeners of the user's, as far as the library has them.
- http: requests to a model server that sends malformed or huge responses, one byte at a time, or breaks off; with ours on SDK 3, its
  source \`wire\` reads them. The agent must receive the same bytes, each piece before the server sends the next.
- value, error: arguments, results and thrown values that are hard to record. What a library can record, it was asked to record.

OpenTelemetry's own SDK passes errors of a span processor, a sampler or a context manager on to the code that starts or ends a span, and fails on unusual
errors when it records them. A span written by hand, as in its documentation, shows how much that is: "failed as by hand" counts the
failures that a library shares with it. A library could still protect the agent from them. The peers are used as in their README, on
OpenTelemetry SDK 2, for which they are made; none is asked to stream.

- By hand fails: ${byHandFailures(rows)}.
${rows.filter(isOther).flatMap(failedBeyond(rows)).join('\n')}

${rows.flatMap(remarks).join('\n\n')}
`
}

function table({ rows }: IsolationMeasured): string {
  return asciiTable(
    ['passed', 'version', ...surfaces, 'failed', 'failed as by hand'],
    rows.map((row) => [
      titleOf(row.library, row.openTelemetry),
      row.version,
      ...surfaces.map((surface) => cell(row.bySurface[surface])),
      String(row.failures.length),
      asByHand(row, rows),
    ]),
  )
}

// A surface that did not exist when the results were measured has none
const cell = ({ passed, of }: Passed = { passed: 0, of: 0 }): string => (of === 0 ? '-' : `${passed}/${of}`)

function asByHand(row: IsolationRow, rows: readonly IsolationRow[]): string {
  return isOther(row) && row.openTelemetry !== undefined ? String(row.failures.length - beyond(row, rows).length) : '-'
}

const isOther = ({ library }: IsolationRow): boolean => library !== handWritten
const byHandOn = (rows: readonly IsolationRow[], openTelemetry: string | undefined): IsolationRow | undefined =>
  rows.find((row) => !isOther(row) && row.openTelemetry === openTelemetry)

/** The failures that the span by hand has not. */
function beyond({ openTelemetry, failures }: IsolationRow, rows: readonly IsolationRow[]): IsolationRow['failures'] {
  const known = new Set(byHandOn(rows, openTelemetry)?.failures.map((failure) => failure.case))
  return failures.filter((failure) => !known.has(failure.case))
}

function byHandFailures(rows: readonly IsolationRow[]): string {
  return (
    byHandOn(rows, '3')
      ?.failures.map((failure) => failure.case)
      .join('; ') || 'nothing'
  )
}

/** Failures that the span by hand does not have: the first with its consequence, the others by name. */
function failedBeyond(rows: readonly IsolationRow[]): (row: IsolationRow) => string[] {
  return (row) => {
    const [first, ...others] = beyond(row, rows)
    if (!first) return []
    const names = [`${first.case} (${first.what.split('; ')[0]})`, ...others.map((failure) => failure.case)]
    return [`- ${row.library} also fails: ${names.join('; ')}.`]
  }
}

function remarks({ library, outOfReach, remark }: IsolationRow): string[] {
  return [
    ...(outOfReach ? [`${library}: ${outOfReach.count} cases are out of reach; ${outOfReach.why}.`] : []),
    ...(remark === undefined ? [] : [`${library}: ${remark}.`]),
  ]
}

/** A library that the suite is run against. */
export interface Library {
  /** The package, or what a row is called where there is none. */
  readonly name: string
  /** The OpenTelemetry SDK that is registered; undefined for a library that makes spans without it. */
  readonly openTelemetry: '2' | '3' | undefined
  /** The module of its adapter. */
  readonly adapter: URL
  /** The package.json that has its version. */
  readonly manifest: URL
  /** Cases that cannot reach it, and why. */
  readonly outOfReach?: { readonly cases: (one: IsolationCase) => boolean; readonly why: string }
  /** A remark about its row. */
  readonly remark?: string
}

/** The base of all others, without any library around it. */
const handWritten = 'a span by hand'

const peers = new URL('../../peers/', import.meta.url)

/** The SDK, a span by hand, and the peers, each on the OpenTelemetry SDK that it is made for. */
const libraries: readonly Library[] = [
  ours('3'),
  ours('2'),
  byHand('3', new URL('../../', import.meta.url)),
  byHand('2', peers),
  peer('@arizeai/openinference-core', new URL('adapters/openinference.ts', import.meta.url)),
  peer('@langfuse/tracing', new URL('adapters/langfuse.ts', import.meta.url)),
  peer('logfire', new URL('adapters/logfire.ts', import.meta.url)),
  peer('openlit', new URL('adapters/openlit.ts', import.meta.url)),
  {
    ...peer('@traceloop/node-server-sdk', new URL('adapters/traceloop.ts', import.meta.url)),
    outOfReach: {
      cases: ({ name }) => /^a (sampler|view|metric reader) /.test(name),
      why: 'it registers an SDK of its own, which takes a span processor but no sampler, view or metric reader',
    },
    remark:
      'it ends no span of a failed run, so it cannot fail on the thrown error; such a run is never visible. Its resource ' +
      'detectors are off: while they run, an exporter that throws leaves an unhandled error',
  },
  {
    ...peer('@sentry/node', new URL('adapters/sentry.ts', import.meta.url)),
    openTelemetry: undefined,
    outOfReach: {
      cases: ({ name, surface }) =>
        surface === 'metric' || surface === 'context' || (surface === 'span' && !/^a (span processor|sampler) /.test(name)),
      why:
        'it makes spans without OpenTelemetry; listeners of its client for the start and the end of a span act as span processors, ' +
        '`tracesSampler` for a sampler, `beforeSendSpan` for a redactor',
    },
  },
]

function ours(openTelemetry: '2' | '3'): Library {
  return {
    name: '@swarmwatch/sdk',
    openTelemetry,
    adapter: new URL('adapters/swarmwatch.ts', import.meta.url),
    manifest: new URL('../../../packages/sdk/package.json', import.meta.url),
  }
}

function byHand(openTelemetry: '2' | '3', folder: URL): Library {
  return {
    name: handWritten,
    openTelemetry,
    adapter: new URL('adapters/by-hand.ts', import.meta.url),
    manifest: new URL('node_modules/@opentelemetry/sdk-trace/package.json', folder),
  }
}

function peer(name: string, adapter: URL): Library {
  return { name, openTelemetry: '2', adapter, manifest: new URL(`node_modules/${name}/package.json`, peers) }
}
