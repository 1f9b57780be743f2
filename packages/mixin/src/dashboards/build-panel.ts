import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DynamicConfigValue,
  MappingType,
  SpecialValueMatch,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Heatmap, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Timeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries'

import { label } from '../series.ts'
import { fixedColor, type Limits, thresholdsConfig } from './limits.ts'
import { agentLinks } from './links.ts'
import type { AgentChoice, Column, Panel } from './panel.ts'
import { metricsSource } from './variables.ts'

export type PanelBuilder = Stat | Table | Timeseries | Heatmap | Timeline

/** The panel in Grafana's format; its position is set afterwards. */
export function buildPanel(panel: Panel, { id, agents }: { readonly id: number; readonly agents: AgentChoice }): PanelBuilder {
  const { title, description, unit, queries, limits, min, max, whenEmpty } = panel
  const builder = shown(panel, agents)
    .id(id)
    .title(title)
    .description(description)
    .datasource(metricsSource)
    .thresholds(thresholdsConfig(limits))
  // In a table it would be the unit of text too, and Grafana would read the text as numbers and
  // dates
  if (panel.shows !== 'table') builder.unit(unit)
  if (min !== undefined) builder.min(min)
  if (max !== undefined) builder.max(max)
  // If there is no value at all. Numbers have a mapping instead, which also removes the color
  if (whenEmpty !== undefined && panel.shows !== 'number') builder.noValue(whenEmpty)
  for (const [name, { expr, legend }] of Object.entries(queries)) {
    builder.withTarget(asked(panel, name, new DataqueryBuilder().refId(name).expr(expr).legendFormat(legend)))
  }
  return builder
}

/** Numbers and tables show the end of the range: a value of an hour ago would be wrong. */
function asked(panel: Panel, name: string, query: DataqueryBuilder): DataqueryBuilder {
  if (panel.shows === 'number') return panel.hasTrend ? query.range() : query.instant()
  if (panel.shows === 'table') {
    return `Trend #${name}` in panel.columns ? query.range() : query.instant().format(PromQueryFormat.Table)
  }
  return panel.shows === 'heatmap' ? query.range().format(PromQueryFormat.Heatmap) : query.range()
}

function shown(panel: Panel, agents: AgentChoice): PanelBuilder {
  if (panel.shows === 'table') return table(panel)
  if (panel.shows === 'heatmap') {
    return new Heatmap().calculate(false).yAxis(new YAxisConfigBuilder().unit(panel.axisUnit))
  }
  if (panel.shows === 'number') return number(panel)
  if (panel.shows === 'timeline') {
    return new Timeline()
      .mergeValues(true)
      .showValue(VisibilityMode.Never)
      .rowHeight(0.8)
      .mappings([{ type: MappingType.ValueToText, options: panel.states }])
      .legend(hiddenLegend())
  }
  return graph(panel, agents)
}

function number({ hasTrend = false, decimals, whenEmpty = 'No data' }: Panel & { readonly shows: 'number' }): Stat {
  const empty: ValueMapping = {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NullAndNan, result: { text: whenEmpty, color: 'text' } },
  }
  const stat = new Stat()
    // The last point, even without a value: a value of an hour ago would be wrong
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['last']))
    .textMode(BigValueTextMode.Value)
    .colorMode(BigValueColorMode.Value)
    .graphMode(hasTrend ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .mappings([empty])
  return decimals === undefined ? stat : stat.decimals(decimals)
}

function graph(panel: Panel & { readonly shows: 'graph' }, agents: AgentChoice): Timeseries {
  const { limits, isStacked, isByAgent, isByJob, withoutPrefix, colors = {}, queries } = panel
  const drawn = new Timeseries()
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (limits) drawn.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  drawn.axisSoftMax(axisTop(panel))
  if (isStacked) drawn.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)).fillOpacity(30)
  if (isByAgent) drawn.dataLinks([...agentLinks('series', agents)])
  const prefix = withoutPrefix ?? (isByJob ? '[^/ ]+/' : undefined)
  if (prefix !== undefined) {
    drawn.withTransformation({ id: 'renameByRegex', options: { regex: `^${prefix}(.*)$`, renamePattern: '$1' } })
  }
  for (const [legend, color] of Object.entries(colors)) drawn.overrideByName(legend, [fixedColor(color)])
  for (const [name, { isRest }] of Object.entries(queries)) {
    if (isRest) drawn.overrideByQuery(name, [fixedColor('gray'), ...(isByAgent ? [{ id: 'links', value: [] }] : [])])
  }
  return drawn
}

