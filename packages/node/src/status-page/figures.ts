import type { AgentMetrics, SystemHealth, Totals } from '@swarmwatch/sdk'

import { chart, type Sample } from './chart.ts'
import { count, duration, none, percent, points, score, usd } from './format.ts'
import { type Markup, markup } from './markup.ts'

/** The values from which figures are computed. */
export interface FigureSource {
  readonly health: SystemHealth
  /** Since the start of the process. */
  readonly totals: Readonly<Totals>
  readonly agents: readonly AgentMetrics[]
}

/**
 * A number of the page. The page, its charts, `/api/health` and the table in docs/status-page.md
 * are derived from it.
 */
export interface Figure {
  /** Key in `/api/health`, and `data-figure` on the page. */
  readonly name: string
  /** Name of the figure in the documentation and of its chart. */
  readonly label: string
  /** One sentence for the documentation. */
  readonly meaning: string
  /** Undefined while there is nothing to measure. */
  readonly read: (source: FigureSource) => number | undefined
  readonly format: (value: number) => string
  /** Text while there is no value. @default '-' */
  readonly empty?: string
  /** Draws the last 15 minutes; the scale reaches at least up to `top`. @default no chart */
  readonly chart?: { readonly top: number }
  readonly place: Place
}

/** Where a figure appears on the page. */
export type Place =
  /** A tile of its own among the key figures; `suffix` follows the figure in small letters. */
  | { readonly in: 'tile'; readonly title: string; readonly suffix?: (source: FigureSource) => string }
  /** The line below the figure of the tile `of`. */
  | { readonly in: 'note'; readonly of: string; readonly text: (figure: Markup, value: number | undefined) => Markup }
  /** A bar in the tile "CPU and memory", for a share from 0 to 1. */
  | { readonly in: 'meter'; readonly title: string; readonly note: string }
  /** The section Health, which lays its figures out itself. */
  | { readonly in: 'health' }

/**
 * All figures, in the order of the page. To add one, add an entry here and its row in
 * docs/status-page.md.
 */
