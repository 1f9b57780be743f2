import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'

import { composeFile, networksOf, repositoryRoot, runDocker } from '@swarmwatch/testkit'
import { containerStates, type ProductionStack } from '@swarmwatch/testkit/stack'
import { parse } from 'yaml'

/** A row of deploy/connections.yaml. */
export interface Connection {
  readonly from: string
  readonly to: string
  /** None for `outside`. */
  readonly ports?: readonly number[]
  readonly why?: string
  /** Of a tolerated one: why it is harmless. */
  readonly because?: 'credential' | 'no way out' | 'trial mailbox'
}

/** The written list of allowed connections. */
export function writtenConnections(): {
  readonly connections: readonly Connection[]
  readonly tolerated: readonly Connection[]
} {
  return parse(readFileSync(`${repositoryRoot}deploy/connections.yaml`, 'utf8')) as ReturnType<typeof writtenConnections>
}

/** The connections that docker-compose.scale.yml adds. */
export function connectionsOfScale(): readonly Connection[] {
  const { connections } = parse(readFileSync(`${repositoryRoot}deploy/connections-scale.yaml`, 'utf8')) as ReturnType<
    typeof writtenConnections
  >
  return connections
}

/** A row as one line for each port: `prometheus -> jaeger:8888`. */
export function linesOf(rows: readonly Connection[]): string[] {
  return rows.flatMap(({ from, to, ports = [] }) => ports.map((port) => `${from} -> ${to}:${port}`))
}

/** A container of the stack in the network: its addresses and the TCP ports on which it listens for others. */
export interface Listener {
  readonly id: string
  readonly service: string
  readonly name: string
  readonly addresses: readonly string[]
  /** Addresses of this machine in its networks. */
  readonly gateways: readonly string[]
  readonly ports: readonly number[]
}

/** All running containers with what they listen on. */
export async function listeners(stack: ProductionStack): Promise<readonly Listener[]> {
  const states = await containerStates(stack)
  return Promise.all(
    states.map(async ({ id, service, name }) => {
      const { output } = await runDocker(['inspect', '--format={{json .NetworkSettings.Networks}}', id])
      const networks = Object.values(JSON.parse(output) as Record<string, { IPAddress: string; Gateway: string }>)
      const ports = await program<readonly number[]>(stack, [`--network=container:${id}`], listeningPorts)
      return {
        id,
        service,
        name,
        addresses: networks.map(({ IPAddress }) => IPAddress),
        gateways: networks.flatMap(({ Gateway }) => Gateway || []),
        ports,
      }
    }),
  )
}

/** An address and a port to try, and what they stand for. */
export interface Target {
  readonly label: string
  readonly host: string
  readonly port: number
}

/** Tries all targets at once from inside a container's network; returns the labels of those that accepted the connection. */
export function reachedFrom(
  stack: ProductionStack,
  container: Pick<Listener, 'id'>,
  targets: readonly Target[],
): Promise<string[]> {
  return program(stack, [`--network=container:${container.id}`], tryAll, targets)
}

/** The same from a new container in the networks of a service whose image is not on this machine. */
export async function reachedFromPlaceOf(stack: ProductionStack, service: string, targets: readonly Target[]): Promise<string[]> {
  const [first = '', ...others] = networksOf(composeFile().services[service]!).map((network) => `${stack.project}_${network}`)
  const name = `${stack.project}-place-of-${service}`
  const created = await runDocker(['create', `--name=${name}`, `--network=${first}`, ...node(tryAll, targets)])
  if (created.code !== 0) throw new Error(created.output)
  try {
    for (const network of others) await runDocker(['network', 'connect', network, name])
    const { code, output } = await runDocker(['start', '--attach', name])
    if (code !== 0) throw new Error(output)
    return JSON.parse(output) as string[]
  } finally {
    await runDocker(['rm', '--force', name])
  }
}

/** Reads from the kernel which TCP ports are open to others; those on loopback are not. */
const listeningPorts = `
const { readFileSync } = require('node:fs')
const rows = ['tcp', 'tcp6'].flatMap((file) => readFileSync('/proc/net/' + file, 'utf8').trim().split('\\n').slice(1))
const open = rows.map((row) => row.trim().split(/\\s+/)).filter(([, , , state]) => state === '0A').map(([, local]) => local.split(':'))
const isLoopback = (address) => address.length === 8 ? address.endsWith('7F') : address === '0'.repeat(24) + '01000000' || /^0{16}FFFF0000.{6}7F$/i.test(address)
const ports = open.filter(([address]) => !isLoopback(address)).map(([, port]) => parseInt(port, 16))
console.log(JSON.stringify([...new Set(ports)].sort((a, b) => a - b)))`

/** A dropped packet has no answer: a try ends after 10 s, all of them at once. */
const tryAll = `
const { connect } = require('node:net')
const tried = ({ label, host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 10000 })
  const end = (reached) => { socket.destroy(); resolve(reached ? [label] : []) }
  socket.once('connect', () => end(true)).once('timeout', () => end(false)).once('error', () => end(false))
})
Promise.all(JSON.parse(process.argv[1]).map(tried)).then((found) => console.log(JSON.stringify([...new Set(found.flat())].sort())))`

function node(code: string, input?: unknown): readonly string[] {
  const image = composeFile().services['agent-worker']!.image
  return ['--entrypoint=node', image, '--eval', code, ...(input === undefined ? [] : [JSON.stringify(input)])]
}

async function program<T>(stack: ProductionStack, place: readonly string[], code: string, input?: unknown): Promise<T> {
  const { code: status, output } = await runDocker(['run', '--rm', ...place, ...node(code, input)])
  if (status !== 0) throw new Error(output)
  return JSON.parse(output) as T
}

/** Asks a port without a credential, in HTTP or, where it speaks gRPC, in that; returns the HTTP or gRPC status. */
export function statusWithoutCredential(
  stack: ProductionStack,
  from: Pick<Listener, 'id'>,
  to: Omit<Target, 'label'>,
): Promise<number> {
  return program(stack, [`--network=container:${from.id}`], askWithoutCredential, to)
}

const askWithoutCredential = `
const { connect } = require('node:http2')
const { host, port } = JSON.parse(process.argv[1])
const say = (status) => { console.log(JSON.stringify(status)); process.exit(0) }
if (port === 4317) {
  const stream = connect('http://' + host + ':' + port).request({
    ':method': 'POST', ':path': '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    'content-type': 'application/grpc', te: 'trailers',
  })
  const read = (headers) => { if (headers['grpc-status'] !== undefined) say(Number(headers['grpc-status'])) }
  stream.once('response', read).once('trailers', read).end(Buffer.alloc(5))
} else {
  const path = port === 4318 ? '/v1/metrics' : port === 9090 ? '/api/v1/query?query=up' : '/api/v2/silences'
  const init = port === 4318 ? { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } } : {}
  fetch('http://' + host + ':' + port + path, init).then(({ status }) => say(status))
}`

/** An address beyond this machine that can be reached from it: the package registry, which has just been asked for packages. */
export async function outsideAddress(): Promise<{ readonly address: string; readonly port: number }> {
  const registry = new URL(
    execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  const { address } = await lookup(registry.hostname, { family: 4 })
  return { address, port: Number(registry.port || (registry.protocol === 'https:' ? 443 : 80)) }
}
