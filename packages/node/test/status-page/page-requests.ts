import { onTestFinished } from 'vitest'

import { statusApp, type StatusAppOptions } from '../../src/status-page/status-app.ts'
import { troubledSwarm } from './sample-swarm.ts'

/** Asks for a path of a page over the sample swarm, without a port. */
export function pageRequests(options: StatusAppOptions = {}): (path: string, init?: RequestInit) => Promise<Response> {
  const app = statusApp({ ...troubledSwarm(), ...options })
  onTestFinished(() => app.close())
  return async (path, init) => app.fetch(new Request(`http://127.0.0.1:8080${path}`, init))
}

/** The text that people read: tags out, blanks made one. */
export function readText(html: string): string {
  const words: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'" }
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&[a-z0-9#]+;/g, (entity) => words[entity] ?? entity)
    .replace(/\s+/g, ' ')
    .trim()
}
