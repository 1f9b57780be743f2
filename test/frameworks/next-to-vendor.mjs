// Agents of all frameworks in a process with Sentry or Langfuse, set up as they document it: before the frameworks are loaded.
// `node next-to-vendor.mjs <vendor> <address of the provider> <address of the vendor>` prints the record of each run as a line of JSON

const [, , vendor, url, vendorUrl] = process.argv

const vendors = {
  async sentry() {
    const Sentry = await import('@sentry/node')
    Sentry.init({ dsn: vendorUrl.replace('://', '://key@') + '/1', tracesSampleRate: 1 })
    return () => Sentry.close()
  },
  async langfuse() {
    const { LangfuseSpanProcessor } = await import('@langfuse/otel')
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node')
    const processor = new LangfuseSpanProcessor({ publicKey: 'pk', secretKey: 'sk', baseUrl: vendorUrl })
    const provider = new NodeTracerProvider({ spanProcessors: [processor] })
    provider.register()
    return () => provider.shutdown()
  },
}

const close = await vendors[vendor]()
const { AgentInstrumentation } = await import('@swarmwatch/instrumentation')
const { instrumentAgent, onExecution } = await import('@swarmwatch/sdk')
new AgentInstrumentation({ warn() {} })
const { frameworks } = await import('./frameworks.mjs')
onExecution(({ type, execution }) => type === 'finished' && console.log(JSON.stringify(execution)))

const provider = { url, openaiUrl: `${url}/v1` }
for (const [name, framework] of Object.entries(frameworks)) {
  await instrumentAgent(() => framework.plain(provider), { name: `${name}, plain` })()
  await instrumentAgent(async () => framework.read(await framework.stream(provider)), { name: `${name}, stream` })()
}
await close()
process.exit(0)
