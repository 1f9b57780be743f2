/** Where a model request goes. */
export interface ModelServer {
  /** `gen_ai.provider.name`. */
  readonly provider: string
  readonly serverAddress: string | undefined
  readonly serverPort: number | undefined
}

/** Provider of a server that is not known: its models must not be priced as those of another. */
const otherProvider = '_OTHER'

/** Ends of host names, and the values of `gen_ai.provider.name`; those of the convention where it has one. */
const providersByHost: readonly (readonly [host: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['cognitiveservices.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.inference'],
  ['inference.ai.azure.com', 'azure.ai.inference'],
  ['models.github.ai', 'azure.ai.inference'],
  ['amazonaws.com', 'aws.bedrock'],
  ['groq.com', 'groq'],
  ['mistral.ai', 'mistral_ai'],
  ['deepseek.com', 'deepseek'],
  ['x.ai', 'x_ai'],
  ['perplexity.ai', 'perplexity'],
  ['cohere.com', 'cohere'],
  ['cohere.ai', 'cohere'],
  ['ml.cloud.ibm.com', 'ibm.watsonx.ai'],
  ['moonshot.ai', 'moonshot_ai'],
  ['moonshot.cn', 'moonshot_ai'],
  ['openrouter.ai', 'openrouter'],
  ['together.xyz', 'together_ai'],
  ['together.ai', 'together_ai'],
  ['fireworks.ai', 'fireworks_ai'],
  ['cerebras.ai', 'cerebras'],
  ['deepinfra.com', 'deepinfra'],
  ['novita.ai', 'novita'],
  ['hyperbolic.xyz', 'hyperbolic'],
  ['nvidia.com', 'nvidia'],
  ['huggingface.co', 'huggingface'],
  ['z.ai', 'z_ai'],
  ['bigmodel.cn', 'z_ai'],
  ['aliyuncs.com', 'alibaba_cloud'],
  ['ai-gateway.vercel.sh', 'vercel'],
]

/** Path segments of gateways that forward to a provider, such as Cloudflare's. */
const providersByGatewaySegment: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['google-ai-studio', 'gcp.gemini'],
  ['google-vertex-ai', 'gcp.vertex_ai'],
  ['azure-openai', 'azure.ai.openai'],
  ['groq', 'groq'],
  ['mistral', 'mistral_ai'],
  ['deepseek', 'deepseek'],
  ['grok', 'x_ai'],
  ['perplexity-ai', 'perplexity'],
  ['openrouter', 'openrouter'],
  ['cohere', 'cohere'],
])
const gatewayHosts = ['gateway.ai.cloudflare.com']

interface KnownHost extends ModelServer {
  readonly host: string
}

/** Hosts that were called before; a process calls few, but one that follows user input may call many. */
const maxKnownHosts = 200
const knownHosts = new Map<string, KnownHost>()

/** Describes the server of a request; `providers` has the names of hosts (`host` or `host:port`) that only the user knows. */
export function serverOf(origin: string | URL, path: string, providers: Readonly<Record<string, string>>): ModelServer {
  const text = originOf(origin, path)
  const known = knownHosts.get(text) ?? rememberHost(text)
  const { host, provider, serverAddress, serverPort } = known
  const own = providers[`${host}:${serverPort}`] ?? providers[host]
  return { provider: own ?? providerOfPath(host, path) ?? provider, serverAddress, serverPort }
}

/** A request through an HTTP proxy has the address of its server as its path. */
function originOf(origin: string | URL, path: string): string {
  if (path.startsWith('http')) return URL.parse(path)?.origin ?? path
  return typeof origin === 'string' ? origin : origin.origin
}

function rememberHost(origin: string): KnownHost {
  const url = URL.parse(origin)
  const host = url?.hostname ?? ''
  const known: KnownHost = {
    host,
    provider:
      providersByHost.find(([end]) => host === end || host.endsWith(`.${end}`) || isRegional(host, end))?.[1] ?? otherProvider,
    serverAddress: host === '' ? undefined : host,
    serverPort: url === null ? undefined : Number(url.port) || (url.protocol === 'http:' ? 80 : 443),
  }
  if (knownHosts.size >= maxKnownHosts) knownHosts.clear()
  knownHosts.set(origin, known)
  return known
}

/** `us-central1-aiplatform.googleapis.com` */
function isRegional(host: string, end: string): boolean {
  return end === 'aiplatform.googleapis.com' && host.endsWith(`-${end}`)
}

function providerOfPath(host: string, path: string): string | undefined {
  // One resource of Azure serves the models of OpenAI and of others
  if (host.endsWith('.services.ai.azure.com') && path.startsWith('/openai/')) return 'azure.ai.openai'
  if (!gatewayHosts.includes(host)) return undefined
  for (const segment of path.split('/', 8)) {
    const provider = providersByGatewaySegment.get(segment)
    if (provider !== undefined) return provider
  }
  return undefined
}
