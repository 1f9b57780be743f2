/**
 * Writes the tables of docs/statistics.md from what the rules do now; read the difference before you commit it.
 * Half an hour on two cores: `pnpm simulate`, or `pnpm simulate shapes` (or `benchmark`, `cost`) for one table.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'

import { type CostVerdict, judgeCost } from './judge-cost.ts'
import { judgeShape, type ShapeVerdict } from './judge-shape.ts'
import { judgeNab, type NabVerdict, readNab } from './nab.ts'
import { trafficShapes } from './traffic-shapes.ts'
import { ruleFiles } from '../src/rule-files.ts'
import { readMixinSettings } from '../src/settings.ts'

const document = join(repositoryRoot, 'docs/statistics.md')
const groups = ruleFiles(readMixinSettings(join(repositoryRoot, 'config/production.yaml'))).flatMap((file) => file.groups)

const tables: Readonly<Record<string, () => Promise<string | undefined>>> = {
  shapes: tableOfShapes,
  cost: tableOfCost,
  benchmark: tableOfBenchmark,
}
const [chosen] = process.argv.slice(2)
for (const [name, table] of Object.entries(tables)) {
  if (chosen !== undefined && chosen !== name) continue
  const written = await table()
  if (written !== undefined) replaceRegion(name, written)
}

async function tableOfShapes(): Promise<string> {
  const verdicts: ShapeVerdict[] = []
  for (const shape of trafficShapes) {
    const verdict = await judgeShape(shape, groups)
    console.log(rowOf(verdict).join(' | '))
    verdicts.push(verdict)
  }
  return markdown(['traffic', 'false alarms', ...verdicts[0]!.faults.map(({ fault }) => fault)], verdicts.map(rowOf))
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

async function tableOfCost(): Promise<string> {
  const verdicts: CostVerdict[] = []
  for (const shape of trafficShapes.filter(({ name }) => name !== 'sparse')) verdicts.push(await judgeCost(shape, groups))
  return markdown(
    ['traffic', 'alerts on budget', 'projection after 7 days', 'worst later', 'interval right', 'twice the budget found after'],
    verdicts.map(({ shape, alertsOnBudget, projectionErrors, coverage, hoursUntilFound }) => [
      shape,
      String(alertsOnBudget),
      `${(100 * projectionErrors.afterWeek).toFixed(0)} % off`,
      `${(100 * projectionErrors.worst).toFixed(0)} % off`,
      `${(100 * coverage).toFixed(0)} % of the days`,
      hoursUntilFound === undefined ? 'not found' : `${hoursUntilFound.toFixed(1)} h`,
    ]),
  )
}

async function tableOfBenchmark(): Promise<string | undefined> {
  const nab = readNab(join(repositoryRoot, '../shared/data/nab'))
  if (nab.length === 0) {
    console.log('skipped: the series of the benchmark are not in ../shared/data/nab')
    return undefined
  }
  const verdicts: NabVerdict[] = []
  for (const each of nab) {
    const ofSeries = await judgeNab([each], groups)
    console.log([each.name, ...ofSeries.map(scoreOf)].join(' | '))
    verdicts.push(...ofSeries)
  }
  const detectors = [...new Set(verdicts.map(({ detector }) => detector))]
  const rows = [...Map.groupBy(verdicts, ({ series }) => series)].map(([series, of]) => [series, ...of.map(scoreOf)])
  const totals = detectors.map((detector) => totalOf(verdicts.filter((verdict) => verdict.detector === detector)))
  return markdown(['series', ...detectors], [...rows, ['all', ...totals]])
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

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Replaces what is between `<!-- name -->` and `<!-- end of name -->`. */
function replaceRegion(name: string, content: string): void {
  const text = readFileSync(document, 'utf8')
  const region = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end of ${name} -->)`)
  if (!region.test(text)) throw new Error(`docs/statistics.md has no region ${name}`)
  writeFileSync(
    document,
    text.replace(region, (_, start: string, end: string) => `${start}\n${content}\n${end}`),
  )
}
