import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

import { type Group, rowsOf } from './bare-rows.ts'

// The minimum of a durable server: node:http, JSON.parse, and the rows that the bridge writes for a new group, into tables and indexes
// with the same definitions, in one transaction for all requests of a turn. It validates nothing, looks nothing up and delivers nothing.

const database = new DatabaseSync(process.env['DATABASE'] ?? '')
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000')
const notice = database.prepare(
  `INSERT INTO notices (id, severity, title, notice, received_at, escalate_at, stage) VALUES (?, ?, ?, ?, ?, ?, 'last-resort')`,
)
const delivery = database.prepare(
  `INSERT INTO deliveries (id, notice_id, channel, recipient, rank, kind, incident_key, state, created_at, due_at)
   VALUES (?, ?, 'webhook', 'webhook', 1, 'firing', ?, 'pending', ?, ?)`,
)
const seen = database.prepare('INSERT INTO seen (dedupe_key, told_at, sender, notice_id) VALUES (?, ?, ?, ?)')
const incident = database.prepare(
  `INSERT INTO incidents (group_key, incident_key, status, updated_at) VALUES (?, ?, 'firing', ?)`,
)
const record = database.prepare(
  `INSERT INTO incident_records (incident_key, group_key, state, severity, title, agent, notice_id, opened_at, updated_at)
   VALUES (?, ?, 'open', ?, ?, ?, ?, ?, ?)`,
)

let waiting: { readonly group: Group; readonly response: ServerResponse }[] = []

function commit(): void {
  const all = waiting
  waiting = []
  database.exec('BEGIN IMMEDIATE')
  const stored = all.map(({ group }) => insert(group))
  database.exec('COMMIT')
  for (const [index, { response }] of all.entries()) {
    const answer = `{"id":"${stored[index]}"}`
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
  }
}

function insert(group: Group): string {
  const row = rowsOf(group)
  const { id, severity, title, agent, at, groupKey, incidentKey } = row
  notice.run(id, severity, title, row.notice, at, row.escalateAt)
  delivery.run(row.deliveryId, id, incidentKey, at, at)
  seen.run(row.dedupeKey, at, row.sender, id)
  incident.run(groupKey, incidentKey, at)
  record.run(incidentKey, groupKey, severity, title, agent, id, at, at)
  return id
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (waiting.push({ group: JSON.parse(Buffer.concat(chunks).toString()) as Group, response }) === 1) setImmediate(commit)
  })
})
server.listen(0, '127.0.0.1', () => console.error(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
