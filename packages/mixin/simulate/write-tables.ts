/**
 * Writes the tables of docs/statistics.md from what the rules do now; read the difference before you commit it.
 * Half an hour on two cores: `pnpm simulate`, or `pnpm simulate shapes` (or `model`, `benchmark`, `projection`, `cost`) for one table, or
 * `pnpm simulate shapes bursty` for some of its rows; rows of a table are written as soon as they are known.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'

import { type CostVerdict, judgeCost } from './judge-cost.ts'
import { judgeModel, type ModelVerdict } from './judge-model.ts'
import { judgeProjection } from './judge-projection.ts'
import { judgeShape, type ShapeVerdict } from './judge-shape.ts'
import { judgeNab, type NabVerdict, readNab } from './nab.ts'
import { type TrafficShape, trafficShapes } from './traffic-shapes.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { label } from '../src/series.ts'
import { readMixinSettings } from '../src/settings.ts'

const document = join(repositoryRoot, 'docs/statistics.md')
const groups = ruleFiles(readMixinSettings(join(repositoryRoot, 'config/production.yaml'))).flatMap((file) => file.groups)

/** Agents of each shape in the model of the rules. */
const modelAgents = 20
const slower: readonly TrafficShape[] = [5, 7, 9].map((runs) => ({
  name: `flat, ${runs} a minute`,
  about: 'the same at all times',
  expected: () => runs,
}))

const tables: Readonly<Record<string, () => void | Promise<void>>> = {
  model: tableOfModel,
  shapes: tableOfShapes,
  projection: tableOfProjection,
  cost: tableOfCost,
  benchmark: tableOfBenchmark,
}
const [chosen, ...chosenRows] = process.argv.slice(2)
for (const [name, table] of Object.entries(tables)) if (chosen === undefined || chosen === name) await table()

function isChosen({ name }: { readonly name: string }): boolean {
  return chosenRows.length === 0 || chosenRows.includes(name)
}

function tableOfModel(): void {
  const shapes = [...trafficShapes.filter(({ name }) => name !== 'sparse'), ...slower]
  for (const shape of shapes.filter(isChosen)) writeRow('model', modelRowOf(judgeModel(shape, modelAgents)))
}

/** False alarms of an agent in a month; of each fault the share that was found within 30 minutes, and the time in which 95 % were. */
function modelRowOf({ shape, falseAlarmsPerMonth, delaysMinutes }: ModelVerdict): string[] {
  const { stop, halving, doubling } = delaysMinutes
  return [
    shape,
    falseAlarmsPerMonth.toFixed(1),
    ...[stop, halving, doubling].map((delays) => {
      const inTime = delays.filter((delay) => delay <= 30).length
      const mostly = delays[Math.ceil(0.95 * delays.length) - 1]!
      return `${inTime} of ${delays.length}: ${Number.isFinite(mostly) ? mostly : 'not found'}`
    }),
  ]
}

async function tableOfShapes(): Promise<void> {
  for (const shape of trafficShapes.filter(isChosen)) {
    const verdict = await judgeShape(shape, groups)
    for (const { alert, labels, fromSeconds } of verdict.falseAlarms) {
      console.log(
        `false alarm: ${alert} ${labels['signal'] ?? ''} of ${labels[label.agent]} at ${new Date(fromSeconds * 1_000).toISOString()}`,
      )
    }
    writeRow('shapes', rowOf(verdict))
  }
}

/** False alarms of an agent in a month; of each fault how often it was found, and after how many minutes (median, longest). */
function rowOf({ shape, falseAlarms, agentMonths, faults }: ShapeVerdict): string[] {
  return [
    shape,
    (falseAlarms.length / agentMonths).toFixed(1),
    ...faults.map(({ planted, delaysMinutes }) => {
      const found = `${delaysMinutes.length} of ${planted}`
      if (delaysMinutes.length === 0) return found
      const minutes = [delaysMinutes[(delaysMinutes.length - 1) >> 1]!, delaysMinutes.at(-1)!].map((delay) => Math.round(delay))
      return `${found}: ${minutes.join(', ')}`
    }),
  ]
}

