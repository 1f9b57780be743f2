import type { Severity } from '@swarmwatch/config'

import type { Notice } from './notice.ts'
import { moreLine } from './plain-text.ts'
import { storyOf } from './story.ts'

const colours: Readonly<Record<Severity | 'over', string>> = {
  critical: '#b3261e',
  warning: '#8a5a00',
  info: '#1f5fa8',
  over: '#1e7a3c',
}
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** The notice as the HTML part of a mail: no scripts, no images, nothing is loaded from anywhere. */
export function html(notice: Notice): string {
  const { status, subject, paragraphs, facts, firstStep, alerts, moreAlerts, links } = storyOf(notice)
  const colour = colours[notice.kind === 'resolved' || notice.kind === 'summary' ? 'over' : notice.severity]
  const rows = facts.map(
    ({ name, value }) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#555">${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`,
  )
  const lines = [...alerts.map(({ text }) => text), ...moreLine(moreAlerts)].map((line) => `<li>${escapeHtml(line)}</li>`)
  const anchors = links.map(({ name, url }) => `<li>${anchor(url, name)}</li>`)
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title></title></head>',
    '<body style="font:16px/1.5 sans-serif;color:#1b1b1b;max-width:42em">',
    `<h1 style="font-size:20px;color:${colour}">${escapeHtml(`${status} - ${subject}`)}</h1>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`),
    ...block('<table style="border-collapse:collapse">', rows, '</table>'),
    ...(firstStep === undefined
      ? []
      : [`<p><strong>What to do first</strong><br>${anchor(firstStep.link.url, firstStep.words)}</p>`]),
    ...block('<p><strong>Alerts</strong></p><ul>', lines, '</ul>'),
    ...block('<p><strong>Links</strong></p><ul>', anchors, '</ul>'),
    '</body></html>',
    '',
  ].join('\n')
}

/** Text that is only text in HTML, also within quotes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

function anchor(url: string, words: string): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(words)}</a>`
}

function block(open: string, rows: readonly string[], close: string): string[] {
  return rows.length === 0 ? [] : [open, ...rows, close]
}
