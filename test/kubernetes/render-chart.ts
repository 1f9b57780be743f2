import { parseAllDocuments } from 'yaml'

import { runTool } from './tools.ts'

/** The chart, from the root of the repository. */
export const chart = 'deploy/helm/swarmwatch'

/** An object of Kubernetes; `spec` and the like are not checked. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
}

/** The text that `helm template` prints, for the release and the namespace `swarmwatch`. Rejects with Helm's messages. */
export function renderText(args: readonly string[]): Promise<string> {
  return runTool('helm', ['template', 'swarmwatch', chart, '--namespace=swarmwatch', ...args])
}

/** The same as objects. */
export async function renderChart(args: readonly string[]): Promise<readonly KubernetesObject[]> {
  return objectsOf(await renderText(args))
}

/** The objects of a text with YAML documents. @throws if a document is not valid, such as with the same key twice */
export function objectsOf(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return (document.toJS() as KubernetesObject | null) ?? []
  })
}

/** The verdict of kubeconform: resources with a problem, and the counts. Kinds without a schema are skipped. */
export async function validated(
  text: string,
): Promise<{ resources: readonly { kind: string; status: string }[]; summary: Readonly<Record<string, number>> }> {
  const schemas = 'test/kubernetes/schemas/{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json'
  const flags = ['-strict', '-summary', '-output=json', '-skip=TriggerAuthentication', `-schema-location=${schemas}`]
  const output = await runTool('kubeconform', flags, { input: text, acceptsFailure: true })
  return JSON.parse(output) as Awaited<ReturnType<typeof validated>>
}
