import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@swarmwatch/config'
import { variablesTable } from '@swarmwatch/config/settings'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { version } from '../../src/service/run-worker.ts'
import { readWorkerSettings, workerSettings } from '../../src/service/worker-settings.ts'

async function file(text: string): Promise<string> {
  const folder = temporaryFolder()
  await writeFile(join(folder, 'file'), text)
  return join(folder, 'file')
}

/** The problems of an environment, one text each. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    readWorkerSettings(env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  throw new Error('there is no problem')
}

const defaults = {
  port: 8070,
  host: '127.0.0.1',
  token: undefined,
  concurrency: 20,
  agentConcurrency: undefined,
  databaseUrl: undefined,
  queueLimit: 100,
  leaseSeconds: 90,
  tasksPerMinute: 6,
  drainSeconds: 20,
  workspaceParent: tmpdir(),
  realModel: undefined,
  notices: [],
}

test('an empty environment runs six tasks a minute with the scripted model and listens only on this machine', async () => {
  expect(readWorkerSettings({})).toEqual(defaults)
})

test('an empty variable or an empty secret file counts as unset', async () => {
  const empty = await file('\n')
  const names = [
    'PORT',
    'HOST',
    'TOKEN',
    'CONCURRENCY',
    'QUEUE_LIMIT',
    'LEASE_SECONDS',
    'TASKS_PER_MINUTE',
    'DRAIN_SECONDS',
    'WORKSPACE_DIR',
  ]
  const env = Object.fromEntries(names.map((name) => [`WORKER_${name}`, ' ']))
  const settings = readWorkerSettings({ ...env, OPENAI_API_KEY_FILE: empty, WORKER_TOKEN_FILE: empty })
  expect(settings).toMatchObject(defaults)
})

test('variables set the settings of the worker, and files can set its secrets', async () => {
  const settings = readWorkerSettings({
    WORKER_PORT: '0',
    WORKER_HOST: '0.0.0.0',
    WORKER_TOKEN_FILE: await file('0123456789abcdef\n'),
    WORKER_CONCURRENCY: '100',
    WORKER_QUEUE_LIMIT: '1',
    WORKER_LEASE_SECONDS: '10',
    WORKER_TASKS_PER_MINUTE: '0.5',
    WORKER_DRAIN_SECONDS: '0',
    WORKER_WORKSPACE_DIR: '/tmp',
    OPENAI_API_KEY_FILE: await file('sk-1\n'),
  })
  expect({ ...settings, token: settings.token?.reveal() }).toEqual({
    port: 0,
    host: '0.0.0.0',
    token: '0123456789abcdef',
    concurrency: 100,
    queueLimit: 1,
    leaseSeconds: 10,
    tasksPerMinute: 0.5,
    drainSeconds: 0,
    workspaceParent: '/tmp',
    realModel: { apiKey: 'sk-1', baseUrl: 'https://api.openai.com/v1', model: 'gpt-4.1-mini' },
    notices: [],
  })
  expect(JSON.stringify(settings.token)).toBe('"***"')
})

test.each(['0.0.0.0', '::', '10.0.0.7', 'worker', '127.0.0.1.example'])(
  'requires a token when it listens on %s, which other machines can reach',
  async (host) => {
    expect(problemsOf({ WORKER_HOST: host })).toEqual([
      `WORKER_TOKEN must be set, or WORKER_TOKEN_FILE, because WORKER_HOST "${host}" is reachable from other machines`,
    ])
  },
)

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('requires no token when it listens on %s', async (host) => {
  expect(readWorkerSettings({ WORKER_HOST: host })).toMatchObject({ host, token: undefined })
})

test('an invalid host does not hide the missing token', async () => {
  expect(problemsOf({ WORKER_HOST: 'my host' })).toEqual([
    'WORKER_HOST must be a host name or an IP address, without a port, got "my host"',
    'WORKER_TOKEN must be set, or WORKER_TOKEN_FILE, because WORKER_HOST "my host" is reachable from other machines',
  ])
})

test('reports all problems at once, and no secret', async () => {
  const env = {
    WORKER_PORT: '1e3',
    WORKER_HOST: 'my host',
    WORKER_TOKEN_FILE: '/nowhere',
    WORKER_CONCURRENCY: '101',
    WORKER_QUEUE_LIMIT: '0',
    WORKER_LEASE_SECONDS: '9',
    WORKER_TASKS_PER_MINUTE: '0.001',
    WORKER_DRAIN_SECONDS: '-1',
    WORKER_WORKSPACE_DIR: '/nowhere',
    OPENAI_API_KEY: 'two words',
    OPENAI_API_KEY_FILE: '/nowhere',
    OPENAI_BASE_URL: 'https://user:secret@host/v1',
    BASE_RETRY_DELAY: 'abc',
  }
  expect(problemsOf(env)).toEqual([
    'OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set; set only one of them',
    'OPENAI_API_KEY must be ASCII without spaces, got ***',
    'OPENAI_BASE_URL must be an http or https address without user name and password, got ***',
    'WORKER_PORT must be a whole number from 0 to 65535, got "1e3"',
    'WORKER_HOST must be a host name or an IP address, without a port, got "my host"',
    'WORKER_TOKEN_FILE must name a file that can be read (ENOENT), got "/nowhere"',
    'WORKER_CONCURRENCY must be a whole number from 1 to 100, got 101',
    'WORKER_QUEUE_LIMIT must be a whole number from 1 to 10000, got 0',
    'WORKER_LEASE_SECONDS must be a whole number from 10 to 3600, got 9',
    'WORKER_TASKS_PER_MINUTE must be 0, or a number from 0.01 to 600, got 0.001',
    'WORKER_DRAIN_SECONDS must be a number of seconds from 0 to 3600, got "-1"',
    'WORKER_WORKSPACE_DIR must name a folder that can be written (ENOENT), got "/nowhere"',
    'BASE_RETRY_DELAY must be a number of seconds from 0 to 2147483, got "abc"',
  ])
})

test('a limit over all workers requires the database that they share', () => {
  const rule = 'requires WORKER_DATABASE_URL, because it limits all workers of a queue; set it, or remove the limit'
  const limits = { WORKER_AGENT_CONCURRENCY: '2', WORKER_PROVIDER_CONCURRENCY: '5' }
  expect(problemsOf(limits)).toEqual([`WORKER_AGENT_CONCURRENCY ${rule}`, `WORKER_PROVIDER_CONCURRENCY ${rule}`])
  expect(readWorkerSettings({ ...limits, WORKER_DATABASE_URL: 'postgres://worker@db/tasks' })).toMatchObject({
    agentConcurrency: 2,
    providerConcurrency: 5,
  })
})

test('a database URL whose password is not percent-encoded is refused', () => {
  expect(problemsOf({ WORKER_DATABASE_URL: 'postgres://worker:12/secret@db/tasks' })).toEqual([
    'WORKER_DATABASE_URL must be a postgres:// or postgresql:// URL, with user and password percent-encoded, got ***',
  ])
})

test('the README contains the table of all settings', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const table = variablesTable(Object.values(workerSettings))
  // oxfmt pads the cells and the line below the head
  const unpadded = readme.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')
  expect(unpadded).toContain(table)
})

test('the version in the code equals the version of the package', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  expect(version).toBe((JSON.parse(text) as { version: string }).version)
})

test.for([
  ['WORKER_PROT', 'WORKER_PORT'],
  ['WORKER_QUEUE_LIMITS', 'WORKER_QUEUE_LIMIT'],
  ['WORKER_TASK_PER_MINUTE', 'WORKER_TASKS_PER_MINUTE'],
  ['WORKERS_CONCURRENCY', 'WORKER_CONCURRENCY'],
  ['WORKER_DRAIN_SECOND', 'WORKER_DRAIN_SECONDS'],
  ['WROKER_HOST', 'WORKER_HOST'],
] as const)('a notice reports that %s is not a setting and suggests %s', async ([name, meant]) => {
  expect(readWorkerSettings({ [name]: '1' }).notices).toEqual([
    `${name} is not a setting and has no effect; did you mean ${meant}?`,
  ])
})

test('a notice reports a file for a setting that is not secret, and no notice a variable of another program', async () => {
  const env = {
    WORKER_PORT_FILE: '/run/port',
    WORKER_PORT: '0',
    WORKER_TOKEN_FILE: await file('a-token-of-16-chars'),
    METRICS_PORT: '0',
  }
  expect(readWorkerSettings(env).notices).toEqual([
    'WORKER_PORT_FILE is not read: only a secret may come from a file; set WORKER_PORT',
  ])
  const others = { WORKER_ID: '1', WORKERS: '4', WEB_CONCURRENCY: '2', WORKER_COUNT: '2', HOST: 'x', MONITOR_PORT: '0' }
  expect(readWorkerSettings(others).notices).toEqual([])
})
