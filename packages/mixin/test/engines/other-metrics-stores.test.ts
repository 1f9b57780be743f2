import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { imageOf, repositoryRoot, runOnce, whyNoEngines } from '@swarmwatch/testkit'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

// `go install` cannot build them, because their module replaces others: in a copy of github.com/grafana/mimir,
//   go build ./cmd/mimirtool ./cmd/mimir
// vmalert is in test/the-mixin-is-the-same-in-every-format.test.ts
const has = (program: string): boolean => {
  const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (!isThere) console.log(`skipped: not checked with ${program}, which is not installed here`)
  return isThere
}

const yaml = (path: string): Record<string, unknown> =>
  parse(readFileSync(join(repositoryRoot, path), 'utf8')) as Record<string, unknown>

/** Runs a program to its end and returns its exit code with its last lines. */
function ran(program: string, args: readonly string[]): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: repositoryRoot })
  return { code: status, output: (stdout + stderr).split('\n').slice(-15).join('\n') }
}

test('Mimir promotes the attributes that Prometheus promotes, and keeps samples as long and as late', () => {
  const prometheus = yaml('collector/prometheus/prometheus.yaml') as {
    otlp: { promote_resource_attributes: string[]; keep_identifying_resource_attributes: boolean }
    storage: { tsdb: { out_of_order_time_window: string; retention: { time: string } } }
  }
  const { limits } = yaml('deploy/mimir/mimir.yaml') as { limits: Record<string, unknown> }
  expect(limits).toMatchObject({
    promote_otel_resource_attributes: prometheus.otlp.promote_resource_attributes.join(','),
    otel_keep_identifying_resource_attributes: prometheus.otlp.keep_identifying_resource_attributes,
    out_of_order_time_window: prometheus.storage.tsdb.out_of_order_time_window,
    compactor_blocks_retention_period: prometheus.storage.tsdb.retention.time,
  })
})

describe.skipIf(whyNoEngines('otel-collector', 'prometheus') !== undefined)('with the real programs', () => {
  const mounts = { '/collector': join(repositoryRoot, 'collector/otelcol'), '/deploy': join(repositoryRoot, 'deploy') }

  test.each(['/collector/each-process.yaml', '/collector/scale.yaml', '/deploy/mimir/otelcol.yaml'])(
    'the Collector accepts config.yaml with %s',
    async (overlay) => {
      const args = ['validate', '--config=/collector/config.yaml', `--config=${overlay}`]
      const { code, output } = await runOnce(imageOf('otel-collector'), '/otelcol-contrib', args, mounts)
      expect(code, output).toBe(0)
    },
  )

  test('Prometheus accepts its settings with those for VictoriaMetrics', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stores-'))
    const text = ['collector/prometheus/prometheus.yaml', 'deploy/victoriametrics/prometheus.yaml']
      .map((path) => readFileSync(join(repositoryRoot, path), 'utf8'))
      .join('\n')
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'prometheus.yaml'), text)
    const args = ['check', 'config', '--syntax-only', '/etc/prometheus/prometheus.yaml']
    const { code, output } = await runOnce(imageOf('prometheus'), 'promtool', args, { '/etc/prometheus': folder })
    expect(code, output).toBe(0)
  })
})

test.skipIf(!has('mimirtool'))('mimirtool accepts every rule file', () => {
  const { code, output } = ran('sh', ['-c', 'mimirtool rules lint --dry-run collector/prometheus/rules/*.yaml'])
  expect(code, output).toBe(0)
})

test.skipIf(!has('mimir'))('Mimir accepts its settings', () => {
  const { code, output } = ran('mimir', ['-config.file=deploy/mimir/mimir.yaml', '-modules'])
  expect(code, output).toBe(0)
})
