import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, repositoryRoot, runDocker } from '@swarmwatch/testkit'
import { buildImages, type ProductionStack, startStack } from '@swarmwatch/testkit/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const isWanted = process.env['REQUIRE_STACK'] === '1'
if (!isWanted) console.log('skipped: a bridge of Compose moves to PostgreSQL; it needs Docker, and REQUIRE_STACK=1 runs it')

const minutes = (count: number): number => count * 60_000
const file = 'docker-compose.scale.yml'

describe.runIf(isWanted)('a stack on one machine that gets docker-compose.scale.yml', () => {
  let stack: ProductionStack

  beforeAll(async () => {
    await buildImages(undefined, [file])
    stack = await startStack({ files: [file], only: ['postgres'], settings: { BRIDGE_WATCHDOG_SECONDS: '0' } })
  }, minutes(10))
  afterAll(async () => {
    if (stack === undefined) return
    // the other file does not name the volume and the network of this bridge
    await onOneMachine('down', '--volumes', '--remove-orphans', '--timeout=5')
    await stack.close()
  }, minutes(4))

  /** Runs Compose with the file for one machine only, in the same project. */
  async function onOneMachine(...args: readonly string[]): Promise<string> {
    const files = stack.commandLine.filter((word) => word !== `--file=${file}`)
    const { code, output } = await runDocker([...files, ...args], { cwd: stack.folder })
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')}:\n${output}`)
    return output
  }

  /** Runs a script in the container of a bridge, with `ask(path, init)` for a request to it. */
  const inBridge = (script: string): readonly string[] => [
    'node',
    '--eval',
    `const authorization = 'Bearer ' + require('node:fs').readFileSync('/run/secrets/bridge_token', 'utf8').trim()
     const ask = (path, init) => fetch('http://127.0.0.1:8090/api/v1/' + path, { ...init, headers: { authorization } })
     ${script}`,
  ]

  test(
    'moves what its bridge holds with the command of docs/scaling.md, and bridges on PostgreSQL have it',
    { timeout: minutes(10) },
    async () => {
      await onOneMachine('up', '--pull=never', '--no-build', '--no-deps', '--detach', '--wait', 'alert-bridge')
      const send = `ask('events', { method: 'POST', body: JSON.stringify({ title: 'before the move' }) }).then(({ status }) => console.log(status))`
      expect(await onOneMachine('exec', '-T', 'alert-bridge', ...inBridge(send))).toBe('200\n')
      await onOneMachine('stop', 'alert-bridge')

      const text = readFileSync(join(repositoryRoot, 'docs/scaling.md'), 'utf8')
      const [, words = ''] = /^dc run --rm (.*alert-bridge move .*)$/m.exec(text) ?? []
      const move = words.replace('swarmwatch_', `${stack.project}_`).split(' ')
      expect(await stack.compose('run', '--rm', '--no-TTY', ...move)).toMatch(
        /notices: 1 rows verified, 1 of them copied[^]*moved to PostgreSQL/,
      )

      await stack.compose('up', '--pull=never', '--no-build', '--no-deps', '--detach', '--wait', 'bridge-a')
      const list = `ask('deliveries').then((response) => response.text()).then(console.log)`
      await eventually('the bridge on PostgreSQL to have the delivery', async () =>
        (await stack.exec('bridge-a', inBridge(list))).includes('before the move'),
      )
    },
  )
})
