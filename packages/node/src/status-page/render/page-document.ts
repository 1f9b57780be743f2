import type { RenderedPage } from './fragments.ts'
import { htmlDocument } from './html-document.ts'
import { type Markup, markup, rendered } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** The whole page, complete without its script. */
export function pageDocument({ headline, fragments }: RenderedPage, serviceName: string | undefined): Markup {
  const service = serviceName === undefined ? 'Swarmwatch' : shownText(serviceName, longest.name)
  const body = markup`<body>
<header>
<h1>Swarmwatch${serviceName === undefined ? '' : markup` <span class="service"><bdi>${service}</bdi></span>`}</h1>
<nav aria-label="Sections"><a href="#alerts">Alerts</a> <a href="#running">Running</a> <a href="#agents">Agents</a> <a href="#recent">Recent</a></nav>
<p class="moment"><span id="connection" role="status">reload for news</span> <span id="clock">${rendered(fragments.clock)}</span></p>
</header>
<main>
<section id="health">${rendered(fragments.health)}</section>
<section id="figures">${rendered(fragments.figures)}</section>
<section id="alerts">${rendered(fragments.alerts)}</section>
<section id="running">${rendered(fragments.running)}</section>
<section id="agents">${rendered(fragments.agents)}</section>
<section id="recent">${rendered(fragments.recent)}</section>
</main>
<footer><p>Times in UTC. The same as JSON: <a href="api/health">health</a>, <a href="api/agents">agents</a>, <a href="api/executions">executions</a>.</p></footer>
</body>`
  return htmlDocument({
    title: `${headline} | ${service}`,
    head: markup`
<script src="live.js" defer></script>`,
    body,
  })
}