function tableOfProjection(): void {
  for (const shape of trafficShapes.filter(({ name }) => name !== 'sparse').filter(isChosen)) {
    const { errors, coverage } = judgeProjection(shape)
    const sizes = Object.values(errors).map((each) => each.map(Math.abs).toSorted((one, other) => one - other))
    writeRow('projection', [
      shape.name,
      ...sizes.map(
        (each) =>
          `${percent(each[each.length >> 1]!)}, ${percent(each[Math.floor(0.8 * each.length)]!)}, ${percent(each.at(-1)!)}`,
      ),
      percent(coverage),
    ])
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

async function tableOfCost(): Promise<void> {
  for (const shape of trafficShapes.filter(({ name }) => name !== 'sparse').filter(isChosen)) {
    writeRow('cost', costRowOf(await judgeCost(shape, groups)))
  }
}

function costRowOf({ shape, alertsOnBudget, projectionErrors, coverage, hoursUntilFound }: CostVerdict): string[] {
  return [
    shape,
    String(alertsOnBudget),
    `${(100 * projectionErrors.afterWeek).toFixed(0)} % off`,
    `${(100 * projectionErrors.worst).toFixed(0)} % off`,
    `${(100 * coverage).toFixed(0)} % of the days`,
    hoursUntilFound === undefined ? 'not found' : `${hoursUntilFound.toFixed(1)} h`,
  ]
}

async function tableOfBenchmark(): Promise<void> {
  const nab = readNab(join(repositoryRoot, '../shared/data/nab'))
  if (nab.length === 0) return console.log('skipped: the series of the benchmark are not in ../shared/data/nab')
  const verdicts: NabVerdict[] = []
  for (const each of nab) {
    const ofSeries = await judgeNab([each], groups)
    writeRow('benchmark', [each.name, ...ofSeries.map(scoreOf)])
    verdicts.push(...ofSeries)
  }
  const detectors = [...new Set(verdicts.map(({ detector }) => detector))]
  writeRow('benchmark', [
    'all',
    ...detectors.map((detector) => totalOf(verdicts.filter((verdict) => verdict.detector === detector))),
  ])
}

function scoreOf({ windows, windowsFound, alerts, alertsInWindows }: NabVerdict): string {
  return `${windowsFound} of ${windows}; ${alertsInWindows} of ${alerts}`
}

function totalOf(verdicts: readonly NabVerdict[]): string {
  const sum = (key: 'windows' | 'windowsFound' | 'alerts' | 'alertsInWindows'): number =>
    verdicts.reduce((total, verdict) => total + verdict[key], 0)
  const percent = (part: number, whole: number): string => `${Math.round((100 * part) / Math.max(1, whole))} %`
  return `recall ${percent(sum('windowsFound'), sum('windows'))}, precision ${percent(sum('alertsInWindows'), sum('alerts'))}`
}

/** Writes a row of the table between `<!-- name -->` and `<!-- end of name -->`: in place of the row that begins the same, or as the last. */
function writeRow(table: string, row: readonly string[]): void {
  console.log(row.join(' | '))
  const text = readFileSync(document, 'utf8')
  const region = new RegExp(`(<!-- ${table} -->\n)([^]*?)(\n<!-- end of ${table} -->)`).exec(text)
  if (region === null) throw new Error(`docs/statistics.md has no region ${table}`)
  const [all, start, content, end] = region as unknown as [string, string, string, string]
  const line = `| ${row.join(' | ')} |`
  const lines = content.trimEnd().split('\n')
  const index = lines.findIndex((each) => each.split('|')[1]?.trim() === row[0])
  if (index === -1) lines.push(line)
  else lines[index] = line
  writeFileSync(
    document,
    text.replace(all, () => `${start}${lines.join('\n')}\n${end}`),
  )
}
