import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

// The minimum of a durable server: node:http, JSON.parse, and the rows that the bridge writes for a new group, into tables and indexes
// with the same definitions, in one transaction for all requests of a turn. It validates nothing, looks nothing up and delivers nothing.

interface Group {
  readonly groupLabels: { readonly alertname: string }
  readonly alerts: readonly { readonly labels: { readonly severity: string } }[]
}

const database = new DatabaseSync(process.env['DATABASE'] ?? '')
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000')
const notice = database.prepare(
  'INSERT INTO notices (id, severity, title, notice, received_at, escalate_at, stage) VALUES (?, ?, ?, ?, ?, ?, ?)',
)
const delivery = database.prepare(
  `INSERT INTO deliveries (id, notice_id, channel, recipient, rank, kind, incident_key, state, created_at, due_at)
   VALUES (?, ?, 'webhook', 'webhook', 1, 'firing', ?, 'pending', ?, ?)`,
)
const seen = database.prepare('INSERT INTO seen (dedupe_key, told_at, sender, notice_id) VALUES (?, ?, ?, ?)')
const incident = database.prepare(
  `INSERT INTO incidents (group_key, incident_key, status, updated_at) VALUES (?, ?, 'firing', ?)`,
)
const sender = 'http://alertmanager:9093'

let ids = 0
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
  const [id, key, now] = [orderedId(), scatteredKey(), Date.now()]
  const incidentKey = `${now.toString(36)}.${key.slice(-16)}`
  const { severity } = group.alerts[0]!.labels
  notice.run(id, severity, group.groupLabels.alertname, JSON.stringify(group.alerts), now, now + 900_000, 'last-resort')
  delivery.run(orderedId(), id, incidentKey, now, now)
  seen.run(key, now, sender, id)
  incident.run(scatteredKey(), incidentKey, now)
  return id
}

/** As long as the ids of the bridge, and like them one after the other in an index. */
function orderedId(): string {
  return (ids += 1).toString(16).padStart(36, '0')
}

/** As long as the hashes of the bridge, and like them all over an index. */
function scatteredKey(): string {
  return (randomUUID() + randomUUID()).replaceAll('-', '')
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (waiting.push({ group: JSON.parse(Buffer.concat(chunks).toString()) as Group, response }) === 1) setImmediate(commit)
  })
})
server.listen(0, '127.0.0.1', () => console.error(`ready on http://127.0.0.1:${(server.address() as AddressInfo).port}`))
