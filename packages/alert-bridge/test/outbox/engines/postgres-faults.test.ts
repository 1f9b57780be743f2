import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { eventually, openPostgres, whyNoPostgres } from '@swarmwatch/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'

import { runProgram } from '../../commands/run-program.ts'
import { firing } from '../../helpers/alert-groups.ts'
import { recordingChannel, type RecordingChannel } from '../../helpers/recording-channel.ts'
import { shortTimes } from '../../helpers/short-times.ts'
import { startedBridge, type StartedBridge } from '../../helpers/started-bridge.ts'
import { postgresForTests } from './postgres-server.ts'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const times = { ...shortTimes, stormWindowMs: 0 }

describe.skipIf(whyNoPostgres() !== undefined)('a bridge whose PostgreSQL has a fault', () => {
  const { server, newDatabase } = postgresForTests()

  interface Fixture {
    readonly bridge: StartedBridge
    readonly channel: RecordingChannel
    readonly proxy: TcpProxy
    readonly post: (name: string) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
    /** Posts until it is accepted, as Alertmanager does. */
    readonly retry: (name: string) => Promise<Record<string, unknown>>
    readonly titles: () => string[]
  }

  async function fixture(databaseUrl?: string): Promise<Fixture> {
    const proxy = await openTcpProxy(databaseUrl ?? (await newDatabase()))
    onTestFinished(proxy.close)
    const channel = recordingChannel()
    const bridge = await startedBridge({ channels: [channel], times, databaseUrl: proxy.url })
    const post: Fixture['post'] = async (name) => {
      const response = await bridge.post('/api/v1/alerts', firing({ name }))
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    return {
      bridge,
      channel,
      proxy,
      post,
      retry: (name) =>
        eventually(`${name} to be accepted`, async () => {
          const { status, body } = await post(name)
          return status === 200 && body
        }),
      titles: () => channel.delivered.map(({ notice }) => notice.title),
    }
  }

  const unavailable = { status: 503, body: { error: 'cannot store: unavailable' } }

  test('answers 503 and is not ready while it cannot be reached, and continues by itself', async () => {
    const { bridge, proxy, post, retry, titles } = await fixture()
    expect((await post('Before')).status).toBe(200)
    proxy.cut()
    expect(await post('During')).toEqual(unavailable)
    const ready = await eventually('it to be unready', async () => {
      const response = await fetch(`${bridge.url}/readyz`)
      return response.status === 503 && response.json()
    })
    expect(ready).toEqual({ ready: false, reason: 'cannot store: unavailable' })
    expect((await fetch(`${bridge.url}/healthz`)).status).toBe(200)
    proxy.heal()
    await retry('During')
    await eventually('it to be ready', async () => (await fetch(`${bridge.url}/readyz`)).status === 200)
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'During'])
    expect(bridge.lines.filter((line) => line.includes('answers 503'))).toHaveLength(1)
  })

  test('counts in its metrics that it cannot connect, and shows the size of its tables', async () => {
    const { bridge, proxy, post, retry } = await fixture()
    const valueOf = async (name: string): Promise<number> => {
      const text = await (await fetch(`${bridge.url}/metrics`)).text()
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    }
    expect((await post('Before')).status).toBe(200)
    expect(await valueOf('bridge_database_failures_total')).toBe(0)
    expect(await valueOf('bridge_database_wait_seconds_total')).toBeGreaterThan(0)
    await eventually('the size', async () => (await valueOf('bridge_database_size_bytes')) > 100_000)
    // there is no standby
    expect(await valueOf('bridge_database_standby_lag_seconds')).toBeNaN()
    proxy.cut()
    await eventually('failures', async () => {
      await post('During')
      return (await valueOf('bridge_database_failures_total')) >= 2
    })
    proxy.heal()
    await retry('During')
    const failures = await valueOf('bridge_database_failures_total')
    await retry('After')
    expect(await valueOf('bridge_database_failures_total')).toBe(failures)
  })

  test('stores nothing if the connection breaks before the commit, and accepts the alert when it is sent again', async () => {
    const { bridge, proxy, post, retry, titles } = await fixture()
    expect((await post('Before')).status).toBe(200)
    await bridge.idle()
    proxy.cutAtCommitOf('"Cut"', 'request')
    expect(await post('Cut')).toEqual(unavailable)
    proxy.heal()
    expect(await retry('Cut')).toEqual({ id: expect.any(String) as string })
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'Cut'])
  })

  test('notifies once if the connection breaks after the commit and before its answer', async () => {
    const { bridge, proxy, post, retry, titles } = await fixture()
    expect((await post('Before')).status).toBe(200)
    await bridge.idle()
    proxy.cutAtCommitOf('"Cut"', 'answer')
    expect(await post('Cut')).toEqual(unavailable)
    proxy.heal()
    expect(await retry('Cut')).toEqual({ id: expect.any(String) as string, duplicate: true })
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'Cut'])
  })

  test('marks a sent message as soon as the database is back, and does not send it again', async () => {
    const { bridge, channel, proxy, post } = await fixture()
    channel.answer = () => {
      proxy.cut()
      return { kind: 'delivered' }
    }
    expect((await post('Sent')).status).toBe(200)
    await eventually('it to be sent', () => channel.delivered.length === 1)
    await eventually('it to be unready', async () => (await fetch(`${bridge.url}/readyz`)).status === 503)
    proxy.heal()
    await eventually('the database to be back', async () => (await fetch(`${bridge.url}/readyz`)).status === 200)
    await bridge.idle()
    expect(await bridge.deliveries('delivered')).toHaveLength(1)
    expect(channel.tries).toHaveLength(1)
  })

  test('answers 503 while packets are lost without a word, and holds no lock afterwards', async () => {
    const { bridge, proxy, post, retry, titles } = await fixture()
    expect((await post('Before')).status).toBe(200)
    await bridge.idle()
    proxy.drop()
    expect(await post('During')).toEqual(unavailable)
    // a scrape does not wait for the database
    expect(await bridge.metric('bridge_received_total')).toBe(2)
    proxy.heal()
    await retry('During')
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'During'])
  })

  test('is slow while the database is slow, and loses and repeats nothing', async () => {
    const { bridge, proxy, post, titles } = await fixture()
    proxy.slowDown(150)
    const names = Array.from({ length: 20 }, (_, index) => `A${index}`)
    expect((await Promise.all(names.map(post))).map(({ status }) => status)).toEqual(names.map(() => 200))
    await bridge.idle()
    expect(titles().toSorted()).toEqual(names.toSorted())
  })

  test('answers 503 while the server accepts no writes, and continues when it does', async () => {
    const databaseUrl = await newDatabase()
    const name = new URL(databaseUrl).pathname.slice(1)
    const { bridge, post, retry, titles } = await fixture(databaseUrl)
    expect((await post('Before')).status).toBe(200)
    await bridge.idle()
    const endSessions = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`
    await server().query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    await server().query(endSessions)
    await eventually('the refusal', async () => {
      const { status, body } = await post('During')
      return status === 503 && body['error'] === 'cannot store: read-only'
    })
    await server().query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`)
    await retry('During')
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'During'])
  })

  test('answers 503 while there are too many connections, and continues when there are fewer', async () => {
    const databaseUrl = new URL(await newDatabase())
    const database = databaseUrl.pathname.slice(1)
    await server().query(`CREATE ROLE crowded LOGIN PASSWORD 'crowded'`)
    await server().query(`GRANT ALL ON DATABASE ${database} TO crowded`)
    databaseUrl.username = databaseUrl.password = 'crowded'
    const { bridge, post, retry, titles } = await fixture(databaseUrl.href)
    expect((await post('Before')).status).toBe(200)
    await bridge.idle()
    await server().query('ALTER ROLE crowded CONNECTION LIMIT 0')
    await server().query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'crowded'`)
    await eventually('the refusal', async () => (await post('During')).status === 503)
    await eventually('the reason', () => bridge.lines.some((line) => /too many connections/.test(line)))
    await server().query('ALTER ROLE crowded CONNECTION LIMIT -1')
    await retry('During')
    await bridge.idle()
    expect(titles()).toEqual(['Before', 'During'])
  })

  test('does not start with a schema that is newer than the program', async () => {
    const { bridge, proxy } = await fixture()
    await bridge.service.stop()
    const database = new URL(proxy.url).pathname.slice(1)
    const insert = `INSERT INTO swarmwatch_bridge.migrations (name, run_on) VALUES ('9999_future', now())`
    await server().exec('psql', '-U', 'postgres', '-d', database, '-c', insert)
    await expect(startedBridge({ channels: [recordingChannel()], databaseUrl: proxy.url })).rejects.toMatchObject({
      reason: 'newer-schema',
      message: expect.stringMatching(/^the store was written by a newer alert-bridge \(schema 9999_future,/) as string,
    })
  })

  test('waits for a database whose password is wrong, names it without the password, and starts when it is right', async () => {
    const databaseUrl = new URL(await newDatabase())
    await server().query(`CREATE ROLE late SUPERUSER LOGIN PASSWORD 'other-password'`)
    databaseUrl.username = 'late'
    databaseUrl.password = 'secret-password'
    const program = runProgram(['serve'], {
      BRIDGE_TOKEN: 'a-token-for-this-test',
      BRIDGE_PORT: '0',
      BRIDGE_DATABASE_URL: databaseUrl.href,
    })
    onTestFinished(() => void program.child.kill('SIGKILL'))
    await eventually('the line', () => program.output().includes('[BRIDGE] waits for its database: '))
    expect(program.output()).toContain('password authentication failed for user "late"')
    await server().query(`ALTER ROLE late PASSWORD 'secret-password'`)
    await eventually('the start', () => program.output().includes('ready on http://'))
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(program.output()).not.toContain('secret-password')
  })

  test('uses TLS as the URL demands, and does not connect to a server whose certificate it cannot verify', async () => {
    const folder = fileURLToPath(new URL('../../channels/tls', import.meta.url))
    const write = (name: string, mode: string): Promise<string> => {
      const text = readFileSync(`${folder}/${name}`, 'utf8')
      return server().exec(
        'sh',
        '-c',
        `printf '%s' '${text}' > /tmp/${name} && chown postgres /tmp/${name} && chmod ${mode} /tmp/${name}`,
      )
    }
    await write('certificate.pem', '644')
    await write('key.pem', '600')
    for (const setting of [`ssl_cert_file = '/tmp/certificate.pem'`, `ssl_key_file = '/tmp/key.pem'`, 'ssl = on']) {
      await server().query(`ALTER SYSTEM SET ${setting}`)
    }
    await server().query('SELECT pg_reload_conf()')
    await eventually('TLS to be on', async () => (await server().query('SHOW ssl')) === 'on')
    const databaseUrl = await newDatabase()
    const channel = recordingChannel()
    const start = (options: string): Promise<StartedBridge> =>
      startedBridge({ channels: [channel], times, databaseUrl: `${databaseUrl}?${options}` })
    await expect(start('sslmode=verify-full')).rejects.toThrow('self-signed certificate')
    const bridge = await start(`sslmode=verify-full&sslrootcert=${folder}/certificate.pem`)
    expect((await bridge.post('/api/v1/alerts', firing())).status).toBe(200)
    const encrypted = `SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE s.ssl AND a.application_name = 'alert-bridge'`
    expect(Number(await server().query(encrypted))).toBeGreaterThan(1)
    await bridge.service.stop()
  })

  test('stores the NUL character of a label as a replacement character', async () => {
    const { bridge, post, titles } = await fixture()
    expect((await post('A\0B')).status).toBe(200)
    await bridge.idle()
    expect(titles()).toHaveLength(1)
    expect((await bridge.deliveries())[0]?.title).toBe('A\uFFFDB')
  })
})

describe.skipIf(whyNoPostgres() !== undefined)('a bridge whose PostgreSQL has a small disk', () => {
  test('answers 503 while it is full, loses nothing, and accepts alerts again when there is room', async () => {
    await using server = await openPostgres({ disks: { '/small': 24 } })
    await server.exec('sh', '-c', 'mkdir -p /small/tables && chown postgres /small/tables && chmod 700 /small/tables')
    await server.query(`CREATE TABLESPACE small LOCATION '/small/tables'`)
    await server.query('CREATE DATABASE small TABLESPACE small')
    const channel = recordingChannel()
    const bridge = await startedBridge({ channels: [channel], times, databaseUrl: server.url.replace(/[^/]*$/, 'small') })
    const fill = 'dd if=/dev/zero of=/small/filler bs=8k || true'
    await server.exec('sh', '-c', fill)
    const kept: string[] = []
    const full = await eventually('the disk to be full', async () => {
      const group = firing({ name: `A${kept.length}`, commonAnnotations: { summary: 'x'.repeat(50_000) } })
      const response = await bridge.post('/api/v1/alerts', group)
      const body = (await response.json()) as { id: string }
      if (response.status !== 200) return { status: response.status, body }
      kept.push(body.id)
      return false
    })
    expect(full).toEqual({ status: 503, body: { error: 'cannot store: full' } })
    await server.exec('rm', '/small/filler')
    const again = await eventually('an alert to be accepted', async () => {
      const response = await bridge.post('/api/v1/alerts', firing({ name: 'Again' }))
      return response.status === 200 && ((await response.json()) as { id: string })
    })
    await bridge.idle()
    expect((await bridge.deliveries('delivered')).map(({ noticeId }) => noticeId).toSorted()).toEqual(
      [...kept, again.id].toSorted(),
    )
    await bridge.service.stop()
  })
})
