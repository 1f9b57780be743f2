import Module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Grafana's own code between a result of Prometheus and a panel: the reader of results in the data
 * source, the transformations, units, mappings, overrides and legends, and the values of a stat.
 * This file adds the parts that Grafana has outside of its packages: the frames that its server
 * makes, the "time series to table" transformation, and a list of panel options.
 */
export interface Grafana {
  /** Values, texts and colors that the panel shows for the results of its queries. */
  show(panel: ShownPanel, answers: Readonly<Record<string, Answer>>): Promise<Shown>
  /** A query with the variables filled in, escaped as Grafana does. */
  fillIn(query: string, variables: Readonly<Record<string, ChosenValue>>): string
}

/**
 * Value of a variable, and whether it allows several; `isRaw` inserts it unchanged, like the value
 * for "all".
 */
export interface ChosenValue {
  readonly value: string
  readonly isMulti?: boolean
  readonly isRaw?: boolean
}

/** A result of the Prometheus API, instant or over a range. */
export type Answer = readonly {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}[]

/** The parts of a panel's JSON that decide what it shows. */
export interface ShownPanel {
  readonly type: string
  readonly title: string
  readonly fieldConfig: object
  readonly options: { readonly reduceOptions?: object }
  readonly transformations?: readonly object[]
  readonly targets: readonly { readonly refId: string; readonly legendFormat?: string; readonly format?: string }[]
}

/** A cell, or the value of a stat, as people read it. */
export interface ShownValue {
  readonly raw: unknown
  readonly text: string
  readonly color: string | undefined
}

/** A column or a line. */
export interface ShownField {
  readonly name: string
  readonly type: string
  readonly unit: string | undefined
  readonly isHidden: boolean
  readonly width: number | undefined
  readonly values: readonly ShownValue[]
}

export interface Shown {
  /** Tables: one is the panel's. Graphs: one for each answer. */
  readonly frames: readonly (readonly ShownField[])[]
  /** Of a stat. */
  readonly numbers: readonly ShownValue[]
  /** Color of plain text, which is no signal. */
  readonly plainColor: string | undefined
}

/* eslint-disable typescript/no-explicit-any -- Grafana's packages are not installed where types are checked */
interface Frame {
  readonly refId?: string
  readonly name?: string
  readonly length: number
  fields: any[]
  readonly meta?: object
}

/** Loads Grafana's packages, which `installGrafana` has installed. */
export function loadGrafana(): Grafana {
  const data = installed('@grafana/data')
  const { lastValueFrom } = installed('rxjs')
  const { interpolateQueryExpr } = withoutRuntime(() => installed('@grafana/prometheus/dist/cjs/escaping.cjs'))
  const { transformV2 } = withoutRuntime(() => installed('@grafana/prometheus/dist/cjs/result_transformer.cjs'))
  // A browser's, asked for the page's context only
  ;(globalThis as any).window ??= {}
  const theme = data.createTheme()
  register(data)

  return {
    fillIn: (query, variables) =>
      query.replaceAll(
        /\$(?:\{(\w+)(?::(\w+))?\}|([a-z_]\w*))/g,
        (_, braced: string, format: string | undefined, plain: string) => {
          const { value, isMulti = false, isRaw = false } = variables[braced ?? plain]!
          if (isRaw) return value
          if (format === 'regex') return data.escapeRegex(value)
          return interpolateQueryExpr(value, { multi: isMulti, includeAll: isMulti })
        },
      ),
    async show(panel, answers) {
      const frames = panel.targets.flatMap(({ refId, legendFormat = '' }) => framesOf(refId, answers[refId]!, legendFormat))
      const read = transformV2({ data: frames }, { targets: panel.targets, app: 'dashboard' }, {}).data as Frame[]
      const transformed = (await lastValueFrom(
        data.transformDataFrame([...(panel.transformations ?? [])], read, { interpolate: (text: string) => text }),
      )) as Frame[]
      const replaceVariables = (text: string): string => text
      const options = { fieldConfig: panel.fieldConfig, replaceVariables, theme, timeZone: 'utc' }
      const shown = data.applyFieldOverrides({
        ...options,
        data: transformed,
        fieldConfigRegistry: registry(panel, data),
      }) as Frame[]
      const reduced = panel.options.reduceOptions
      const numbers =
        panel.type === 'stat'
          ? data.getFieldDisplayValues({ ...options, reduceOptions: reduced, data: shown, sparkline: true })
          : []
      return {
        frames: shown.map((frame) => frame.fields.map((field) => fieldOf(field, frame, shown, data))),
        numbers: numbers.map(({ display }: any) => valueOf(display, display.numeric, data)),
        plainColor: hex(theme.visualization.getColorByName('text')),
      }
    },
  }
}

/** A package, or a file of one, of the install next to this file. */
function installed(path: string): any {
  return createRequire(import.meta.url)(fileURLToPath(new URL(`node_modules/${path}`, import.meta.url)))
}

