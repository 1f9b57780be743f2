import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'

import { thresholdsConfig } from './limits.ts'
import { agentLinks } from './links.ts'
import type { Column, Panel } from './panel.ts'

/** A table with a row for each set of labels and the columns of the panel, in their order. */
export function buildTable({ columns }: Panel & { readonly shows: 'table' }): Table {
  const fields = Object.entries(columns)
  const table = new Table()
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'filterFieldsByName', options: { include: { names: Object.keys(columns) } } })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(fields.map(([field], index) => [field, index])),
        renameByName: Object.fromEntries(fields.map(([field, { title }]) => [field, title])),
      },
    })
  for (const [, column] of fields) {
    const properties = propertiesOf(column)
    if (properties.length > 0) table.overrideByName(column.title, properties)
  }
  return table
}

function propertiesOf({ title, unit, limits, isAgent }: Column): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(limits === undefined
      ? []
      : [
          { id: 'thresholds', value: thresholdsConfig(limits).build() },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]),
    ...(isAgent ? [{ id: 'links', value: agentLinks({ column: title }).map((link) => link.build()) }] : []),
  ]
}
