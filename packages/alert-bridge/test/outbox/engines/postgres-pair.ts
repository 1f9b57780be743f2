import { type Container, eventually, type Network, openNetwork } from '@swarmwatch/testkit'

import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A PostgreSQL server with a synchronous standby: what it confirms is on the disks of both. */
export interface PostgresPair extends AsyncDisposable {
  /** URL with both addresses, which stay the same. */
  readonly url: string
  /** SIGKILL to the server that accepts writes, and starts it again on its disk. */
  killAndStart(): Promise<void>
  /** SIGKILL to the server that accepts writes; the standby takes its place and gets a standby of its own. */
  failOver(): Promise<void>
}

const image = 'postgres:17-trixie'
const password = 'test'
const data = '/var/lib/postgresql/data'

interface Node {
  readonly name: string
  readonly container: Container
}

/** Starts the pair; a client reaches each of the two through a proxy whose address stays the same. */
export async function openPostgresPair(): Promise<PostgresPair> {
  const network = await openNetwork()
  let started = 0
  const names = (): string => `node${(started += 1)}`
  let primary = await startPrimary(network, names())
  const proxies: TcpProxy[] = [await openTcpProxy(await urlOf(primary))]
  let standby = await startStandby(network, names(), primary)
  proxies.push(await openTcpProxy(await urlOf(standby)))
  let primaryAt = 0

  const address = (proxy: TcpProxy): string => new URL(proxy.url).host
  return {
    url: `postgres://postgres:${password}@${proxies.map(address).join(',')}/postgres`,
    async killAndStart() {
      await primary.container.kill()
      await primary.container.start()
      proxies[primaryAt]!.heal(await urlOf(primary))
      await untilReady(primary)
      await untilSynchronous(primary)
    },
    async failOver() {
      proxies[primaryAt]!.cut()
      await primary.container.kill()
      await query(standby, 'SELECT pg_promote()')
      // It has copied the setting of the other, and would confirm nothing without a standby
      await query(standby, 'ALTER SYSTEM RESET synchronous_standby_names')
      await query(standby, 'SELECT pg_reload_conf()')
      primary = standby
      standby = await startStandby(network, names(), primary)
      proxies[primaryAt]!.heal(await urlOf(standby))
      primaryAt = 1 - primaryAt
    },
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) proxy.close()
      await network.remove()
    },
  }
}

async function startPrimary(network: Network, name: string): Promise<Node> {
  const container = await network.run(name, { image, args: [], env: { POSTGRES_PASSWORD: password }, ports: [5432] })
  const node = { name, container }
  await untilReady(node)
  await container.exec('sh', '-c', `echo 'host replication all all scram-sha-256' >> ${data}/pg_hba.conf`)
  await query(node, 'SELECT pg_reload_conf()')
  return node
}

/** Copies the primary, follows it, and waits until the primary confirms only what the copy has. */
async function startStandby(network: Network, name: string, primary: Node): Promise<Node> {
  const copy = `pg_basebackup --host=${primary.name} --username=postgres --pgdata=${data} --write-recovery-conf --checkpoint=fast`
  const container = await network.run(name, {
    image,
    // It copies once: a later start continues on its disk
    args: ['sh', '-c', `{ [ -s ${data}/PG_VERSION ] || ${copy}; } && chmod 700 ${data} && exec postgres -c listen_addresses='*'`],
    env: { PGPASSWORD: password },
    ports: [5432],
    user: '999:999',
  })
  const node = { name, container }
  await untilReady(node)
  await query(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
  await query(primary, 'SELECT pg_reload_conf()')
  await untilSynchronous(primary)
  return node
}

const query = ({ container }: Node, sql: string): Promise<string> =>
  container.exec('psql', '-U', 'postgres', '-h', '127.0.0.1', '-Atc', sql)

const untilReady = (node: Node): Promise<unknown> =>
  eventually(`${node.name} to answer`, async () => {
    await node.container.exec('pg_isready', '--host', '127.0.0.1', '--username', 'postgres')
    return true
  }).catch(async (error: unknown) => {
    throw new Error(`PostgreSQL did not start:\n${await node.container.logs()}`, { cause: error })
  })

const untilSynchronous = (primary: Node): Promise<unknown> =>
  eventually(
    'a synchronous standby',
    async () => (await query(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")) === '1',
  )

async function urlOf({ container }: Node): Promise<string> {
  return `postgres://postgres:${password}@${new URL(await container.url(5432)).host}/postgres`
}
