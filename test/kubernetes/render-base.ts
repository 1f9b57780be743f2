import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'

import { renderText } from './render-chart.ts'
import { installTools } from './tools.ts'

/** The objects of the kustomize base that come from the chart. */
export const baseFile = 'deploy/kustomize/base/swarmwatch.yaml'

/**
 * The text of {@link baseFile}: what the chart renders with deploy/kustomize/values.yaml, without the rules (`pnpm mixin` writes them to the
 * base), the labels of Helm and the namespace (kustomize sets it).
 */
export async function renderBase(): Promise<string> {
  const text = await renderText(['--values=deploy/kustomize/values.yaml'])
  const documents = text.split(/^---\n/m).filter((document) => /^kind: (?!PrometheusRule$)/m.test(document))
  const lines = documents.map((document) =>
    document
      .replaceAll(/^# Source: .*\n/gm, '')
      .replaceAll(/^ *(?:app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm, '')
      .replaceAll(/^ {2}namespace: .*\n/gm, '')
      .replaceAll(/[ \t]+$/gm, '')
      .trim(),
  )
  const notice =
    '# Rendered from deploy/helm/swarmwatch by `pnpm kustomize`: change the chart, or deploy/kustomize/values.yaml.\n'
  return `${notice}${lines.join('\n---\n')}\n`
}

if (import.meta.main) {
  const reason = await installTools('helm')
  if (reason === undefined) writeFileSync(join(repositoryRoot, baseFile), await renderBase())
  else process.exitCode = 1
}
