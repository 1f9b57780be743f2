import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { eventually, freePort } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { token } from '../helpers/token.ts'

/** Two bridges as workers of one cluster, as PM2 starts them, each with a data folder of its own. */
const primary = `
  import cluster from 'node:cluster'
  cluster.setupPrimary({ exec: process.env.PROGRAM, args: ['serve'], execArgv: ['--conditions=swarmwatch-source'] })
  cluster.fork({ BRIDGE_DATA_DIR: process.env.FIRST })
  cluster.fork({ BRIDGE_DATA_DIR: process.env.SECOND })`

test('two bridges in workers of a cluster do not share a port: one serves, the other reports that it is taken and what to do', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, ['--conditions=swarmwatch-source', '--input-type=module', '--eval', primary], {
    cwd: temporaryFolder(),
    env: {
      PATH: process.env['PATH'],
      PROGRAM: fileURLToPath(new URL('../../src/cli.ts', import.meta.url)),
      FIRST: temporaryFolder(),
      SECOND: temporaryFolder(),
      BRIDGE_TOKEN: token,
      BRIDGE_PORT: String(port),
    },
  })
  // its workers end with it
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  await eventually('one bridge to serve and one to give up', () => /ready on/.test(output) && /cannot start/.test(output))
  expect(output.match(/ready on/g)).toHaveLength(1)
  expect(output).toContain(
    `BRIDGE_PORT ${port} is taken on 127.0.0.1; stop the process that uses the port, or set BRIDGE_PORT (0 selects a free port)`,
  )
})
