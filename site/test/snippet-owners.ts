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
const operators = 'test/snippets-of-operators-are-accepted-by-their-programs.test.ts'
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
    language: 'ts',
    test: packed,
  },
  { documents: /^packages\/[\w-]+\/README\.md$/, language: 'js', test: packed },
  { documents: /^docs\/recipes\.md$/, language: 'ts', test: 'test/recipes-of-platforms-run-as-documented.test.ts' },
  {
    documents: /^docs\/frameworks\.md$/,
    language: 'js',
    test: 'test/examples-run-from-a-clean-folder.test.ts',
  },
  { documents: /^docs\/frameworks\.md$/, language: 'ts', test: 'test/examples-of-frameworks-run-as-documented.test.ts' },
  { documents: /^docs\/queues\.md$/, code: /temporalio/, test: 'test/recipes-of-platforms-run-as-documented.test.ts' },
  {
    documents: /^docs\/queues\.md$/,
    code: /'inngest'/,
    reason: 'its package brings 170 MB; read from its types, and run once by hand with inngest 4.24',
  },
  {
    documents: /^docs\/queues\.md$/,
    code: /^const review = /,
    test: recovery,
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
    test: packed,
  },
  { documents: /^docs\/testing\.md$/, language: '', code: /^\[\n|^failed:/, test: packed },
  { documents: /^docs\/experiments\.md$/, language: 'sh', test: operators },

  // Pictures in text
  { documents: /^README\.md$/, code: /OTLP-->/, reason: 'a diagram' },
  { documents: /^docs\/concepts\.md$/, code: /^invoke_agent/, reason: 'a diagram' },
  {
    documents: /^CONTRIBUTING\.md$/,
    code: /^packages\/sdk /,
    test: 'test/recipes-list-every-file-to-touch.test.ts',
  },

  // Kubernetes
  {
    documents: /^docs\/kubernetes\.md$/,
    code: /helm (install|template)|^secretName:/,
    test: 'test/the-chart-renders-what-a-cluster-accepts.test.ts',
  },

  {
    documents: /^docs\/kubernetes\.md$/,
    code: /kubectl |^for image|^rules:|^apiVersion: v1\nkind: Pod/m,
    test: operators,
  },
  { documents: /^docs\/kubernetes\.md$/, code: /jb install/, reason: 'jb downloads from the repository at GitHub' },
  { documents: /^docs\/kubernetes\.md$/, language: 'jsonnet', test: 'test/the-mixin-is-the-same-in-every-format.test.ts' },

  // The production stack
  { documents: /^docs\/operations\.md$/, code: /dc stop|dc down/, test: 'test/stack/stored-data.ts' },
  { documents: /^docs\/operations\.md$/, code: /mailpit: |^scrape_configs:/, test: operators },
  { documents: /^docs\/operations\.md$/, code: /chcon/, reason: 'needs a machine with SELinux' },
  {
    documents: /^docs\/regions\.md$/,
    code: /heartbeats\/eu|CLOUD_REGION|^region:/,
    test: 'test/regions-report-each-other-once.test.ts',
  },
  { documents: /^docs\/regions\.md$/, code: /prometheus-global/, test: operators },
  { documents: /^docs\/scaling\.md$/, language: 'sh', test: operators },
  { documents: /^docs\/runbooks\//, language: 'sh', test: 'packages/mixin/test/engines/runbook-commands.test.ts' },
  {
    documents: /^packages\/agent-worker\/README\.md$/,
    language: '',
    test: 'packages/agent-worker/test/service/worker-settings.test.ts',
  },
  { documents: /tls\/README\.md$/, test: operators },
  { documents: /^docs\/init\.md$/, code: /completion/, test: 'packages/cli/test/completion.test.ts' },
  { documents: /^SECURITY\.md$/, reason: 'needs a published release and an account' },
  { documents: /^registry\/README\.md$/, reason: 'weaver is no package of a registry that tests can reach' },
]
