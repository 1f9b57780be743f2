import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'

import {
  ConfigurationError,
  type Environment,
  isLoopback,
  openVariables,
  type Problem,
  Secret,
  withoutBrackets,
} from '@swarmwatch/config'
import { type Settings, readable, readVariables } from '@swarmwatch/config/settings'

/** The proxies of requests that the bridge sends. */
export interface ProxySettings {
  /** For HTTP, HTTPS and mail. `BRIDGE_PROXY` or `BRIDGE_PROXY_FILE`. @default the next two, and none for mail */
  readonly proxy?: Secret | undefined
  /** For HTTPS. `HTTPS_PROXY`. @default none */
  readonly httpsProxy?: Secret | undefined
  /** For HTTP. `HTTP_PROXY`. @default none */
  readonly httpProxy?: Secret | undefined
  /** Hosts that are reached without a proxy. `NO_PROXY`. @default [] */
  readonly noProxy?: readonly string[]
}

const proxyUrl = readable(
  'must be the http or https address of a proxy, such as http://proxy.example.com:3128',
  (text) => {
    const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
    const isProxy = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === ''
    return isProxy && isDecodable(url.username) && isDecodable(url.password) ? new Secret(url.href) : undefined
  },
  true,
)

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

/** The definitions of {@link ProxySettings}. */
export const proxySettings: Settings<Required<ProxySettings>> = {
  proxy: {
    about: 'Proxy for all messages and heartbeats, also for mail. It may contain a user name and a password.',
    variable: 'BRIDGE_PROXY',
    value: proxyUrl,
    default: undefined,
  },
  httpsProxy: {
    about: 'Proxy for https, if there is no `BRIDGE_PROXY`. Not for mail. Also in lower case.',
    variable: 'HTTPS_PROXY',
    generalVariable: 'https_proxy',
    value: proxyUrl,
    default: undefined,
  },
  httpProxy: {
    about: 'Proxy for http, if there is no `BRIDGE_PROXY`. Also in lower case.',
    variable: 'HTTP_PROXY',
    generalVariable: 'http_proxy',
    value: proxyUrl,
    default: undefined,
  },
  noProxy: {
    about:
      'Hosts that are reached without a proxy, separated by commas: names with their subdomains, addresses, networks such as 10.0.0.0/8, each with a port or without, or *. Also in lower case.',
    variable: 'NO_PROXY',
    generalVariable: 'no_proxy',
    value: readable('must be hosts separated by commas', (text) => text.split(/[\s,]+/).filter((part) => part !== '')),
    default: [],
    shownDefault: 'none',
  },
}

/**
 * Reads the proxies from variables.
 * @throws ConfigurationError with every problem there is
 */
export function readProxies(env: Environment): ProxySettings {
  const problems: Problem[] = []
  const { values } = readVariables(
    proxySettings,
    openVariables(env, (path) => readFileSync(path, 'utf8'), problems),
    problems,
  )
  if (problems.length > 0) throw new ConfigurationError(problems)
  return values
}

/** The proxy for an address, `smtp:` for mail; undefined for a direct connection, as always to this machine itself. */
export function proxyFor(url: URL, { proxy, httpsProxy, httpProxy, noProxy = [] }: ProxySettings): Secret | undefined {
  const own = { 'https:': httpsProxy, 'http:': httpProxy }[url.protocol]
  const chosen = proxy ?? own
  if (chosen === undefined) return undefined
  const host = withoutBrackets(url.hostname).replace(/\.$/, '').toLowerCase()
  if (isLoopback(host)) return undefined
  const port = url.port || { 'https:': '443', 'http:': '80' }[url.protocol] || ''
  return noProxy.some((entry) => matches(entry.toLowerCase(), host, port)) ? undefined : chosen
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, address = entry, onPort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? []
  if (onPort !== undefined && onPort !== port) return false
  const name = withoutBrackets(address)
    .replace(/^\*?\./, '')
    .replace(/\.$/, '')
  return isIP(host) === 0 ? host === name || (name !== '' && host.endsWith(`.${name}`)) : isInNetwork(host, name)
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix] = network.split('/')
  const version = isIP(address)
  if (version === 0 || version !== isIP(host)) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const longest = version === 4 ? 32 : 128
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
  if (length > longest) return false
  const list = new BlockList()
  list.addSubnet(address, length, family)
  return list.check(host, family)
}

/** Whether any request may use a proxy. */
export function hasProxy({ proxy, httpsProxy, httpProxy }: ProxySettings): boolean {
  return (proxy ?? httpsProxy ?? httpProxy) !== undefined
}

/** Secrets that must not be shown: the addresses of the proxies, their passwords, and the header that contains them. */
export function proxySecrets({ proxy, httpsProxy, httpProxy }: ProxySettings): Secret[] {
  return [proxy, httpsProxy, httpProxy].flatMap((one) => {
    if (one === undefined) return []
    const { username, password, href } = new URL(one.reveal())
    if (username === '' && password === '') return []
    const login = [decodeURIComponent(username), decodeURIComponent(password)]
    return [href, login.join(':'), login[1]!].filter((text) => text !== '').map((text) => new Secret(text))
  })
}

/** `fetch` that goes through the proxies. `undici` is loaded with the first request through one of them. */
export function proxiedFetch(settings: ProxySettings): typeof globalThis.fetch {
  if (!hasProxy(settings)) return (input, init) => globalThis.fetch(input, init)
  const agents = new Map<string, unknown>()
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const proxy = proxyFor(url, settings)
    if (proxy === undefined) return globalThis.fetch(input, init)
    const { fetch, ProxyAgent } = await import('undici')
    const key = proxy.reveal()
    const agent = agents.get(key) ?? new ProxyAgent({ uri: key })
    agents.set(key, agent)
    return (await fetch(url, {
      ...(init as object),
      dispatcher: agent as InstanceType<typeof ProxyAgent>,
    })) as unknown as Response
  }
}
