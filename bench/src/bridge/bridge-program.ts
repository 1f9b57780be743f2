import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { installBuiltPackages } from '../built-packages.ts'

export const token = 'a-token-for-measuring-only'

/** A server in a process of its own. */
export interface Program {
  readonly port: number
  /** From the start of the process to the line that it is ready. */
  readonly milliseconds: number
  /** Resident memory now, and the most it ever had, in megabytes; undefined where the system does not report it. */
  readonly megabytes: () => Promise<{ readonly now: number; readonly most: number } | undefined>
  readonly end: (signal: NodeJS.Signals) => Promise<void>
}

/**
 * Starts `alert-bridge serve` on a data folder, or on a PostgreSQL database in place of it, with one channel: a custom webhook on this
 * machine.
 */
export async function startBridge(cli: string, folder: string, channelPort: number, databaseUrl?: string): Promise<Program> {
  const settings = join(folder, 'settings.yaml')
  const channel = { type: 'webhook', url: `http://127.0.0.1:${channelPort}/`, allowed_private_hosts: ['127.0.0.1'] }
  await writeFile(settings, JSON.stringify({ alerts: { channels: [channel] } }))
  return startProgram([cli, 'serve'], {
    BRIDGE_TOKEN: token,
    BRIDGE_PORT: '0',
    ...(databaseUrl === undefined
      ? { BRIDGE_DATA_DIR: folder }
      : { BRIDGE_DATABASE_URL: databaseUrl, BRIDGE_INBOX_LIMIT: '10000000' }),
    BRIDGE_WATCHDOG_SECONDS: '0',
    SWARMWATCH_CONFIG: settings,
  })
}

const running = new Set<ChildProcess>()
// When a measurement fails, the programs it started must not run during the next one
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program that prints `ready on http://127.0.0.1:<port>`. */
export async function startProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Program> {
  const started = performance.now()
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  let output = ''
  const ready = Promise.withResolvers<number>()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-10_000)
    const port = /ready on http:\S+:(\d+)/.exec(output)?.[1]
    if (port !== undefined) ready.resolve(Number(port))
  })
  child.once('close', () => {
    running.delete(child)
    ready.reject(new Error(`${args.join(' ')} ended: ${output}`))
  })
  const port = await ready.promise
  return {
    port,
    milliseconds: performance.now() - started,
    megabytes: () => residentMegabytes(child.pid!),
    end: async (signal) => {
      child.kill(signal)
      await once(child, 'close')
    },
  }
}

async function residentMegabytes(pid: number): Promise<{ now: number; most: number } | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  if (status === undefined) return undefined
  const megabytes = (name: string): number => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return { now: megabytes('VmRSS'), most: megabytes('VmHWM') }
}

/** Builds the bridge and installs it in a new folder. Returns the folder, which the caller removes, and the program in it. */
export async function buildBridge(): Promise<{ readonly folder: string; readonly cli: string }> {
  const folder = await installBuiltPackages(['config', 'alert-bridge'])
  return { folder, cli: join(folder, 'node_modules/@swarmwatch/alert-bridge/dist/cli.mjs') }
}
