import type { RenderedPage } from './fragments.ts'
import { type Markup, markup, rendered } from './markup.ts'
import { longest, shownText } from './shown-text.ts'

/** The whole page, complete without its script. */
export function pageDocument({ headline, fragments }: RenderedPage, serviceName: string | undefined): Markup {
  const service = serviceName === undefined ? 'Swarmwatch' : shownText(serviceName, longest.name)
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${headline} | ${service}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="live.js" defer></script>
</head>
<body>
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
</body>
</html>
`
}
