import { type Problem, shownValue } from '@swarmwatch/config'

import { conditionRuleProblems } from './alerts/condition-rule.ts'
import type { TelemetryOptions } from './telemetry-options.ts'

/** The options that can be used, and what is wrong with the others. */
export interface CheckedOptions {
  readonly usable: TelemetryOptions
  readonly problems: readonly Problem[]
}

type Check = readonly [rule: string, holds: (value: unknown) => boolean]

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): boolean => typeof value === 'function'
const text: Check = ['must be a string', (value) => typeof value === 'string']
const onOff: Check = ['must be true or false', (value) => typeof value === 'boolean']
const anObject: Check = ['must be an object', isObject]
const objects: Check = ['must be a list of objects', (value) => Array.isArray(value) && value.every(isObject)]

const checks: Record<keyof TelemetryOptions, Check> = {
  // Checked with the settings of the other sources
  serviceName: ['', () => true],
  serviceNamespace: text,
  serviceVersion: text,
  serviceInstanceId: text,
  environment: text,
  region: text,
  resourceAttributes: anObject,
  configFile: ['must be a path or false', (value) => typeof value === 'string' || value === false],
  metrics: anObject,
  recovery: anObject,
  monitor: anObject,
  alerts: anObject,
  onPortTaken: ["must be 'warn' or 'next'", (value) => value === 'warn' || value === 'next'],
  handleSignals: onOff,
  capturesUrlPaths: onOff,
  spanProcessors: objects,
  metricReaders: objects,
  logger: ['must be false or an object with warn() and error()', (value) => value === false || isLogger(value)],
  env: anObject,
}

/** Checks what the options are; the values of settings are checked with those of the other sources. */
export function checkOptions(options: unknown): CheckedOptions {
  if (!isObject(options)) {
    return { usable: {}, problems: [{ path: 'options', rule: 'must be an object', value: shownValue(options) }] }
  }
  const problems: Problem[] = []
  const usable: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, path) ? checks[path as keyof TelemetryOptions] : undefined
    if (!check) problems.push({ path, rule: `is not an option of startTelemetry(); there are ${Object.keys(checks).join(', ')}` })
    else if (value === undefined || check[1](value)) usable[path] = value
    else problems.push({ path, rule: check[0], value: shownValue(value) })
  }
  return { usable, problems: [...problems, ...alertProblems(usable)] }
}

function alertProblems({ alerts: { deliver, rules } = {} }: TelemetryOptions): Problem[] {
  const isWrong = deliver !== undefined && !isFunction(deliver)
  return [
    ...(isWrong ? [{ path: 'alerts.deliver', rule: 'must be a function', value: shownValue(deliver) }] : []),
    ...conditionRuleProblems(rules),
  ]
}

function isLogger(value: unknown): boolean {
  return isObject(value) && 'warn' in value && isFunction(value.warn) && 'error' in value && isFunction(value.error)
}
