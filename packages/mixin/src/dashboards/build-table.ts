import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common'
import { type DynamicConfigValue, MappingType, SpecialValueMatch } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'

import { label } from '../series.ts'
import { fixedColor, thresholdsConfig } from './limits.ts'
import { agentLinks } from './links.ts'
import type { Column, Panel } from './panel.ts'

/** A table with a row for each set of labels and the columns of the panel, in their order. */
export function buildTable({ columns, queries, order = [] }: Panel & { readonly shows: 'table' }): Table {
  const fields = Object.entries(columns)
  const table = new Table()
  if (fields.some(([field]) => field.startsWith('Trend #'))) {
    const trends = fields.filter(([field]) => field.startsWith('Trend #')).map(([field]) => field.replace('Trend #', ''))
    const options = Object.fromEntries(trends.map((name) => [name, { stat: 'last' }]))
    table.withTransformation({ id: 'timeSeriesTable', options })
  }
  // All queries are evaluated at the end of the range: their rows have the same time, and merge by their labels
  if (Object.keys(queries).length > 1) table.withTransformation({ id: 'merge', options: {} })
  table
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: Object.keys(columns) } } })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(fields.map(([field], index) => [field, index])),
        renameByName: Object.fromEntries(fields.map(([field, { title }]) => [field, title])),
      },
    })
  if (order.length > 0) {
    table.sortBy(order.map(({ by, isDescending }) => new TableSortByFieldStateBuilder().displayName(by).desc(isDescending)))
  }
  const hasRegion = label.region in columns
  for (const [, column] of fields) table.overrideByName(column.title, propertiesOf(column, hasRegion))
  return table
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
