import { expect, test } from 'vitest'

import { openConnections } from '../../src/outbox/postgres/connections.ts'
import { readDatabaseUrl } from '../../src/outbox/postgres/database-url.ts'

test('all that wait for a connection learn at once that there can be none, and why', async () => {
  const connections = openConnections({ address: readDatabaseUrl('postgres://127.0.0.1:1/alerts')!, max: 1 })
  const uses = Array.from({ length: 5 }, () => connections.use(async () => {}))
  const results = await Promise.allSettled(uses)
  await connections.close()
  const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'used'))
  expect(reasons).toEqual(Array(5).fill(expect.stringContaining('ECONNREFUSED')))
})
