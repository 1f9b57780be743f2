/** The snippets that a test runs, compares or checks, or a reason why none does. */
export interface SnippetOwner {
  /** Paths of the documents. */
  readonly documents: RegExp
  /** Language after the fence. @default any */
  readonly language?: string
  /** Text that the snippet contains. @default any */
  readonly code?: RegExp
  /** Path of the test. */
  readonly test?: string
  /** Why no test runs it. */
  readonly reason?: string
}

const packed = 'test/published-packages-work-from-plain-javascript.test.ts'
const recovery = 'test/examples-of-recovery-run-as-documented.test.ts'

/**
 * Every snippet that `snippets.test.ts` does not check itself has an entry here. A new snippet without one fails the test, and so does an
 * entry without a snippet. Of two entries the first one counts.
 */
export const snippetOwners: readonly SnippetOwner[] = [
  // Runbooks
  {
    documents: /^docs\/runbooks\/\w+\.md$/,
    code: /kubectl/,
    test: 'packages/mixin/test/runbooks.test.ts',
  },
  // Programs
  { documents: /^(README|docs\/(getting-started|testing|migration))\.md$/, language: 'ts', test: packed },
  { documents: /^docs\/(best-practices|concepts|experiments)\.md$/, language: 'ts', test: recovery },
  { documents: /^packages\/sdk\/README\.md$/, language: 'js', test: recovery },
  {
    documents: /^packages\/instrumentation\/README\.md$/,
    code: /found\(\)/,
    test: packed,
  },
  {
    documents: /^packages\/instrumentation\/README\.md$/,
    language: 'js',
    code: /prices:/,
    reason: 'one expression; packages/instrumentation/test has the same option with its result',
  },
  {
    documents: /^packages\/instrumentation\/README\.md$/,
    language: 'ts',
    reason: 'a part of the complete example in docs/frameworks.md, which a test runs',
  },
  { documents: /^packages\/[\w-]+\/README\.md$/, language: 'js', test: packed },
  { documents: /^docs\/recipes\.md$/, language: 'ts', test: 'test/recipes-of-platforms-run-as-documented.test.ts' },
  {
    documents: /^docs\/frameworks\.md$/,
    language: 'js',
    reason: 'needs the NodeSDK; test:apps runs the same set-up (test/apps/programs/opentelemetry-3)',
  },
  { documents: /^docs\/frameworks\.md$/, language: 'ts', test: 'test/examples-of-frameworks-run-as-documented.test.ts' },
  { documents: /^docs\/queues\.md$/, code: /temporalio/, reason: 'needs a Temporal server, which is no package of a registry' },
  { documents: /^docs\/queues\.md$/, code: /'inngest'/, reason: 'needs the Inngest server, which is downloaded when it starts' },
  {
    documents: /^docs\/queues\.md$/,
    code: /^const review = /,
    reason: 'a part of the complete workers below it, which a test runs',
  },
  { documents: /^docs\/queues\.md$/, language: 'ts', test: 'test/queues-own-the-retries-of-agents.test.ts' },

  { documents: /SKILL\.md$/, language: 'diff', test: 'test/the-skill-instruments-sample-repositories.test.ts' },

  // Output of programs
  { documents: /^docs\/channel-messages\.md$/, test: 'packages/alert-bridge/test/channels/documented-messages.test.ts' },
  { documents: /^docs\/benchmarks\.md$/, test: 'bench/test/benchmarks-page.test.ts' },
  { documents: /^docs\/advisor\.md$/, code: /^(Advice of|spec:)/, test: 'packages/advisor/test/engines/advice-report.test.ts' },
  { documents: /^docs\/safe-recovery\.md$/, code: /invoke_agent/, test: 'packages/sdk/test/once/reused-trace.test.ts' },
  { documents: /^docs\/safe-recovery\.md$/, code: /WARNING/, test: 'packages/alert-bridge/test/message/slack-blocks.test.ts' },

  { documents: /^README\.md$/, code: /^\[RETRY\]/, test: packed },
  {
    documents: /^docs\/testing\.md$/,
    code: /^no run of answerer/,
    reason: 'the message as packages/testing/test/expect-execution.test.ts has it, with other names',
  },
  { documents: /^docs\/testing\.md$/, language: '', code: /^\[\n|^failed:/, test: packed },
  {
    documents: /^docs\/experiments\.md$/,
    language: 'sh',
    reason: 'needs sha256sum and cut of a POSIX shell; the value is that of a unit test',
  },

  // Pictures in text
  { documents: /^README\.md$/, code: /OTLP-->/, reason: 'a diagram' },
  { documents: /^docs\/concepts\.md$/, code: /^invoke_agent/, reason: 'a diagram' },
  { documents: /^CONTRIBUTING\.md$/, code: /^packages\/sdk /, reason: 'a list of folders' },

  // Kubernetes
  {
    documents: /^docs\/kubernetes\.md$/,
    code: /helm (install|template)|^secretName:/,
    test: 'test/the-chart-renders-what-a-cluster-accepts.test.ts',
  },

  {
    documents: /^docs\/kubernetes\.md$/,
    code: /kubectl |jb install|^for image|^rules:|^apiVersion: v1\nkind: Pod/m,
    reason: 'needs a cluster and its registry; the page lists what only a real one can prove',
  },
  { documents: /^docs\/kubernetes\.md$/, language: 'jsonnet', test: 'test/the-mixin-is-the-same-in-every-format.test.ts' },

  // The production stack
  { documents: /^docs\/operations\.md$/, code: /dc stop|dc down/, test: 'test/stack/stored-data.ts' },
  { documents: /^docs\/operations\.md$/, code: /mailpit/, reason: 'a stand-in for a mail server, for a trial by hand' },
  { documents: /^docs\/operations\.md$/, code: /chcon/, reason: 'needs a machine with SELinux' },
  { documents: /^docs\/operations\.md$/, code: /^scrape_configs:/, reason: 'a part of the configuration of another Prometheus' },
  {
    documents: /^docs\/regions\.md$/,
    code: /heartbeats\/eu|CLOUD_REGION|^region:/,
    test: 'test/regions-report-each-other-once.test.ts',
  },
  { documents: /^docs\/regions\.md$/, code: /prometheus-global/, reason: 'a data source of a Grafana that sees all regions' },
  {
    documents: /^docs\/scaling\.md$/,
    code: /^dc\(\)|move \/data|pg_dump/,
    reason: 'for a shell; test/the-scale-stack-delivers-once.test.ts starts the same files',
  },
  {
    documents: /^docs\/scaling\.md$/,
    code: /^vmalert|^mkdir rules/,
    reason: 'for servers of your own; test/the-mixin-is-the-same-in-every-format.test.ts runs vmalert with these rules',
  },
  { documents: /^docs\/runbooks\//, language: 'sh', test: 'packages/mixin/test/engines/runbook-commands.test.ts' },
  {
    documents: /^packages\/agent-worker\/README\.md$/,
    language: '',
    test: 'packages/agent-worker/test/service/worker-settings.test.ts',
  },
  { documents: /^packages\/alert-bridge\/README\.md$/, language: 'sh', reason: 'one variable with placeholders' },
  { documents: /tls\/README\.md$/, reason: 'made the files of the test once; openssl is not needed again' },
  {
    documents: /^docs\/incidents\.md$/,
    language: 'sh',
    reason: 'variables with examples of values; docs/configuration.md is generated',
  },
  { documents: /^docs\/init\.md$/, code: /completion/, reason: 'writes to the start file of a shell' },
  { documents: /^SECURITY\.md$/, reason: 'needs a published release and an account' },
  { documents: /^registry\/README\.md$/, reason: 'weaver is no package of a registry that tests can reach' },
]
