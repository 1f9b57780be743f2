import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import pg from 'pg'

import { type Group, rowsOf } from '../bridge/bare-rows.ts'

// The minimum of a durable server on PostgreSQL: node:http, JSON.parse, and the rows that the bridge writes for a new group, into its own
// tables, in one pipelined transaction for all requests that arrived meanwhile. It validates nothing, looks nothing up and delivers nothing.

const pipeline: object = { pipeline: true }
/** As many as the bridge uses to accept alerts. */
const clients = [1, 2].map(() => new pg.Client({ connectionString: process.env['DATABASE'] ?? '', ...pipeline }))
for (const client of clients) {
  await client.connect()
  await client.query(
    `SELECT set_config('search_path', 'swarmwatch_bridge', false), set_config('synchronous_commit', 'on', false)`,
  )
}

const statements = {
  notices: `INSERT INTO notices (id, severity, title, notice, received_at, escalate_at, stage)
    SELECT *, 'last-resort' FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])`,
  deliveries: `INSERT INTO deliveries (id, notice_id, channel, recipient, rank, kind, incident_key, created_at, due_at)
    SELECT id, notice_id, 'webhook', 'webhook', 1, 'firing', incident_key, at, at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS rows (id, notice_id, incident_key, at)`,
  seen: `INSERT INTO seen (dedupe_key, notified_at, sender, notice_id)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])`,
  incidents: `INSERT INTO incidents (group_key, incident_key, status, updated_at)
    SELECT key, incident_key, 'firing', at FROM unnest($1::text[], $2::text[], $3::bigint[]) AS rows (key, incident_key, at)`,
  records: `INSERT INTO incident_records (incident_key, group_key, state, severity, title, agent, notice_id, opened_at, updated_at)
    SELECT incident_key, key, 'open', severity, title, agent, id, at, at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
      AS rows (incident_key, key, severity, title, agent, id, at)`,
}

interface Waiting {
  readonly group: Group
  readonly response: ServerResponse
}

let waiting: Waiting[] = []
let isScheduled = false

function schedule(): void {
  if (isScheduled || waiting.length === 0 || clients.length === 0) return
  isScheduled = true
  setImmediate(() => {
    isScheduled = false
    const client = clients.pop()!
    void commit(client, waiting.splice(0)).then(() => {
      clients.push(client)
      schedule()
    })
    schedule()
  })
}

async function commit(client: pg.Client, all: readonly Waiting[]): Promise<void> {
  const rows = all.map(({ group }) => rowsOf(group))
  const column = (name: keyof (typeof rows)[number]): unknown[] => rows.map((row) => row[name])
  const insert = (name: keyof typeof statements, ...columns: (keyof (typeof rows)[number])[]): Promise<unknown> =>
    client.query({ name, text: statements[name], values: columns.map(column) })
  await Promise.all([
    client.query('BEGIN'),
    insert('notices', 'id', 'severity', 'title', 'notice', 'at', 'escalateAt'),
    insert('deliveries', 'deliveryId', 'id', 'incidentKey', 'at'),
    insert('seen', 'dedupeKey', 'at', 'sender', 'id'),
    insert('incidents', 'groupKey', 'incidentKey', 'at'),
    insert('records', 'incidentKey', 'groupKey', 'severity', 'title', 'agent', 'id', 'at'),
    client.query('COMMIT'),
  ])
  for (const [index, { response }] of all.entries()) {
    const answer = `{"id":"${rows[index]!.id}"}`
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    waiting.push({ group: JSON.parse(Buffer.concat(chunks).toString()) as Group, response })
    schedule()
  })
})
server.listen(0, '127.0.0.1', () => console.error(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
