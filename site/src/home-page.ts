/** The first page: what the README has on its first screen, and ways into the guides. Throws when the README has no install line or example. */
export function homePage(readme: string): string {
  const install = /^```\w*\n(npm install [^\n]+)\n```/m.exec(readme)?.[1]
  const example = /^```ts\n[\s\S]*?^```/m.exec(readme)?.[0]
  if (install === undefined || example === undefined) {
    throw new Error('README.md must have an install line (npm install ...) and an example (```ts): the home page shows both')
  }
  return `---
layout: home
title: Swarmwatch
titleTemplate: false
hero:
  name: Swarmwatch
  text: Recovery, telemetry and alerts for AI agents in Node
  tagline: Wrap an agent with one function. It is retried when it fails, reports OpenTelemetry traces and metrics, and notifies you when it stays broken.
  image:
    light: /pictures/status-page-light.webp
    dark: /pictures/status-page-dark.webp
    alt: 'The status page during an outage: health score, error rate, alerts, and runs that wait for their next attempt'
  actions:
    - { theme: brand, text: Get started, link: ./getting-started }
    - { theme: alt, text: Concepts, link: ./concepts }
    - { theme: alt, text: Comparison, link: ./comparison }
features:
${features.map(({ title, details, link }) => `  - { title: ${title}, details: '${details}', link: ${link} }`).join('\n')}
---

## Install

\`\`\`
${install}
\`\`\`

${example}

Each attempt, model call and tool call is a span. The trace of a run of the demo that recovered:

<img class="trace light-only" src="/pictures/trace-light.webp" alt="${traceText}">
<img class="trace dark-only" src="/pictures/trace-dark.webp" alt="${traceText}">
`
}

const traceText =
  'A trace: the first attempt of a run ends with ECONNRESET, the second one succeeds, each with its model calls and tool calls'

const features = [
  {
    title: 'Recovery',
    details: 'Retries with waits that respect the provider, budgets, loop detection, tools that run once.',
    link: './best-practices',
  },
  {
    title: 'Frameworks',
    details: 'Model calls, tokens, cost and tools of common agent frameworks, without code.',
    link: './frameworks',
  },
  { title: 'Recipes', details: 'Express, Next.js, NestJS, Lambda, workers and queues.', link: './recipes' },
  { title: 'Alerts', details: 'Rules, runbooks and delivery to mail, chat and pagers.', link: './channels' },
  { title: 'Operations', details: 'One process, a compose file, several machines, or Kubernetes.', link: './operations' },
  { title: 'Reference', details: 'Every option, setting and export, generated from the code.', link: './configuration' },
]
