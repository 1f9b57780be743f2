import type { OtlpSpan } from '@swarmwatch/testkit'

/** A row of the waterfall. */
interface Row {
  readonly span: OtlpSpan
  readonly depth: number
}

/** A trace as an HTML page: a bar for each span, in the order of their start, with its duration and its error. */
export function traceWaterfall(spans: readonly OtlpSpan[]): string {
  const rows = rowsOf(spans, '')
  const from = Math.min(...spans.map(({ startedAt }) => startedAt))
  const total = Math.max(...spans.map(({ endedAt }) => endedAt)) - from
  const marks = [0, 0.25, 0.5, 0.75, 1]
  const scale = marks.map((mark) => `<i style="left:${mark * 100}%">${seconds(mark * total)}</i>`).join('')
  const bars = rows.map(({ span, depth }) => {
    const left = ((span.startedAt - from) / total) * 100
    const width = ((span.endedAt - span.startedAt) / total) * 100
    const error = span.attributes['error.type']
    const tokens = span.attributes['gen_ai.usage.input_tokens']
    const facts = [
      seconds(span.endedAt - span.startedAt),
      ...(error === undefined ? [] : [String(error)]),
      ...(tokens === undefined || depth === 0
        ? []
        : [`${String(tokens)} + ${String(span.attributes['gen_ai.usage.output_tokens'])} tokens`]),
    ].join(', ')
    const end = left + width
    const place = end <= 75 ? `left:${end}%` : left >= 25 ? `right:${100 - left}%` : `left:${left}%;color:#fff`
    return `<li class="${kindOf(span)}"><span class="name" style="padding-left:${depth * 16}px">${escaped(span.name)}</span>
<span class="lane"><b class="${error === undefined ? '' : 'failed'}" style="left:${left}%;width:max(3px,${width}%)"></b><em style="${place}">${escaped(facts)}</em></span></li>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Trace</title><style>${style}</style>
<main><h1>${escaped(rows[0]!.span.name)}</h1><p>${spans.length} spans, ${seconds(total)}, trace ${rows[0]!.span.traceId}</p>
<div class="scale"><span class="lane">${scale}</span></div><ol>${bars.join('\n')}</ol></main></html>`
}

function rowsOf(spans: readonly OtlpSpan[], parent: string, depth = 0): Row[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .flatMap((span) => [{ span, depth }, ...rowsOf(spans, span.spanId, depth + 1)])
}

const kindOf = ({ name }: OtlpSpan): string => /^(?:attempt|chat|execute_tool|POST|GET)/.exec(name)?.[0].toLowerCase() ?? 'run'

const seconds = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const style = `
:root { color-scheme: light dark; --ground: #fdfdfb; --ink: #1b2127; --soft: #56606b; --rule: #dbdbd4; --run: #2b5f8c; --attempt: #7fa3c4; --chat: #7a6bb0; --tool: #3c8d63; --bad: #b9382f }
@media (prefers-color-scheme: dark) { :root { --ground: #151b21; --ink: #e3e8ec; --soft: #98a4b0; --rule: #2a333c; --run: #7fb4e0; --attempt: #4a6d8c; --chat: #9c8fd0; --tool: #72c79a; --bad: #e0665c } }
* { box-sizing: border-box; margin: 0 }
body { background: var(--ground); color: var(--ink); font: 13px/1 system-ui, 'Noto Sans', 'Liberation Sans', sans-serif; font-variant-numeric: tabular-nums }
main { padding: 18px 20px 16px }
h1 { font-size: 17px }
p { margin: 8px 0 14px; color: var(--soft) }
ol { list-style: none; padding: 0 }
li, .scale { display: grid; grid-template-columns: 300px 1fr; align-items: center; height: 25px; border-top: 1px solid var(--rule) }
.scale { border: 0; height: 18px }
.scale .lane { grid-column: 2 }
.scale i { position: absolute; font-style: normal; font-size: 11px; white-space: nowrap; color: var(--soft); transform: translateX(-50%) }
.scale i:first-child { transform: none } .scale i:last-child { transform: translateX(-100%) }
.name { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
.lane { position: relative; height: 100%; display: block }
.lane b { position: absolute; top: 7px; height: 11px; border-radius: 2px; background: var(--run) }
.lane em { position: absolute; top: 6px; font-style: normal; font-size: 11px; color: var(--soft); padding: 0 6px; white-space: nowrap }
.attempt b { background: var(--attempt) } .chat b, .post b, .get b { background: var(--chat) } .execute_tool b { background: var(--tool) }
.lane b.failed { background: var(--bad) }
`