export const figures: readonly Figure[] = [
  {
    name: 'score',
    label: 'Health score',
    meaning: 'Health of this process, from 0 to 100.',
    read: ({ health }) => health.score,
    format: score,
    chart: { top: 100 },
    place: { in: 'health' },
  },
  ...(
    [
      ['errorRate', 'the error rate'],
      ['p95', 'slow runs'],
      ['resources', 'CPU or memory'],
    ] as const
  ).map(([part, cause]): Figure => ({
    name: `lost.${part}`,
    label: `Points lost to ${cause}`,
    meaning: `Points of the health score lost to ${cause}.`,
    read: ({ health }) => health.lost[part],
    format: points,
    place: { in: 'health' },
  })),
  {
    name: 'errorRate',
    label: 'Error rate',
    meaning: 'Share of failed runs among those that finished in the last minutes.',
    read: ({ health }) => health.errorRate,
    format: percent,
    empty: 'no runs',
    chart: { top: 0.1 },
    place: { in: 'tile', title: 'Error rate' },
  },
  {
    name: 'executions',
    label: 'Finished runs',
    meaning: 'Runs that finished in the last minutes.',
    read: ({ health }) => health.executions,
    format: count,
    place: { in: 'note', of: 'errorRate', text: (figure) => markup`of ${figure} runs that finished recently` },
  },
  {
    name: 'p95Seconds',
    label: 'Response time, p95',
    meaning: '95 % of the runs of the last minutes took at most this long, including waits.',
    read: ({ health }) => health.p95Seconds,
    format: duration,
    empty: 'no runs',
    chart: { top: 1 },
    place: { in: 'tile', title: 'Response time', suffix: () => 'p95' },
  },
  {
    name: 'averageSeconds',
    label: 'Average response time',
    meaning: 'Average duration of the runs of the last minutes, including waits.',
    read: ({ health }) => health.averageSeconds,
    format: duration,
    place: { in: 'note', of: 'p95Seconds', text: (figure) => markup`average ${figure}` },
  },
  {
    name: 'activeAgents',
    label: 'Active agents',
    meaning: 'Agents with at least one run in progress.',
    read: ({ health }) => health.activeAgents,
    format: count,
    chart: { top: 4 },
    place: { in: 'tile', title: 'Active agents', suffix: ({ agents }) => `of ${count(agents.length)}` },
  },
  {
    name: 'activeExecutions',
    label: 'Active runs',
    meaning: 'Runs in progress, including those that wait to retry.',
    read: ({ health }) => health.activeExecutions,
    format: count,
    place: { in: 'note', of: 'activeAgents', text: (figure, value) => markup`${figure} ${value === 1 ? 'run' : 'runs'}` },
  },
  {
    name: 'waitingExecutions',
    label: 'Waiting runs',
    meaning: 'Runs that wait before their next attempt.',
    read: ({ health }) => health.waitingExecutions,
    format: count,
    place: { in: 'note', of: 'activeAgents', text: (figure) => markup`${figure} waiting to retry` },
  },
  {
    name: 'unavailableModels',
    label: 'Unavailable models',
    meaning: 'Models whose breaker is open: their agents wait, and one run probes.',
    read: ({ health }) => health.unavailableModels,
    format: count,
    place: {
      in: 'note',
      of: 'activeAgents',
      text: (figure, value) => markup`${figure} ${value === 1 ? 'model' : 'models'} unavailable`,
    },
  },
  {
    name: 'modelCalls',
    label: 'Model calls',
    meaning: 'Model calls of finished runs since the start; a call that its client repeated is one call.',
    read: ({ totals }) => seen(totals.modelCalls),
    format: count,
    empty: 'none seen',
    place: { in: 'tile', title: 'Model calls', suffix: () => 'since the start' },
  },
  {
    name: 'httpTries',
    label: 'HTTP requests of model calls',
    meaning: 'HTTP requests for these model calls, those that clients repeated included.',
    read: ({ totals }) => seen(totals.httpTries),
    format: count,
    place: { in: 'note', of: 'modelCalls', text: (figure) => markup`${figure} HTTP requests` },
  },
  {
    name: 'reusedToolCalls',
    label: 'Reused tool results',
    meaning: 'Tool calls of finished runs since the start that were answered with the result of an earlier call (`once`).',
    read: ({ totals }) => totals.reusedToolCalls,
    format: count,
    place: {
      in: 'note',
      of: 'modelCalls',
      text: (figure, value) => markup`${figure} tool ${value === 1 ? 'result' : 'results'} reused`,
    },
  },
  {
    name: 'costUsd',
    label: 'Cost',
    meaning: 'Known cost of finished runs since the start in US dollars; none if it is unknown for all calls.',
    read: ({ totals }) => (isCostUnknown(totals) ? undefined : totals.costUsd),
    format: usd,
    empty: 'unknown',
    place: {
      in: 'tile',
      title: 'Cost',
      suffix: ({ totals }) =>
        totals.unpricedCalls > 0 && !isCostUnknown(totals) ? 'or more since the start' : 'since the start',
    },
  },
  {
    name: 'tokens',
    label: 'Tokens',
    meaning: 'Input and output tokens of finished runs since the start.',
    read: ({ totals }) => totals.tokens.input + totals.tokens.output,
    format: count,
    place: { in: 'note', of: 'costUsd', text: (figure) => markup`${figure} tokens` },
  },
  {
    name: 'cachedShare',
    label: 'Cached input',
    meaning: 'Share of the input tokens that a cache of the provider served.',
    read: ({ totals: { tokens } }) => (tokens.input > 0 ? tokens.cachedInput / tokens.input : undefined),
    format: percent,
    place: { in: 'note', of: 'costUsd', text: (figure) => markup`${figure} of the input cached` },
  },
  {
    name: 'unpricedCalls',
    label: 'Calls of unknown cost',
    meaning: 'Model calls of finished runs since the start without a known price or without usage; the cost lacks them.',
    read: ({ totals }) => totals.unpricedCalls,
    format: count,
    place: {
      in: 'note',
      of: 'costUsd',
      text: (figure, value) => markup`${figure} ${value === 1 ? 'call' : 'calls'} of unknown cost`,
    },
  },
  {
    name: 'cpu',
    label: 'CPU',
    meaning: 'CPU time of this process, as a share of one core.',
    read: ({ health }) => health.cpu,
    format: percent,
    place: { in: 'meter', title: 'CPU', note: '1 core = 100 %' },
  },
  {
    name: 'memory',
    label: 'Memory',
    meaning: 'Memory of this process, as a share of its limit.',
    read: ({ health }) => health.memory,
    format: percent,
    place: { in: 'meter', title: 'Memory', note: 'of the limit' },
  },
]

