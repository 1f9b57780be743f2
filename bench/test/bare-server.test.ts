import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { expect, test } from 'vitest'

import { type Program, startBridge, startProgram, token } from '../src/bridge/bridge-program.ts'
import { alertRequest, postMany } from '../src/bridge/load.ts'

const program = fileURLToPath(new URL('../../packages/alert-bridge/bin/alert-bridge.mjs', import.meta.url))
const bareServer = fileURLToPath(new URL('../src/bridge/bare-server.ts', import.meta.url))
/** Nothing listens on it. */
const closedPort = 9

test('a bare server writes the rows that the bridge writes for a new group', async () => {
  const [ofBridge, ofBare] = [temporaryFolder(), temporaryFolder()]
  // makes the tables
  await (await startBridge(program, ofBare, closedPort)).end('SIGTERM')

  await post(await startBridge(program, ofBridge, closedPort))
  await post(await startProgram([bareServer], { DATABASE: join(ofBare, 'bridge.sqlite') }))

  expect(rowsIn(ofBare)).toEqual(rowsIn(ofBridge))
})

async function post(server: Program): Promise<void> {
  await postMany({ port: server.port, connections: 1, count: 1, nextRequest: () => alertRequest(1, token) })
  await server.end('SIGTERM')
}

/** The first row of each table, with the length of each text and the type of every other value. */
function rowsIn(folder: string): unknown {
  const database = new DatabaseSync(join(folder, 'bridge.sqlite'), { readOnly: true })
  // an attempt to deliver changes the other columns of a delivery
  const delivery = 'id, notice_id, channel, recipient, rank, kind, incident_key, created_at'
  const columns = { notices: '*', deliveries: delivery, seen: '*', incidents: '*', incident_records: '*' }
  const rows = Object.entries(columns).map(([table, names]) => {
    const row = database.prepare(`SELECT ${names} FROM ${table} ORDER BY 1 LIMIT 1`).get() ?? {}
    const shapes = Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.length : value === null ? null : typeof value,
    ])
    return [table, Object.fromEntries(shapes)]
  })
  database.close()
  return Object.fromEntries(rows)
}
