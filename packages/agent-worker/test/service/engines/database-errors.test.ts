import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, openPostgres, type PostgresServer, whyNoPostgres } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect } from 'vitest'

import { test } from '../start-worker.ts'

const of = 'of WORKER_DATABASE_URL'

test.for([
  'postgres://postgres:secret-password@127.0.0.1:1/postgres',
  // not percent-encoded, but the driver accepts it
  'postgres://50%:secret-password%@127.0.0.1:1/100%',
])(
  'a worker whose database cannot be reached exits with 1, names the cause, and does not print its password: %s',
  async (url, { startWorker }) => {
    const worker = startWorker({ WORKER_DATABASE_URL: url })
    const { code, output } = await worker.ended()
    expect(code).toBe(1)
    expect(output).toContain(
      `[WORKER] cannot start: the PostgreSQL server 127.0.0.1:1 ${of} refuses connections; start it, or correct the host and port (ECONNREFUSED)`,
    )
    expect(output).not.toContain('secret-password')
  },
)

describe.skipIf(whyNoPostgres() !== undefined)('with a PostgreSQL server', () => {
  test('a worker reports what is wrong with the database of its URL, by a file too, and uses TLS as the URL asks', async ({
    startWorker,
  }) => {
    await using server = await openPostgres()
    const { host } = new URL(server.url)
    const folder = temporaryFolder()
    const outputFor = async (url: string): Promise<string> => {
      const file = join(folder, 'url')
      writeFileSync(file, `${url}\n`)
      const { code, output } = await startWorker({ WORKER_DATABASE_URL_FILE: file }).ended()
      expect(code, output).toBe(1)
      expect(output).not.toContain('wrong-password')
      return output
    }
    await server.query("CREATE ROLE guest LOGIN PASSWORD 'test'")
    expect(await outputFor(`postgres://postgres:wrong-password@${host}/postgres`)).toContain(
      `the PostgreSQL server ${host} ${of} rejects the password of postgres; correct it (28P01)`,
    )
    expect(await outputFor(`postgres://postgres:test@${host}/nowhere`)).toContain(
      `the PostgreSQL server ${host} ${of} has no database nowhere; create it (createdb), or correct the URL (3D000)`,
    )
    expect(await outputFor(`postgres://guest:test@${host}/postgres`)).toContain(
      'guest may not create the schema of the queue in postgres; grant CREATE on the database, or let its owner start once (42501)',
    )
    expect(await outputFor(`${server.url}?sslmode=verify-full`)).toContain(
      `the PostgreSQL server ${host} ${of} does not support TLS; turn it on, or remove sslmode from the URL`,
    )

    const authority = await turnOnTls(server, folder)
    expect(await outputFor(`${server.url}?sslmode=verify-full`)).toContain(
      `the PostgreSQL server ${host} ${of} has a certificate that no known authority has signed; add sslrootcert=PATH`,
    )
    const worker = startWorker({ WORKER_DATABASE_URL: `${server.url}?sslmode=verify-full&sslrootcert=${authority}` })
    await worker.task(await worker.add({ agent: 'reviewer' }), 'succeeded')
    const plain = `SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE NOT ssl AND application_name LIKE 'swarmwatch%'`
    expect(await server.query(plain)).toBe('0')
  })
})

/** Turns on TLS with a certificate for 127.0.0.1; returns the path of the certificate that signs it, which is itself. */
async function turnOnTls(server: PostgresServer, folder: string): Promise<string> {
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, '-keyout', key, '-out', certificate],
    { stdio: 'pipe' },
  )
  for (const [path, name] of [
    [key, 'server.key'],
    [certificate, 'server.crt'],
  ] as const) {
    const content = readFileSync(path).toString('base64')
    await server.query(`COPY (SELECT '${content}') TO PROGRAM 'base64 --decode > ${name} && chmod 600 ${name}'`)
  }
  await server.query('ALTER SYSTEM SET ssl = on')
  await server.query('SELECT pg_reload_conf()')
  await eventually('TLS', async () => (await server.query('SHOW ssl')) === 'on')
  return certificate
}
