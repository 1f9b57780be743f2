import { type Section, sectionsOf } from '../report/text-report.ts'
import type { AdvisorState } from './advisor-state.ts'

/** The report as a page without scripts and external files, in the colours of the status page. */
export function renderPage({ analysis, problem }: AdvisorState): string {
  const report = analysis?.report
  const notices = [...(problem === undefined ? [] : [problem]), ...(report?.notices ?? [])]
  const made = report === undefined ? 'The first analysis is not finished.' : `${report.at.slice(0, 16).replace('T', ' ')} UTC`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Swarmwatch advice</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><h1>Advice</h1><p>${escaped(made)}</p></header>
<main>
${notices.map((notice) => `<p class="notice">${escaped(notice)}</p>`).join('\n')}
${report === undefined ? '' : sectionsOf(report).map(sectionOf).join('\n')}
</main>
</body>
</html>
`
}

function sectionOf({ title, head, rows, empty }: Section): string {
  const heading = `<h2>${escaped(title)}</h2>`
  if (rows.length === 0) return `<section>${heading}<p>${escaped(empty)}</p></section>`
  const heads = head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('')
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, column) => `<td data-label="${escaped(head[column]!)}"${isNumber(cell) ? ' class="number"' : ''}>${escaped(cell)}</td>`).join('')}</tr>`,
  )
  return `<section>${heading}<table><thead><tr>${heads}</tr></thead>\n<tbody>${body.join('\n')}</tbody></table></section>`
}

function isNumber(cell: string): boolean {
  return /^-?\d/.test(cell) && !/[a-z]{3}/i.test(cell)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const style = `
:root { color-scheme: light dark; --ground: #f3f3ef; --panel: #fdfdfb; --ink: #1b2127; --soft: #56606b; --rule: #dbdbd4; --warn: #815300; --warn-ground: #f7ebcf; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e1216; --panel: #151b21; --ink: #e3e8ec; --soft: #98a4b0; --rule: #2a333c; --warn: #e5b657; --warn-ground: #3a2d0f; }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
header, main { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; padding-top: 16px; padding-bottom: 12px; }
h1 { font-size: 20px; } h2 { font-size: 15px; margin-bottom: 8px; } header p, th { color: var(--soft); }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 14px 16px; margin-bottom: 14px; }
.notice { background: var(--warn-ground); color: var(--warn); border-radius: 6px; padding: 8px 12px; margin-bottom: 14px; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: 500; } th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.number { white-space: nowrap; }
@media (max-width: 640px) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); } tr, td { display: block; } td { border: 0; padding: 1px 0; } tr { border-bottom: 1px solid var(--rule); padding: 8px 0; }
  td::before { content: attr(data-label) ': '; color: var(--soft); }
}
`
