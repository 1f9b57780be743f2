import { shownPath, shownValue } from '../problem.ts'
import { checkShape, type MapShape, type ShapeProblem } from '../shape.ts'
import { pattern } from '../value-rule.ts'
import type { Origin, Sources } from './setting.ts'

/**
 * Providers of model servers that only the operator knows, such as a gateway: `host` or `host:port` to a value of
 * `gen_ai.provider.name`. An object without prototype. @default {}
 */
export type ProviderSettings = Readonly<Record<string, string>>

/** `providers` in the file and in code. */
export const serverProviders: MapShape = {
  kind: 'map',
  values: { kind: 'value', rule: pattern('must be the name of a provider, such as openai', /^[\w.-]{1,100}$/) },
  rule: 'must be a mapping from hosts to names of providers',
  about: 'Providers of model servers, such as a gateway, by host or host:port. Their models have the prices of the provider.',
  default: {},
}

/** Reports hosts that no request can have. */
export function checkProviderHosts(providers: unknown, report: (finding: ShapeProblem) => void): void {
  if (typeof providers !== 'object' || providers === null || Array.isArray(providers)) return
  const rule = 'must have a host or host:port in lower case as its key, without scheme and path'
  for (const host of Object.keys(providers)) {
    const isHost = /^(?:[a-z\d._-]+|\[[a-f\d:.]+\])(?::\d{1,5})?$/.test(host)
    if (!isHost) report({ path: ['providers', host], rule, value: host, isSecret: false })
  }
}

/** The providers and the origin of each, by its path. */
export interface ResolvedProviders {
  readonly values: ProviderSettings
  readonly origins: Readonly<Record<string, Origin>>
}

/** The providers of code, and those of the file for every host that code does not have. */
export function resolveProviders(sources: Sources, code: unknown): ResolvedProviders {
  const report = ({ path, rule, value }: ShapeProblem): number =>
    sources.problems.push({ path: shownPath(path), rule, value: shownValue(value) })
  const inFile = (sources.fromFile('providers') ?? {}) as ProviderSettings
  const inCode = (checkShape(serverProviders, code, { spelling: 'code', path: ['providers'] }, report) ?? {}) as ProviderSettings
  checkProviderHosts(code, report)
  // without prototype: a host may be called "constructor"
  const values: Record<string, string> = Object.assign(Object.create(null), inFile, inCode)
  const origins = Object.keys(values).map((host): [string, Origin] => {
    const path = shownPath(['providers', host])
    return [path, Object.hasOwn(inCode, host) ? 'code' : `file ${sources.fileName}:${path}`]
  })
  return { values, origins: Object.fromEntries(origins) }
}
