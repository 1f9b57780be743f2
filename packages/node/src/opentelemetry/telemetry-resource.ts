import { randomUUID } from 'node:crypto'

import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import type { Environment } from '@swarmwatch/config'

import type { TelemetryOptions } from '../telemetry-options.ts'

type Attributes = Record<string, string | number | boolean>

/**
 * The resource of this process: default < `OTEL_RESOURCE_ATTRIBUTES` < `OTEL_SERVICE_NAME` < code.
 * `service.instance.id` is always set, because two processes without it corrupt each other's
 * series. No detectors: they would put command lines and host names into `target_info`.
 */
export function telemetryResource(options: TelemetryOptions, env: Environment, warn: (text: string) => void): Resource {
  const region = env['CLOUD_REGION'] ?? env['AWS_REGION']
  const defaults: Attributes = {
    // OpenTelemetry's own default contains the path of the Node binary
    'service.name': 'unknown_service:node',
    'service.namespace': 'swarmwatch',
    'service.version': env['npm_package_version'] || 'unknown',
    'service.instance.id': randomUUID(),
    'deployment.environment.name': env['NODE_ENV'] || 'development',
    ...(region ? { 'cloud.region': region } : {}),
  }
  return defaultResource()
    .merge(resourceFromAttributes(defaults))
    .merge(resourceFromAttributes(environmentAttributes(env, warn)))
    .merge(resourceFromAttributes(codeAttributes(options)))
}

function codeAttributes(options: TelemetryOptions): Attributes {
  const named = {
    'service.name': options.serviceName,
    'service.namespace': options.serviceNamespace,
    'service.version': options.serviceVersion,
    'service.instance.id': options.serviceInstanceId,
    'deployment.environment.name': options.environment,
    'cloud.region': options.region,
  }
  const given = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...options.resourceAttributes, ...Object.fromEntries(given) }
}

/** The service name of the environment; undefined where it is not set, or blank. */
export function environmentServiceName(env: Environment): string | undefined {
  return environmentAttributes(env, () => {})['service.name']
}

function environmentAttributes(env: Environment, warn: (text: string) => void): Record<string, string> {
  const attributes = resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '', warn)
  // A blank name counts as none
  const name = env['OTEL_SERVICE_NAME']?.trim() || attributes['service.name']?.trim()
  const { 'service.name': _, ...others } = attributes
  return name ? { ...others, 'service.name': name } : others
}

/**
 * `key=value,key=value`, percent-encoded. One invalid pair discards the whole variable, as in the
 * specification.
 */
function resourceAttributes(text: string, warn: (text: string) => void): Record<string, string> {
  try {
    const pairs = text.split(',').filter((pair) => pair.trim() !== '')
    return Object.fromEntries(pairs.map(toAttribute))
  } catch {
    warn('OTEL_RESOURCE_ATTRIBUTES must be key=value,key=value, percent-encoded; it is ignored')
    return {}
  }
}

function toAttribute(pair: string): [string, string] {
  const [key = '', value, ...rest] = pair.split('=').map((part) => decodeURIComponent(part.trim()))
  if (key === '' || value === undefined || rest.length > 0) throw new RangeError('not key=value')
  return [key, value]
}