/** The data source's code asks for the running Grafana, but not in what is called here. */
function withoutRuntime<T>(load: () => T): T {
  const loader = Module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown }
  const real = loader._load
  loader._load = (name, ...rest) =>
    name === '@grafana/runtime' ? { config: { featureToggles: {} } } : real.call(Module, name, ...rest)
  try {
    return load()
  } finally {
    loader._load = real
  }
}

/**
 * As Grafana's server makes them of an answer: one for each series; of no series, one without
 * fields.
 */
function framesOf(refId: string, answer: Answer, legend: string): Frame[] {
  if (answer.length === 0) return [{ refId, fields: [], length: 0 }]
  return answer.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
    refId,
    length: values.length,
    meta: { custom: { resultType: value === undefined ? 'matrix' : 'vector' } },
    fields: [
      { name: 'Time', type: 'time', config: {}, values: values.map(([seconds]) => seconds * 1000) },
      {
        name: 'Value',
        type: 'number',
        labels: { ...metric },
        config: { displayNameFromDS: legendOf(legend, metric) },
        values: values.map(([, number]) => Number(number.replace('Inf', 'Infinity'))),
      },
    ],
  }))
}

function legendOf(legend: string, metric: Readonly<Record<string, string>>): string {
  if (legend !== '') return legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? '')
  return JSON.stringify(metric)
}

function fieldOf(field: any, frame: Frame, frames: Frame[], data: any): ShownField {
  const custom = field.config.custom ?? {}
  return {
    name: data.getFieldDisplayName(field, frame, frames),
    type: field.type,
    unit: field.config.unit,
    isHidden: custom.hideFrom?.viz === true || custom.hidden === true,
    width: custom.width,
    values: [...field.values].map((raw) =>
      field.type === 'frame' ? { raw, text: 'trend', color: undefined } : valueOf(field.display(raw), raw, data),
    ),
  }
}

function valueOf(display: any, raw: unknown, data: any): ShownValue {
  return { raw, text: data.formattedValueToString(display), color: hex(display.color) }
}

/** A color in one of its spellings. */
function hex(color: string | undefined): string | undefined {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color ?? '')?.slice(1)
  return parts === undefined ? color : `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`
}

/** The transformations, which Grafana registers when it starts. */
function register(data: any): void {
  const { mergeTransformer, filterFieldsByNameTransformer, organizeFieldsTransformer, renameByRegexTransformer } =
    data.standardTransformers
  const all = [
    mergeTransformer,
    filterFieldsByNameTransformer,
    organizeFieldsTransformer,
    renameByRegexTransformer,
    timeSeriesTable,
  ]
  data.standardTransformersRegistry.setInit(() =>
    all.map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: () => Promise.resolve(transformer),
    })),
  )
}

/**
 * Grafana's own, which is in no package: one row for each series, with its labels and the series
 * itself as one cell.
 */
const timeSeriesTable = {
  id: 'timeSeriesTable',
  name: 'Time series to table',
  operator: (): unknown => (source: any) => source.pipe(mapped((frames) => trendTable(frames))),
}

function mapped(change: (frames: Frame[]) => Frame[]): unknown {
  return installed('rxjs').map(change)
}

function trendTable(frames: Frame[]): Frame[] {
  const isSeries = ({ fields }: Frame): boolean =>
    fields.length === 2 && fields[0].type === 'time' && fields[1].labels !== undefined
  const byQuery = Map.groupBy(frames.filter(isSeries), ({ refId }) => refId)
  const tables = [...byQuery].map(([refId, series]): Frame => {
    const labels = [...new Set(series.flatMap(({ fields }) => Object.keys(fields[1].labels)))]
    return {
      refId: refId!,
      length: series.length,
      fields: [
        ...labels.map((name) => ({
          name,
          type: 'string',
          config: {},
          values: series.map(({ fields }) => fields[1].labels[name]),
        })),
        { name: `Trend #${refId}`, type: 'frame', config: {}, values: series },
      ],
    }
  })
  return [...frames.filter((frame) => !isSeries(frame)), ...tables]
}

/**
 * The options that a panel's configuration sets, which Grafana's panels register: everything below
 * `custom.` is the panel's own.
 */
function registry(panel: ShownPanel, data: any): unknown {
  const standard = ['unit', 'min', 'max', 'decimals', 'noValue', 'color', 'thresholds', 'mappings', 'links']
  const custom = new Set([...JSON.stringify(panel.fieldConfig).matchAll(/"id":"custom\.([\w.]+)"/g)].map(([, path]) => path!))
  const onNumbers = new Set(['min', 'max', 'decimals', 'thresholds'])
  const item = (id: string, path: string, isCustom: boolean): object => ({
    id,
    path,
    name: id,
    isCustom,
    override: () => undefined,
    editor: () => undefined,
    process: (value: unknown) => value,
    shouldApply: ({ type }: { type: string }) => !onNumbers.has(id) || type === 'number',
    settings: {},
  })
  return new data.Registry(() => [
    ...standard.map((id) => item(id, id, false)),
    ...[...custom].map((path) => item(`custom.${path}`, path, true)),
  ])
}
