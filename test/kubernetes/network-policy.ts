import type { KubernetesObject } from './render-chart.ts'

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>
}

interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[]
}

interface Policy {
  readonly podSelector: Selector
  readonly policyTypes: readonly string[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

/** One end of a connection: a pod, or an address outside the cluster. */
export type End = { readonly namespace: string; readonly labels: Readonly<Record<string, string>> } | { readonly address: string }

/** The network of a cluster as the policies leave it: everything that no policy selects is open. */
export class PolicyNetwork {
  private readonly policies: readonly { readonly namespace: string; readonly spec: Policy }[]

  constructor(objects: readonly KubernetesObject[]) {
    this.policies = objects
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata, spec }) => ({ namespace: metadata.namespace ?? '', spec: spec as Policy }))
  }

  /** Whether a TCP connection is allowed at both of its ends. */
  allows(from: End, to: End, port: number): boolean {
    return this.isOpen('Egress', from, to, port) && this.isOpen('Ingress', to, from, port)
  }

  private isOpen(type: 'Ingress' | 'Egress', end: End, other: End, port: number): boolean {
    if ('address' in end) return true
    const selecting = this.policies.filter(
      ({ namespace, spec }) =>
        namespace === end.namespace && matches(spec.podSelector, end.labels) && spec.policyTypes.includes(type),
    )
    if (selecting.length === 0) return true
    return selecting.some(({ namespace, spec }) => {
      const rules = (type === 'Ingress' ? spec.ingress : spec.egress) ?? []
      return rules.some((rule) => {
        const peers = type === 'Ingress' ? rule.from : rule.to
        const isPort = rule.ports === undefined || rule.ports.some((one) => one.port === port && one.protocol === 'TCP')
        // A rule without peers is for all of them
        return isPort && (peers === undefined || peers.some((peer) => isPeer(peer, namespace, other)))
      })
    })
  }
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, ownNamespace: string, end: End): boolean {
  if ('address' in end) {
    return ipBlock !== undefined && isIn(ipBlock.cidr, end.address) && !ipBlock.except?.some((cidr) => isIn(cidr, end.address))
  }
  if (ipBlock !== undefined) return false
  const isNamespace =
    namespaceSelector === undefined
      ? end.namespace === ownNamespace
      : matches(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
  return isNamespace && (podSelector === undefined || matches(podSelector, end.labels))
}

function matches({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value)
}

function isIn(cidr: string, address: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/')
  const shift = 32 - Number(bits)
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return Math.floor(number(network) / 2 ** shift) === Math.floor(number(address) / 2 ** shift)
}
