import { expect, test } from 'vitest'

import { ConfigurationError, loadConfiguration, traceUrl } from '../src/index.ts'
import { folderWith } from './folder-with.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

function linkFrom(env: Record<string, string>): string | undefined {
  return traceUrl(loadConfiguration({ env, cwd: folderWith({}) }).monitor.traceLink, traceId)
}

test('TRACE_LINK opens a trace by its id', () => {
  expect(linkFrom({ TRACE_LINK: 'https://jaeger.example.com/trace/{trace_id}?uiFind=x' })).toBe(
    `https://jaeger.example.com/trace/${traceId}?uiFind=x`,
  )
})

test('the address of Grafana opens a trace in Explore, and TRACE_LINK has precedence', () => {
  const link = new URL(linkFrom({ GRAFANA_URL: 'https://grafana.example.com/sub/' })!)
  expect(`${link.origin}${link.pathname}`).toBe('https://grafana.example.com/sub/explore')
  const [pane] = Object.values(JSON.parse(link.searchParams.get('panes')!) as Record<string, unknown>)
  expect(pane).toEqual({
    datasource: 'traces',
    queries: [{ refId: 'trace', datasource: { type: 'jaeger', uid: 'traces' }, query: traceId }],
  })
  const both = { GRAFANA_URL: 'https://grafana.example.com', TRACE_LINK: 'http://127.0.0.1:16686/trace/{trace_id}' }
  expect(linkFrom(both)).toBe(`http://127.0.0.1:16686/trace/${traceId}`)
})

test('there is no link without a setting, and none for an id that is not hexadecimal', () => {
  expect(linkFrom({})).toBeUndefined()
  expect(traceUrl('http://127.0.0.1/trace/{trace_id}', '../admin')).toBeUndefined()
})

test.each(['ftp://files.example.com/{trace_id}', 'https://user:password@jaeger.example.com/trace/{trace_id}', '{trace_id}'])(
  'TRACE_LINK %s is refused',
  (TRACE_LINK) => {
    expect(() => linkFrom({ TRACE_LINK })).toThrow(ConfigurationError)
    expect(() => linkFrom({ TRACE_LINK })).toThrow(/TRACE_LINK must be an http or https URL without user name and password/)
  },
)
