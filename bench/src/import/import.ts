import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { installBuiltPackages } from '../built-packages.ts'
import type { Part } from '../part.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { asciiTable, middleHalf, reasonLines } from '../table.ts'

/** The benchmark of imports: our packages, their dependencies, and the peers. */
export const importing: Part<ImportResult> = {
  name: 'import',
  hasPeers: true,
  measure({ isShort, noPeers }) {
    return measureImport(isShort ? 5 : 21, { noPeers })
  },
  section({ runs, rows }) {
    const cells = rows.flatMap(({ imported, milliseconds, addedMegabytes }) =>
      milliseconds && addedMegabytes
        ? [
            [
              imported,
              milliseconds.median.toFixed(1),
              middleHalf(milliseconds, 1),
              addedMegabytes.median.toFixed(1),
              middleHalf(addedMegabytes, 1),
            ],
          ]
        : [],
    )
    const missing = reasonLines(rows.map(({ imported, reason }) => ({ name: imported, reason })))
    return `## Import

\`\`\`
${asciiTable(['import', 'ms', 'middle half', 'added MB', 'middle half'], cells)}
\`\`\`

${missing}Packages as they are published, in a process that has just started, ${runs} processes each, in turn; without the start of Node itself. The goals for
\`@swarmwatch/sdk\` are less than 60 ms and 25 MB. \`@swarmwatch/node\` sets up exporters and is loaded once by the application.
`
  },
}

const run = promisify(execFile)
const peersFolder = fileURLToPath(new URL('../../peers', import.meta.url))

export interface ImportRow {
  readonly imported: string
  /** Why it could not be measured; the rest is not there then. */
  readonly reason?: string
  /** Milliseconds of the import itself, in a process that has just started. */
  readonly milliseconds?: Spread
  /** Resident memory that the import added, in megabytes. */
  readonly addedMegabytes?: Spread
}

export interface ImportResult {
  readonly rows: readonly ImportRow[]
  readonly runs: number
}

interface Imported {
  readonly milliseconds: number
  readonly megabytes: number
}

/** The dependencies of `@swarmwatch/sdk`. */
const sdkBase = '@opentelemetry/api + cockatiel'
/** The larger dependencies of `@swarmwatch/node`. */
const nodeBase = 'OpenTelemetry SDK 3 with OTLP exporters'

const ours: Readonly<Record<string, readonly string[]>> = {
  [sdkBase]: ['@opentelemetry/api', 'cockatiel'],
  '@swarmwatch/sdk': ['@swarmwatch/sdk'],
  [nodeBase]: [
    '@opentelemetry/sdk-trace',
    '@opentelemetry/sdk-metrics',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@opentelemetry/exporter-metrics-otlp-proto',
  ],
  '@swarmwatch/node': ['@swarmwatch/node'],
}

const theirs = [
  '@arizeai/openinference-core',
  '@langfuse/tracing',
  'logfire',
  'openlit',
  '@sentry/node',
  '@traceloop/node-server-sdk',
]

/** Imports each package in new processes, all in turn: ours as built, their dependencies, and the peers unless `noPeers` is a reason why not. */
async function measureImport(runs: number, { noPeers }: { noPeers?: string | undefined } = {}): Promise<ImportResult> {
  const folder = await installBuiltPackages(['sdk', 'config', 'node'])
  try {
    const asked = [
      ...Object.entries(ours).map(([imported, names]) => ({ imported, names, folder })),
      ...theirs.map((name) => ({ imported: name, names: [name], folder: peersFolder })),
    ]
    const measured = asked.map((row) => ({
      ...row,
      times: [] as Imported[],
      reason: row.folder === peersFolder ? noPeers : undefined,
    }))
    for (let at = 0; at < runs; at += 1) {
      for (const row of at % 2 === 0 ? measured : measured.toReversed()) {
        if (row.reason === undefined)
          await importOnce(row.folder, row.names).then(
            (times) => row.times.push(times),
            (error: unknown) => (row.reason = String(error)),
          )
      }
    }
    return { runs, rows: measured.map(rowOf) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function rowOf({
  imported,
  reason,
  times,
}: {
  imported: string
  reason: string | undefined
  times: readonly Imported[]
}): ImportRow {
  if (reason !== undefined) return { imported, reason }
  return {
    imported,
    milliseconds: spreadOf(times.map(({ milliseconds }) => milliseconds)),
    addedMegabytes: spreadOf(times.map(({ megabytes }) => megabytes)),
  }
}

async function importOnce(folder: string, names: readonly string[]): Promise<Imported> {
  const program = `
    const before = process.memoryUsage.rss(), started = performance.now()
    await Promise.all(${JSON.stringify(names)}.map((name) => import(name)))
    const milliseconds = performance.now() - started
    console.log(JSON.stringify({ milliseconds, megabytes: (process.memoryUsage.rss() - before) / 1e6 }))
    process.exit()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Imported
}
