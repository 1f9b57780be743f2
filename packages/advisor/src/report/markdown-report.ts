import type { Report } from './report.ts'
import { sectionsOf, type Section } from './text-report.ts'

/** The report as Markdown. */
export function markdownReport(report: Report): string {
  return [
    `# Advice of ${report.at.slice(0, 10)}`,
    `From ${report.history.hours} hours of history of ${report.history.agents} agents.`,
    ...report.notices.map((notice) => `> ${cellOf(notice)}`),
    ...sectionsOf(report).map(sectionText),
  ].join('\n\n')
}

/** The findings as a list, for a message. */
export function markdownAdvice({ advice }: Report): string {
  return advice
    .map(({ usdPerMonth, agentName, advice: kind, evidence, fix }) => {
      const subject = agentName === undefined ? kind : `${agentName}: ${kind}`
      return `- ${usdPerMonth.toFixed(2)} USD a month, ${subject}. ${evidence} ${fix}`
    })
    .join('\n')
}

function sectionText({ title, head, rows, empty }: Section): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellOf).join(' | ')} |`
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
  return `## ${title}\n\n${rows.length === 0 ? empty : table}`
}

/** Names of agents come from applications: they must not become markup. */
function cellOf(text: string): string {
  return text.replaceAll(/[\\|<>`*_[\]]/g, (sign) => `\\${sign}`)
}
