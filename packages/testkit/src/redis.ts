import { spawnSync } from 'node:child_process'

import { freePort } from './http-server.ts'
import { startProgram } from './start-program.ts'
import { openTemporaryFolder } from './temporary-folder.ts'

/** A Redis server in a process of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string
}

/** Returns why no Redis can be started here, and prints it; with REQUIRE_STACK=1 it throws instead. */
export function whyNoRedis(): string | undefined {
  if (spawnSync('redis-server', ['--version']).status === 0) return undefined
  const reason = 'there is no redis-server (apt-get install redis-server)'
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
  return reason
}

/** Starts an empty server that writes each change to its disk. */
export async function openRedis(): Promise<RedisServer> {
  const folder = openTemporaryFolder()
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', '']
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']
  const server = startProgram('redis-server', [...options, ...durable], { cwd: folder.path, env: process.env })
  await server.printed(/Ready to accept connections/)
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL')
      await server.ended
      folder[Symbol.dispose]()
    },
  }
}
