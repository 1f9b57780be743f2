import { readFile } from 'node:fs/promises'

import {
  isolationCases,
  runIsolationSuite,
  type IsolationCase,
  type IsolationResult,
  type IsolationSurface,
} from '@swarmwatch/testing'

import { peerFlags } from '../peers/import-peer.ts'
import { libraries, type Library } from './libraries.ts'

/** How many cases of a surface were stood, of those that could be tried. */
export interface Stood {
  readonly passed: number
  readonly of: number
}

/** How one library stood the suite. */
export interface IsolationRow {
  readonly library: string
  readonly version: string
  readonly openTelemetry: string | undefined
  readonly bySurface: Readonly<Record<IsolationSurface, Stood>>
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

/** Runs the isolation suite against ours and all others, each case in a process of its own. `noPeers` says why they are not there. */
export async function measureIsolation(noPeers?: string): Promise<IsolationMeasured> {
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
export function titleOf(library: string, openTelemetry: string | undefined): string {
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
    bySurface: stoodBySurface(results),
    failures,
    ...(outOfReach && { outOfReach: { count: isolationCases.length - cases.length, why: outOfReach.why } }),
    ...(remark !== undefined && { remark }),
  }
}

function stoodBySurface(results: readonly IsolationResult[]): Record<IsolationSurface, Stood> {
  const stood = (surface: IsolationSurface): Stood => {
    const tried = results.filter((result) => result.surface === surface && result.verdict !== 'skipped')
    return { passed: tried.filter(({ verdict }) => verdict === 'passed').length, of: tried.length }
  }
  return Object.fromEntries(surfaces.map((surface) => [surface, stood(surface)])) as Record<IsolationSurface, Stood>
}

/** The surfaces of the suite, in its order. */
export const surfaces: readonly IsolationSurface[] = [...new Set(isolationCases.map(({ surface }: IsolationCase) => surface))]
