import { startProgram, type OwnProcess } from '../own-process.ts'
import { peerFlags } from '../peers/import-peer.ts'
import type { Question } from './stand-program.ts'
import { stands } from './stands.ts'

/** Starts the process of a stand. `noPeers` says why the peers are not there. */
export function startStand(name: string, noPeers: string | undefined): OwnProcess {
  const { openTelemetry } = stands.find((stand) => stand.name === name)!
  const env = { PEERS_OPENTELEMETRY: openTelemetry === '2' || openTelemetry === 'traceloop' ? '2' : '3' }
  const program = new URL('stand-program.ts', import.meta.url)
  return startProgram(program, noPeers === undefined ? [name] : [name, noPeers], { flags: peerFlags, env })
}

/** Asks it one thing, in the words that it understands. */
export function askStand<Answer>(stand: OwnProcess, question: Question): Promise<Answer> {
  return stand.ask<Answer>(question)
}
