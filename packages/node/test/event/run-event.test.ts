import { writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, onTestFinished, test } from 'vitest'

import { runEvent } from '../../src/event-command.ts'
import { deadAddress } from '../test-collector.ts'

interface Taken {
  readonly request: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** Answers every request like this. */
async function bridge(status: number, body = '{}'): Promise<{ url: string; taken: Taken[] }> {
  const taken: Taken[] = []
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      taken.push({ request: `${request.method} ${request.url}`, headers: request.headers, body: JSON.parse(sent) })
      response.writeHead(status, { location: '/elsewhere' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken }
}

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const [printed, errors]: [string[], string[]] = [[], []]
  const code = await runEvent(args, {
    env,
    print: (line) => printed.push(line),
    printError: (line) => errors.push(line),
    now: () => new Date('2026-01-02T03:04:05Z'),
  })
  return { code, printed, errors: errors.map((line) => line.split('\n')[0]) }
}

function fileWith(content: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'token'), content)
  return join(folder, 'token')
}

test('sends an event with all it was given, and the token', async () => {
  const { url, taken } = await bridge(200)
  const links = ['--link', 'diff=https://git.example.com/d/1?a=b', '--link', 'log=http://ci/1']
  const about = ['--title', 'New prompts', '--text', 'for all agents', '--agent', 'api-integrator', '--key', 'prompts-7']
  const { code, printed, errors } = await run([...about, ...links], { BRIDGE_URL: `${url}/prefix/`, BRIDGE_TOKEN: 's3cret' })
  expect({ code, printed, errors }).toEqual({
    code: 0,
    printed: [`the bridge at ${new URL(url).host} accepted the event`],
    errors: [],
  })
  expect(taken).toMatchObject([
    { request: 'POST /prefix/api/v1/events', headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json' } },
  ])
  expect(taken[0]?.body).toEqual({
    title: 'New prompts',
    text: 'for all agents',
    agent: 'api-integrator',
    at: '2026-01-02T03:04:05.000Z',
    links: { diff: 'https://git.example.com/d/1?a=b', log: 'http://ci/1' },
    key: 'prompts-7',
  })
})

test('a deployment names its version and has a key of its own, so that a repeated call is reported once', async () => {
  const { url, taken } = await bridge(200, '{"id":"1","duplicate": true}')
  const env = { BRIDGE_URL: url, BRIDGE_TOKEN_FILE: fileWith('s3cret\n') }
  expect((await run(['--deployment', '1.4.2'], env)).printed).toEqual([
    `the bridge at ${new URL(url).host} already had the event`,
  ])
  await run(['--title', 'Faster agents', '--text', 'see the changelog', '--deployment', '1.4.2', '--key', 'own'], env)
  const always = { source: 'deployment', at: '2026-01-02T03:04:05.000Z' }
  expect(taken.map(({ body }) => body)).toEqual([
    { title: 'Deployment of 1.4.2', key: 'deployment:1.4.2', ...always },
    { title: 'Faster agents', text: 'Version 1.4.2\nsee the changelog', key: 'own', ...always },
  ])
  expect(taken[0]?.headers.authorization).toBe('Bearer s3cret')
})

test.each([
  [401, '', 'refuses the token (401); is BRIDGE_TOKEN correct?'],
  [404, '<html>', 'has no events endpoint (404); is BRIDGE_URL the address of an alert bridge?'],
  [302, '', 'redirects (302); set BRIDGE_URL to the final address'],
  [503, 'full', 'cannot accept the event now (503); try again later'],
  [400, 'title is\n too long \u00e9', 'does not accept the event (400): title is too long \\u00e9'],
])('exits 1 with the cure when the bridge answers %i', async (status, body, words) => {
  const { url } = await bridge(status, body)
  expect(await run(['--title', 'x'], { BRIDGE_URL: url, BRIDGE_TOKEN: 's3cret' })).toEqual({
    code: 1,
    printed: [],
    errors: [`swarmwatch event: the bridge at ${new URL(url).host} ${words}`],
  })
})

test('exits 1 when no server listens', async () => {
  const url = await deadAddress()
  expect(await run(['--title', 'x'], { BRIDGE_URL: url, BRIDGE_TOKEN: 's3cret' })).toEqual({
    code: 1,
    printed: [],
    errors: [
      `swarmwatch event: the bridge at ${new URL(url).host} cannot be reached (ECONNREFUSED); is it running, and is BRIDGE_URL correct?`,
    ],
  })
})

const token = { BRIDGE_TOKEN: 's3cret' }

test.each<[string[], Record<string, string>, string]>([
  [[], token, '--title is missing'],
  [['--title', ''], token, '--title must not be empty'],
  [['--title', 'a\nb'], token, '--title must be one line; use --text for more'],
  [['--title', 'x', '--link', 'https://a'], token, '--link must be NAME=URL with an http or https URL, got "https://a"'],
  [
    ['--title', 'x', '--link', 'a=javascript:b'],
    token,
    '--link must be NAME=URL with an http or https URL, got "a=javascript:b"',
  ],

  [['--title', 'x'], {}, 'BRIDGE_TOKEN is not set; set it, or BRIDGE_TOKEN_FILE, to the token of the bridge'],
  [['--title', 'x'], { BRIDGE_TOKEN: 's3 cret' }, 'BRIDGE_TOKEN must be printable ASCII without spaces, on one line'],
  [['--title', 'x'], { BRIDGE_TOKEN_FILE: '/nowhere' }, 'BRIDGE_TOKEN_FILE must name a file that can be read (ENOENT)'],
  [
    ['--title', 'x'],
    { ...token, BRIDGE_TOKEN_FILE: 'a' },
    'BRIDGE_TOKEN and BRIDGE_TOKEN_FILE are both set; set only one of them',
  ],
  [
    ['--title', 'x'],
    { ...token, BRIDGE_URL: 'bridge:8090' },
    'BRIDGE_URL must be an http or https URL without user name and password, got "bridge:8090"',
  ],
])('exits 2 for %j with %j: %s', async (args, env, problem) => {
  const { code, printed, errors } = await run(args, env)
  expect({ code, printed, error: errors[0]?.slice(0, problem.length + 18) }).toEqual({
    code: 2,
    printed: [],
    error: `swarmwatch event: ${problem}`,
  })
})

test('a misspelled option gets a suggestion', async () => {
  const { code, errors } = await run(['--titel', 'x'], token)
  expect([code, errors[0]]).toEqual([2, "swarmwatch: unknown option '--titel'"])
})

test('--help prints the usage in ASCII', async () => {
  const { code, printed } = await run(['--help'])
  expect([code, /^[\x20-\x7e\n]*$/.test(printed.join('\n')), printed[0]?.split('\n')[0]]).toEqual([
    0,
    true,
    'Usage: swarmwatch event --title TITLE [options]',
  ])
})