/** The least top of the axis: a little beyond the limits, so that they are visible. */
function axisTop({ limits, unit, leastTop }: Panel & { readonly shows: 'graph' }): number {
  const highest = highestOf(limits)
  return Math.max(leastTop ?? (unit === 'percentunit' ? 0.1 : 1), highest === undefined ? 0 : highest * 1.1)
}

function highestOf(limits: Limits | undefined): number | undefined {
  const values = [limits?.warning, limits?.critical].filter((value) => value !== undefined)
  return values.length === 0 ? undefined : Math.max(...values)
}

function hiddenLegend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom)
}

/** A table with a row for each set of labels and the columns of the panel, in their order. */
function table({ columns, queries, order = [] }: Panel & { readonly shows: 'table' }): Table {
  const fields = Object.entries(columns)
  const built = new Table()
  if (fields.some(([field]) => field.startsWith('Trend #'))) {
    const trends = fields.filter(([field]) => field.startsWith('Trend #')).map(([field]) => field.replace('Trend #', ''))
    const options = Object.fromEntries(trends.map((name) => [name, { stat: 'last' }]))
    built.withTransformation({ id: 'timeSeriesTable', options })
  }
  // All queries are evaluated at the end of the range: their rows have the same time, and merge by
  // their labels
  if (Object.keys(queries).length > 1) built.withTransformation({ id: 'merge', options: {} })
  built
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: Object.keys(columns) } } })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(fields.map(([field], index) => [field, index])),
        renameByName: Object.fromEntries(fields.map(([field, { title }]) => [field, title])),
      },
    })
  if (order.length > 0) {
    built.sortBy(order.map(({ by, isDescending }) => new TableSortByFieldStateBuilder().displayName(by).desc(isDescending)))
  }
  const hasRegion = label.region in columns
  for (const [, column] of fields) built.overrideByName(column.title, propertiesOf(column, hasRegion))
  return built
}

function propertiesOf(column: Column, hasRegion: boolean): DynamicConfigValue[] {
  const { title, unit, limits, width, isAgent, isAddress, isHidden, max } = column
  const mapping = mappingOf(column)
  const cell = cellOf(column)
  return [
    // The text for an empty panel would fill each empty cell
    { id: 'noValue', value: unit === undefined ? ' ' : '-' },
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(limits === undefined ? [] : [{ id: 'thresholds', value: thresholdsConfig(limits).build() }]),
    ...(cell === undefined ? [] : [{ id: 'custom.cellOptions', value: cell }]),
    ...(column.cell === 'bar' ? [{ id: 'min', value: 0 }] : []),
    // Without limits a bar is neither good nor bad
    ...(column.cell === 'bar' && limits === undefined ? [fixedColor('blue')] : []),
    ...(max === undefined ? [] : [{ id: 'max', value: max }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(isHidden ? [{ id: 'custom.hideFrom.viz', value: true }] : []),
    ...(mapping === undefined ? [] : [{ id: 'mappings', value: [mapping] }]),
    ...(isAgent ? [{ id: 'links', value: agentLinks({ column: title, hasRegion }, 'many').map((link) => link.build()) }] : []),
    ...(isAddress ? [{ id: 'links', value: [{ title: 'Open', url: '${__value.raw}', targetBlank: true }] }] : []),
  ]
}

function cellOf({ cell, limits, shown }: Column): object | undefined {
  if (cell === 'bar') return { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }
  if (cell === 'sparkline') return { type: 'sparkline', hideValue: true }
  return limits === undefined && shown === undefined ? undefined : { type: 'color-text' }
}

function mappingOf({ isJob, isAddress, shown, unit }: Column): object | undefined {
  if (unit !== undefined)
    return {
      type: MappingType.SpecialValue,
      options: { match: SpecialValueMatch.NullAndNan, result: { text: '-', color: 'text' } },
    }
  if (isAddress) return { type: MappingType.RegexToText, options: { pattern: '^.+$', result: { text: 'Open' } } }
  if (isJob) return { type: MappingType.RegexToText, options: { pattern: '^.*/(.+)$', result: { text: '$1' } } }
  return shown === undefined ? undefined : { type: MappingType.ValueToText, options: shown }
}
