import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder as Heatmap, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries'

import { buildTable } from './build-table.ts'
import { metricsSource } from './datasource.ts'
import { thresholdsConfig } from './limits.ts'
import { agentLinks } from './links.ts'
import type { Panel } from './panel.ts'

export type PanelBuilder = Stat | Table | Timeseries | Heatmap

/** The panel as Grafana has it. */
export function buildPanel(panel: Panel, id: number): PanelBuilder {
  const { title, description, unit, queries, limits, span, height, min, max, whenEmpty } = panel
  const builder = shown(panel)
    .id(id)
    .title(title)
    .description(description)
    .datasource(metricsSource)
    .unit(unit)
    .span(span)
    .height(height ?? (panel.shows === 'number' ? 4 : 8))
    .thresholds(thresholdsConfig(limits))
  if (min !== undefined) builder.min(min)
  if (max !== undefined) builder.max(max)
  if (whenEmpty !== undefined) builder.noValue(whenEmpty)
  for (const [name, { expr, legend }] of Object.entries(queries)) {
    builder.withTarget(asked(panel.shows, new DataqueryBuilder().refId(name).expr(expr).legendFormat(legend)))
  }
  return builder
}

/** Numbers and tables say what is true at the end of the range: an answer of an hour ago is none. */
function asked(shows: Panel['shows'], query: DataqueryBuilder): DataqueryBuilder {
  if (shows === 'number') return query.instant()
  if (shows === 'table') return query.instant().format(PromQueryFormat.Table)
  return shows === 'heatmap' ? query.range().format(PromQueryFormat.Heatmap) : query.range()
}

function shown(panel: Panel): PanelBuilder {
  if (panel.shows === 'table') return buildTable(panel)
  if (panel.shows === 'heatmap') return new Heatmap().calculate(false).yAxis(new YAxisConfigBuilder().unit(panel.unit))
  if (panel.shows === 'number') {
    return new Stat()
      .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
      .colorMode(BigValueColorMode.Value)
      .graphMode(BigValueGraphMode.None)
  }
  const graph = new Timeseries()
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (panel.limits) graph.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  if (panel.isStacked) graph.stacking(new StackingConfigBuilder().mode(StackingMode.Normal)).fillOpacity(30)
  if (panel.isByAgent) graph.dataLinks([...agentLinks('series')])
  return graph
}
