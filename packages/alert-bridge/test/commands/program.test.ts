import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { eventually, repositoryVersion } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { check } from '../../src/commands/check.ts'
import { drill } from '../../src/commands/drill.ts'
import { replay } from '../../src/commands/data-folder.ts'
import { readBridgeSettings } from '../../src/settings.ts'
import { firing } from '../helpers/alert-groups.ts'
import { broken, recordingChannel } from '../helpers/recording-channel.ts'
import { startedBridge } from '../helpers/started-bridge.ts'
import { token } from '../helpers/token.ts'
import { runProgram } from './run-program.ts'

test('is there at the root of the workspace, and passes on the end and the signal', async () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const program = join(root, 'node_modules/.bin/alert-bridge')
  const { status, stdout } = spawnSync(program, ['--help'], { cwd: root, encoding: 'utf8' })
  expect([status, stdout.split('\n', 1)[0]]).toEqual([0, 'Usage: alert-bridge <command>'])
  expect(spawnSync(program, ['dance'], { cwd: root }).status).toBe(2)
  const folder = temporaryFolder()
  const env = { PATH: process.env['PATH'], BRIDGE_TOKEN: token, BRIDGE_PORT: '0', BRIDGE_DATA_DIR: folder }
  const child = spawn(program, ['serve'], { cwd: folder, env })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close')
  await eventually('it to be ready', () => output.includes('ready on http://'))
  child.kill('SIGTERM')
  expect([(await ended)[0], output]).toEqual([0, expect.stringContaining('[BRIDGE] stopped')])
})

