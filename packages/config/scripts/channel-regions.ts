import { type AnyDefinition, channelDefinitions, channelTypes } from '../src/channels/channel-types.ts'

/** Lines by name of the region, by path of the file. */
export type Regions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** The regions about channels in the files of the production stack. */
export function channelRegions(): Regions {
  const secrets = variables.filter(({ isInFile }) => isInFile).map(({ secret }) => secret)
  return {
    '.env.production.example': { channels: exampleLines() },
    'docker-compose.production.yml': {
      'variables of channels': variables.map(({ name, secret, isInFile }) =>
        isInFile ? `${name}_FILE: /run/secrets/${secret}` : `${name}: \${${name}:-}`,
      ),
      'secrets of channels': secrets.map((secret) => `- ${secret}`),
      'files of secrets of channels': secrets.map((secret) => `${secret}: { file: .secrets/${secret} }`),
    },
  }
}

/**
 * The bridge's list of deliveries. The delivery of the type `slack` is the function `openSlackChannel` of
 * `packages/alert-bridge/src/channels/slack/slack-channel.ts`.
 */
export function deliveryRegistry(): string {
  const functionOf = (type: string): string => `open${type.charAt(0).toUpperCase()}${type.slice(1)}Channel`
  const imports = channelTypes
    .map((type) => `import { ${functionOf(type)} } from './${type}/${type}-channel.ts'`)
    .toSorted(byPath)
  return `// Generated from packages/config/src/channels/registry.ts: pnpm generate
import type { ChannelOpeners } from './channel.ts'
${imports.join('\n')}

/** The delivery of each channel type. */
export const channels: ChannelOpeners = {
${channelTypes.map((type) => `  ${type}: ${functionOf(type)},`).join('\n')}
}
`
}

function byPath(one: string, other: string): number {
  return (one.split(' from ')[1] ?? '') < (other.split(' from ')[1] ?? '') ? -1 : 1
}

interface StackVariable {
  readonly name: string
  /** The name of its file in `.secrets/`. */
  readonly secret: string
  readonly isSecret: boolean
  /** Whether containers read it from a file. */
  readonly isInFile: boolean
  readonly example: { readonly comment: string; readonly value?: string }
}

const variables = channelDefinitions.flatMap(variablesOf)

function variablesOf({ keys }: AnyDefinition): StackVariable[] {
  return Object.values(keys).flatMap(({ value, variable }) => {
    if (variable === undefined) return []
    const { name, orFile = false, example } = variable
    const isSecret = 'isSecret' in value && value.isSecret
    return { name, secret: name.toLowerCase(), isSecret, isInFile: isSecret || orFile, example }
  })
}

function exampleLines(): string[] {
  const sections = channelDefinitions.flatMap((definition) => {
    const own = variablesOf(definition)
    if (own.length === 0) return []
    const lines = own.flatMap(({ name, secret, isSecret, isInFile, example: { comment, value = '' } }) => [
      `# ${isSecret ? `${comment.replace(/\.$/, '')}, a secret: .secrets/${secret}.` : comment}`,
      // a secret that is not a file yet is written here; another file is named here
      `${isInFile && !isSecret ? `${name}_FILE` : name}=${value}`,
    ])
    return [[`# --- Alerts: by ${definition.title} ---`, ...lines]]
  })
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}