/** A count, or undefined while nothing counts: without an instrumentation, no model call is seen. */
function seen(value: number): number | undefined {
  return value > 0 ? value : undefined
}

/** Whether nothing of the cost is known. */
function isCostUnknown({ costUsd, unpricedCalls }: FigureSource['totals']): boolean {
  return costUsd === 0 && unpricedCalls > 0
}

/** The health as JSON shows it: the fields of the SDK, and every further figure by its name. */
export function healthAnswer(source: FigureSource): SystemHealth & Readonly<Record<string, unknown>> {
  // A name with a dot is the path of a field that the health already has
  const named = figures.filter(({ name }) => !name.includes('.')).map((figure) => [figure.name, figure.read(source)] as const)
  return { ...source.health, ...Object.fromEntries(named) }
}

/** The values of the figures that have a chart. */
export function chartedValues(source: FigureSource): Sample['values'] {
  return Object.fromEntries(figures.filter((figure) => figure.chart).map(({ name, read }) => [name, read(source)]))
}

/** The chart of a figure; empty when it has none. */
export function chartOf({ name, label, format, chart: options }: Figure, samples: readonly Sample[]): Markup | '' {
  return options === undefined ? '' : chart({ samples, name, title: label, format, ...options })
}

/** The figure with this name. Throws when there is none. */
export function figureNamed(name: string): Figure {
  const figure = figures.find((one) => one.name === name)
  if (figure === undefined) throw new RangeError(`status-page/figures.ts has no figure ${name}`)
  return figure
}

/**
 * A figure with its exact value for programs. `text` may be markup; by default it is the formatted
 * value.
 */
export function figureMarkup({ name, read, format, empty = none }: Figure, source: FigureSource, text?: Markup): Markup {
  const value = read(source)
  const shown = text ?? (value === undefined ? empty : format(value))
  return markup`<data data-figure="${name}" value="${value ?? ''}">${shown}</data>`
}

/** The section "Key figures": a tile for each figure that has one, then the tile of the meters. */
export function figuresSection(source: FigureSource, samples: readonly Sample[]): Markup {
  const tiles = figures.flatMap((figure) => (figure.place.in === 'tile' ? [tile(figure, figure.place, source, samples)] : []))
  const meters = figures.flatMap((figure) => (figure.place.in === 'meter' ? [meter(figure, figure.place, source)] : []))
  return markup`<h2 class="unseen">Key figures</h2>
${tiles}<div class="tile resources"><h3>CPU and memory</h3>
${meters}</div>
`
}

type PlaceIn<In extends Place['in']> = Extract<Place, { in: In }>

function tile(figure: Figure, { title, suffix }: PlaceIn<'tile'>, source: FigureSource, samples: readonly Sample[]): Markup {
  const after = suffix === undefined ? '' : markup`<span class="of"> ${suffix(source)}</span>`
  const notes = figures.flatMap((other) =>
    other.place.in === 'note' && other.place.of === figure.name
      ? [other.place.text(figureMarkup(other, source), other.read(source))]
      : [],
  )
  return markup`<div class="tile"><h3>${title}</h3><p class="reading">${figureMarkup(figure, source)}${after}</p><p class="note">${notes.map((note, index) => (index === 0 ? note : markup`, ${note}`))}</p>${chartOf(figure, samples)}</div>
`
}

function meter(figure: Figure, { title, note }: PlaceIn<'meter'>, source: FigureSource): Markup {
  const share = figure.read(source) ?? 0
  const filled = Math.min(100, Math.max(0, share * 100)).toFixed(1)
  return markup`<div class="meter"><p>${title} <small>${note}</small></p><p class="reading">${figureMarkup(figure, source)}</p><svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="4"/><rect class="${share > 0.8 ? 'fill high' : 'fill'}" width="${filled}" height="4"/><path class="mark" d="M80 0V4"/></svg></div>
`
}
