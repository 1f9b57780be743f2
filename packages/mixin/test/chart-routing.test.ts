import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { root } from '../engines/stack-files.ts'
import { alertmanagerConfigFile, alertmanagerFile } from '../src/kubernetes/alertmanager-files.ts'

type Values = Record<string, unknown>

interface Matcher {
  readonly name: string
  readonly matchType: string
  readonly value: string
}

interface Route extends Values {
  readonly matchers?: readonly Matcher[]
  readonly routes?: readonly Route[]
}

const template = readFileSync(join(root, 'collector/alertmanager/alertmanager.template.yaml'), 'utf8')
const compose = parse(template) as Values & { route: Values; receivers: Values[]; inhibit_rules: Values[] }

test('the configuration for a Secret has the routes and inhibitions of the template, and no mail server', () => {
  const text = alertmanagerFile(template)
  const { route, inhibit_rules: inhibitions } = parse(text) as typeof compose
  expect({ route, inhibitions }).toEqual({ route: compose.route, inhibitions: compose.inhibit_rules })
  expect(text).not.toMatch(/ALERT_EMAIL|\/run\/secrets|alert-bridge:8090/)
  expect(text).toContain('credentials_file: ${SECRETS}/bridge_token')
})

test('an AlertmanagerConfig, read as the Prometheus operator reads it, routes and mutes as the template', () => {
  const { route, receivers, inhibitRules } = parse(alertmanagerConfigFile(template)) as {
    route: Route
    receivers: (Values & { webhookConfigs?: Values[] })[]
    inhibitRules: { sourceMatch: Matcher[]; targetMatch: Matcher[]; equal?: string[] }[]
  }
  const { matchers, ...top } = route
  expect(matchers).toEqual([{ name: 'category', matchType: '=~', value: 'agent|swarm|pipeline|bridge|watchdog' }])
  expect(asWritten(top)).toEqual(withPlainMatchers(compose.route))
  const inhibitions = inhibitRules.map(({ sourceMatch, targetMatch, equal }) => ({
    source_matchers: sourceMatch.map(textOf),
    target_matchers: targetMatch.map(textOf),
    ...(equal && { equal }),
  }))
  expect(inhibitions).toEqual(compose.inhibit_rules.map(({ name: _, ...rest }) => withPlainMatchers(rest)))
  expect(receivers.map(({ name }) => name)).toEqual(compose.receivers.map(({ name }) => name))
  const urls = receivers.flatMap(({ webhookConfigs = [] }) => webhookConfigs.map(({ url }) => url))
  expect(urls).toEqual(['${BRIDGE_URL}/api/v1/alerts', '${BRIDGE_URL}/api/v1/alerts'])
})

/** A route with the keys and matchers of Alertmanager's file. */
function asWritten({ matchers, routes, ...rest }: Route): Values {
  const snake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [snake(key), value])),
    ...(matchers && { matchers: matchers.map(textOf) }),
    ...(routes && { routes: routes.map(asWritten) }),
  }
}

function textOf({ name, matchType, value }: Matcher): string {
  return `${name}${matchType}${value}`
}

/** The same with matchers without spaces and quotes. */
function withPlainMatchers(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (key.endsWith('matchers')) return [key, (value as string[]).map((text) => text.replaceAll(/[ "]/g, ''))]
      return [key, key === 'routes' ? (value as Values[]).map(withPlainMatchers) : value]
    }),
  )
}
