import { count, duration, percent } from './format.ts'
import { chart, type Insertion, type Markup, markup } from './markup.ts'
import type { PageValues } from './page-values.ts'

/** Error rate, response time, active agents, CPU and memory. */
export function figuresSection(values: PageValues): Markup {
  return markup`<h2 class="unseen">Key figures</h2>
${errorRateTile(values)}${responseTile(values)}${activeTile(values)}${resourcesTile(values)}`
}

function tile(title: string, reading: Markup, note: Insertion, rest: Insertion): Markup {
  return markup`<div class="tile"><h3>${title}</h3><p class="reading">${reading}</p><p class="note">${note}</p>${rest}</div>
`
}

function errorRateTile({ health, history }: PageValues): Markup {
  const { errorRate, executions } = health
  return tile(
    'Error rate',
    figure('errorRate', errorRate, errorRate === undefined ? 'no runs' : percent(errorRate)),
    markup`of ${figure('executions', executions, count(executions))} runs finished lately`,
    chart({ samples: history, pick: (sample) => sample.errorRate, title: 'Error rate', format: percent, top: 0.1 }),
  )
}

function responseTile({ health, history }: PageValues): Markup {
  const { p95Seconds, averageSeconds } = health
  return tile(
    'Response time',
    markup`${figure('p95Seconds', p95Seconds, p95Seconds === undefined ? 'no runs' : duration(p95Seconds))}<span class="of"> p95</span>`,
    markup`average ${figure('averageSeconds', averageSeconds, duration(averageSeconds))}`,
    chart({ samples: history, pick: (sample) => sample.p95Seconds, title: 'Response time, p95', format: duration, top: 1 }),
  )
}

function activeTile({ health, history, agents }: PageValues): Markup {
  const { activeAgents, activeExecutions, waitingExecutions } = health
  const runs = figure('activeExecutions', activeExecutions, count(activeExecutions))
  const waiting = figure('waitingExecutions', waitingExecutions, count(waitingExecutions))
  return tile(
    'Active agents',
    markup`${figure('activeAgents', activeAgents, count(activeAgents))}<span class="of"> of ${count(agents.length)}</span>`,
    markup`${runs} ${activeExecutions === 1 ? 'run' : 'runs'}, ${waiting} waiting to retry`,
    chart({ samples: history, pick: (sample) => sample.activeAgents, title: 'Active agents', format: count, top: 4 }),
  )
}

function resourcesTile({ health: { cpu, memory } }: PageValues): Markup {
  return markup`<div class="tile resources"><h3>CPU and memory</h3>
${meter('CPU', 'cpu', cpu, '1 core = 100 %')}${meter('Memory', 'memory', memory, 'of the limit')}</div>
`
}

function meter(title: string, name: string, share: number, note: string): Markup {
  const filled = Math.min(100, Math.max(0, share * 100)).toFixed(1)
  return markup`<div class="meter"><p>${title} <small>${note}</small></p><p class="reading">${figure(name, share, percent(share))}</p><svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="4"/><rect class="${share > 0.8 ? 'fill high' : 'fill'}" width="${filled}" height="4"/><path class="mark" d="M80 0V4"/></svg></div>
`
}

/** A figure as people read it, with its exact value for programs; `name` finds it on the page. */
export function figure(name: string, value: number | undefined, text: string): Markup {
  return markup`<data data-figure="${name}" value="${value ?? ''}">${text}</data>`
}
