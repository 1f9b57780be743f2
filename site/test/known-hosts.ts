/** Hosts of the addresses that documents link to. A new one is added here after a look at the page. */
export const knownHosts: ReadonlySet<string> = new Set([
  'docs.augu.rs',
  'docs.datadoghq.com',
  'docs.langchain.com',
  'docs.sentry.io',
  'docs.temporal.io',
  'events.eu.pagerduty.com',
  'github.com',
  'langfuse.com',
  'ntfy.sh',
  'opentelemetry.io',
  'pgboss.io',
  'semver.org',
  'standardschema.dev',
  'stryker-mutator.io',
  'www.npmjs.com',
  'www.standardwebhooks.com',
])