test('serves from start to SIGTERM', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'settings.yaml')
  writeFileSync(file, 'alerts: { channels: [{ type: console }] }\n')
  const program = runProgram(['serve'], {
    BRIDGE_TOKEN: token,
    BRIDGE_PORT: '0',
    BRIDGE_DATA_DIR: folder,
    SWARMWATCH_CONFIG: file,
  })
  const url = await eventually('it to be ready', () => /ready on (http:\S+),/.exec(program.output())?.[1])
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/api/v1/alerts`, { method: 'POST', headers, body: JSON.stringify(firing()) })
  expect(response.status).toBe(200)
  await eventually('the line', () => program.output().includes('AgentSlow'))
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(program.output()).not.toContain(token)
})

test.each([
  ['settings that cannot be used', ['serve'], { BRIDGE_PORT: 'x' }, 2, 'problems in the configuration:'],
  ['a settings file that is not there', ['check'], { BRIDGE_TOKEN: token, SWARMWATCH_CONFIG: 'nowhere.yaml' }, 2, 'nowhere.yaml'],
  ['an unknown command', ['dance'], {}, 2, 'unknown command "dance"'],
  ['no command', [], {}, 2, 'Usage: alert-bridge'],
  ['a call for help', ['--help'], {}, 0, 'Usage: alert-bridge'],
  ['the version', ['--version'], {}, 0, repositoryVersion],
  ...['serve', 'drill', 'replay', 'check', 'backup'].map((name): [string, string[], Record<string, string>, number, string] => [
    `the help of ${name}`,
    [name, '--help'],
    {},
    0,
    `Usage: alert-bridge ${name}`,
  ]),
  ['a misspelled command', ['chekc'], {}, 2, 'unknown command "chekc"\n(Did you mean check?)'],
  ['a misspelled option', ['drill', '--jsno'], {}, 2, "unknown option '--jsno'\n(Did you mean --json?)"],
  ['too many words', ['serve', 'now'], {}, 2, "too many arguments for 'serve'"],
  ['a backup without a file', ['backup'], {}, 2, "missing required argument 'file'"],
  ['a backup without a name', ['backup', ''], {}, 1, 'the name of the file is empty'],
  ['a failed backup with JSON', ['backup', '', '--json'], {}, 1, '"reason": "the name of the file is empty"'],
  ['a failed move with JSON', ['move', 'nowhere', '--json'], {}, 1, '"result": "failed"'],
  ['a drill without a channel', ['drill'], {}, 1, 'there is no channel to test: set ALERT_DISCORD_WEBHOOK'],
  ['a check with JSON and bad settings', ['check', '--json'], { BRIDGE_PORT: 'x' }, 2, '"path": "BRIDGE_PORT"'],
])('ends with the right code and a clear word: %s', async (_, args, env, code, words) => {
  const program = runProgram(args, env)
  expect(await program.ended).toBe(code)
  expect(program.output()).toContain(words)
})

test('drill --json and check --json print one document', async () => {
  const texts: string[] = []
  const write = (text: string): void => void texts.push(text)
  const channels = [recordingChannel({ name: 'email' }), recordingChannel({ name: 'slack', answer: broken })]
  expect(await drill({ channels: channels.map(({ routed }) => routed), write, json: true })).toBe(1)
  expect(JSON.parse(texts.join('\n'))).toMatchObject({
    reached: 1,
    deliveries: [
      { channel: 'email', result: 'delivered', latencyMs: expect.any(Number) as number },
      { channel: 'slack', result: 'failed', latencyMs: null, reason: 'HTTP 404' },
    ],
  })
  texts.length = 0
  const env = { BRIDGE_TOKEN: token, ALERT_SLACK_WEBHOOK: 'https://hooks.slack.com/services/s3cret' }
  expect(await check({ settings: readBridgeSettings({ env }), write, json: true })).toBe(1)
  expect(JSON.parse(texts.join('\n'))).toMatchObject({
    bridge: { port: 8090, tokens: 1 },
    channels: [{ name: 'slack', type: 'slack' }, { name: 'console' }],
    warnings: expect.arrayContaining([expect.stringContaining('alert channel "email" is off')]) as string[],
  })
  expect(texts.join()).not.toMatch(/s3cret|token-/)
})

test('a drill sends through every channel and prints how long each took', async () => {
  const lines: string[] = []
  const channels = [
    recordingChannel({ name: 'email', recipients: ['a@x.io', 'b@x.io'] }),
    recordingChannel({ name: 'slack', answer: broken }),
  ]
  const code = await drill({ channels: channels.map(({ routed }) => routed), write: (line) => lines.push(line) })
  expect(code).toBe(1)
  expect(
    lines
      .join('\n')
      .replaceAll(/\d+ ms/g, 'N ms')
      .replaceAll(/ +/g, ' '),
  ).toMatchInlineSnapshot(`
    "channel recipient result latency reason
    email a@x.io delivered N ms
    email b@x.io delivered N ms
    slack people failed - HTTP 404
    2 of 3 reached"
  `)
  expect(channels[0]?.delivered[0]?.notice).toMatchObject({ kind: 'drill', title: 'This is a test of the alert channels' })
})

test('replays dead deliveries through the running bridge, or in its folder if no bridge runs', async () => {
  const channel = recordingChannel({ answer: () => ({ kind: 'undeliverable', reason: '550' }) })
  const bridge = await startedBridge({ channels: [channel] })
  for (const name of ['A', 'B']) await bridge.post('/api/v1/alerts', firing({ name }))
  const unread = await bridge.post('/api/v1/alerts', 'no JSON')
  const { id: quarantined } = (await unread.json()) as { id: string }
  await bridge.idle()
  const [one] = await bridge.deliveries('dead')
  const env = { BRIDGE_TOKEN: token, BRIDGE_DATA_DIR: bridge.dataDir, BRIDGE_PORT: String(bridge.service.port) }
  const lines: string[] = []
  const run = (ids: readonly string[], json = false): Promise<number> =>
    replay({ ids, settings: readBridgeSettings({ env }), write: (line) => lines.push(line), json })

  expect(await run([one?.id ?? '', 'nobody'])).toBe(1)
  expect(lines).toEqual([`${one?.id} is retried`, 'nobody is unknown', '1 of 2 replayed'])
  await eventually('it to be tried', () => channel.tries.length === 4)
  await bridge.idle()
  await bridge.service.stop()
  lines.length = 0
  expect(await run([])).toBe(0)
  expect(lines.at(-1)).toBe('3 of 4 replayed')
  expect(lines).toContain(`${quarantined} still cannot be read, so it stays in quarantine`)
  lines.length = 0
  expect(await run([quarantined, 'nobody'], true)).toBe(1)
  expect(JSON.parse(lines.join('\n'))).toEqual({
    results: [
      { id: quarantined, result: 'unreadable' },
      { id: 'nobody', result: 'unknown' },
    ],
    replayed: 0,
  })
  channel.answer = () => ({ kind: 'delivered' })
  await (await startedBridge({ channels: [channel], dataDir: bridge.dataDir })).idle()
  expect(channel.delivered.map(({ notice }) => notice.title).toSorted()).toEqual(['A', 'An alert could not be read', 'B'])
})
