import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { type Figure, figures, figuresSection } from '../../src/status-page/figures.ts'
import { statusApp } from '../../src/status-page/status-app.ts'
import { readText } from './page-requests.ts'
import { sampleHealth, sampleMetrics, troubledSwarm } from './sample-swarm.ts'

const swarm = troubledSwarm()
const { agents, recent: _, ...totals } = swarm.metrics({ recent: 0 })
const source = { health: swarm.health(), totals, agents }
const app = statusApp(swarm)
const answer = async (path: string): Promise<string> => (await app.fetch(new Request(`http://127.0.0.1${path}`))).text()
const [page, json] = [await answer('/'), JSON.parse(await answer('/api/health')) as unknown]
app.close()

/** The value at a path such as `lost.errorRate`. */
function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], object)
}

test.each(figures)('$name is on the page once, with its exact value, and in /api/health', ({ name, read, format }) => {
  const found = [...page.matchAll(/<data data-figure="([^"]*)" value="([^"]*)">(.*?)<\/data>/g)].filter(([, of]) => of === name)
  const value = read(source)!
  expect(found.map(([, , exact, text]) => [Number(exact), readText(text!).replace(' .', '.')])).toEqual([
    [value, readText(format(value))],
  ])
  expect(valueAt(json, name)).toBe(value)
})

test.each(figures.filter((figure) => figure.chart))('$name has a chart that $label names', ({ label }) => {
  expect(page.split(`aria-label="${label} over the last 15 minutes: `)).toHaveLength(2)
})

test('every figure that has no value yet shows a text in its place', () => {
  const { errorRate: _rate, averageSeconds: _average, p95Seconds: _p95, ...health } = sampleHealth()
  const html = `${figuresSection({ ...source, health }, [])}`
  const shown = [...html.matchAll(/data-figure="(\w+)" value="">([^<]*)</g)].map(([, name, text]) => [name, text])
  expect(shown).toEqual([
    ['errorRate', 'no runs'],
    ['p95Seconds', 'no runs'],
    ['averageSeconds', '-'],
  ])
})

test('every number of the health in the SDK is a figure', () => {
  const paths = Object.entries(sampleHealth()).flatMap(([key, value]) =>
    typeof value === 'object' ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
  )
  expect(paths.filter((path) => figures.every(({ name }) => name !== path))).toEqual([])
})

test('docs/status-page.md has a row for each figure, in the order of the page', () => {
  const documentation = readFileSync(new URL('../../../../docs/status-page.md', import.meta.url), 'utf8')
  const rows = documentation.split('\n').filter((line) => line.startsWith('| `'))
  const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim())
  expect(rows.map(cells)).toEqual(figures.map((figure) => ['', ...documentationCells(figure), '']))
})

function documentationCells({ name, label, meaning, place }: Figure): string[] {
  return [`\`${name}\``, label, placeName(place), meaning]
}

function placeName(place: Figure['place']): string {
  if (place.in === 'tile') return `tile ${place.title}`
  if (place.in === 'meter') return 'tile CPU and memory'
  if (place.in === 'health') return 'Health'
  const tile = figures.find(({ name, place: other }) => name === place.of && other.in === 'tile')
  return `tile ${tile?.place.in === 'tile' ? tile.place.title : `of ${place.of}, which does not exist`}`
}

test.each([
  [0, 3, 'Cost unknown since the start'],
  [0.12, 3, 'Cost $0.12 or more since the start'],
  [0.12, 0, 'Cost $0.12 since the start'],
  [0, 0, 'Cost $0 since the start'],
])('a cost of %d with %d calls of unknown cost reads %j', (costUsd, unpricedCalls, text) => {
  const source = { health: sampleHealth(), totals: sampleMetrics({ costUsd, unpricedCalls }), agents: [] }
  expect(readText(`${figuresSection(source, [])}`)).toContain(text)
})
