import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { composeFile, imageOf, repositoryRoot, runOnce, whyNoEngines } from '@swarmwatch/testkit'
import { temporaryFolder } from '@swarmwatch/testkit/vitest'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { objectsOf, renderChart, validated } from './kubernetes/render-chart.ts'
import { installTools, runTool } from './kubernetes/tools.ts'

const noTools = await installTools('helm', 'kubeconform', 'kustomize', 'vmalert')
const noPrometheus = whyNoEngines('prometheus')
const noCompose = whyNoProgram('docker', 'compose', 'version')
const noKubectl = whyNoProgram('kubectl', 'version', '--client')

describe('docs/operations.md', () => {
  test.skipIf(noPrometheus)('promtool accepts the configuration that scrapes agents', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'prometheus.yaml'), snippet('docs/operations.md', /^scrape_configs:/))
    const { code, output } = await runOnce(imageOf('prometheus'), 'promtool', ['check', 'config', '/snippet/prometheus.yaml'], {
      '/snippet': folder,
    })
    expect(code, output).toBe(0)
  })

  test.skipIf(noCompose)('Compose adds the port of Mailpit to the production stack', () => {
    const folder = temporaryFolder()
    const file = join(folder, 'mailpit-port.yml')
    writeFileSync(file, snippet('docs/operations.md', /^services: \{ mailpit/))
    const { services } = composeConfig('--file=docker-compose.production.yml', `--file=${file}`, '--profile=mail')
    expect(services['mailpit']!.ports).toEqual([
      expect.objectContaining({ host_ip: '127.0.0.1', published: '8025', target: 8025 }),
    ])
    // The variables name it, and its port for SMTP
    const [, host] = /^ALERT_EMAIL_HOST=(.*)$/m.exec(snippet('docs/operations.md', /^ALERT_EMAIL_HOST=mailpit/))!
    expect(Object.keys(services)).toContain(host)
  })
})

test('docs/regions.md: the data source has the keys of that in grafana/provisioning, and the service of its address', () => {
  const [global] = parse(snippet('docs/regions.md', /prometheus-global/)) as readonly [DataSource]
  const { datasources } = parse(readFileSync('grafana/provisioning/datasources/datasources.yaml', 'utf8')) as {
    datasources: readonly DataSource[]
  }
  const present = datasources.find(({ uid }) => uid === 'prometheus')!
  for (const key of ['type', 'access', 'basicAuth', 'basicAuthUser', 'secureJsonData'] as const) {
    expect(global[key], key).toEqual(present[key])
  }
  expect(Object.keys(present)).toEqual(expect.arrayContaining(Object.keys(global)))
  expect(Object.keys(present.jsonData)).toEqual(expect.arrayContaining(Object.keys(global.jsonData)))
  const { hostname, port } = new URL(global.url)
  const service = composeFile('docker-compose.region.yml').services[hostname]
  expect(JSON.stringify(service), `the service ${hostname}`).toContain(port)
})

describe('docs/scaling.md', () => {
  test.skipIf(noCompose).each([/^dc\(\)/, /move \/data/, /pg_dump/])(
    'Compose has the files, services and volumes of %s',
    (pattern) => {
      const calls = callsOf(snippet('docs/scaling.md', pattern), {
        define: snippet('docs/scaling.md', /^dc\(\)/).split('\n')[0]!,
      })
      const commands = calls.filter(([program]) => program === 'docker').map((call) => call.slice(1))
      expect(commands.length).toBeGreaterThan(0)
      for (const [compose, ...words] of commands) {
        expect(compose).toBe('compose')
        const files = words.flatMap((word, at) => (word === '--file' ? [`--file=${words[at + 1]}`] : []))
        const { services, volumes } = composeConfig(...files)
        const at = files.length * 2
        expect(['up', 'stop', 'build', 'run', 'exec']).toContain(words[at])
        const named = words.slice(at + 1).filter((word) => word in services)
        if (['stop', 'run', 'exec'].includes(words[at]!)) expect(named, words.join(' ')).not.toEqual([])
        const [, volume] = /^(\w[\w-]*):\/data$/m.exec(words.join('\n')) ?? []
        if (volume !== undefined) expect(Object.values(volumes).map(({ name }) => name)).toContain(volume)
      }
    },
  )

  test.skipIf(noPrometheus)('the rules for Mimir have no $externalLabels, and promtool accepts them', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'collector/prometheus'), { recursive: true })
    cpSync('collector/prometheus/rules', join(folder, 'collector/prometheus/rules'), { recursive: true })
    const calls = callsOf(snippet('docs/scaling.md', /^mkdir rules/), { cwd: folder })
    expect(calls).toEqual([['mimirtool', 'rules', 'sync', expect.any(String), expect.any(String), '--rule-dirs=rules']])
    const files = readdirSync(join(folder, 'rules'))
    expect(files).toEqual(readdirSync('collector/prometheus/rules'))
    for (const file of files) expect(readFileSync(join(folder, 'rules', file), 'utf8'), file).not.toContain('$externalLabels')
    const paths = files.map((file) => `/snippet/rules/${file}`)
    const { code, output } = await runOnce(imageOf('prometheus'), 'promtool', ['check', 'rules', ...paths], {
      '/snippet': folder,
    })
    expect(code, output).toBe(0)
  })

  test.skipIf(noTools)('vmalert reads every flag', async () => {
    const [call] = callsOf(snippet('docs/scaling.md', /^vmalert/))
    const [program, rules, ...flags] = call!
    expect([program, rules]).toEqual(['vmalert', '-rule=collector/prometheus/rules/*.yaml'])
    // Rules without native histograms, as the page asks for
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'rules.yaml'), 'groups: [{ name: g, rules: [{ record: r, expr: vector(1) }] }]')
    await runTool('vmalert', ['-dryRun', `-rule=${folder}/rules.yaml`, ...flags])
  })
})

describe('docs/kubernetes.md', () => {
  const page = 'docs/kubernetes.md'

  test('the images to push are those that Compose builds', () => {
    const calls = callsOf(snippet(page, /^npx pnpm@12.21.0 secrets\n/))
    const pushed = calls.flatMap(([program, verb, image]) => (program === 'docker' && verb === 'tag' ? [image!] : []))
    const built = new Set(
      Object.values(composeFile().services).flatMap(({ image, build }) => (build === undefined ? [] : [image])),
    )
    expect(pushed.filter((image) => !built.has(image))).toEqual([])
  })

  test.skipIf(noTools)(
    'the pod that moves alerts is valid, and has the claim, the secret and the user of the bridge',
    async () => {
      const rendered = await renderChart(['--values=deploy/helm/swarmwatch/ci/1-minimal-values.yaml'])
      const bridge = rendered.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'swarmwatch-alert-bridge')!
      const { template, volumeClaimTemplates } = bridge.spec as {
        template: { spec: PodSpec }
        volumeClaimTemplates: readonly { metadata: { name: string } }[]
      }
      const { spec } = objectsOf(snippet(page, /^apiVersion: v1\nkind: Pod/))[0] as unknown as { spec: PodSpec }
      // There is a schema of templates of pods, which is the same
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { selector: {}, template: { spec } },
      }
      expect((await validated(stringify(deployment))).resources).toEqual([])
      expect(template.spec.securityContext).toMatchObject(spec.securityContext)
      const claim = spec.volumes.find(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)!
      expect(claim.persistentVolumeClaim!.claimName).toBe(`${volumeClaimTemplates[0]!.metadata.name}-${bridge.metadata.name}-0`)
      const secretOf = ({ volumes }: PodSpec): string | undefined =>
        volumes.find(({ secret }) => secret !== undefined)?.secret!.secretName
      expect(secretOf(spec)).toBe(secretOf(template.spec))
    },
  )

  test.skipIf(noTools)('the rules for prometheus-adapter have the names that the autoscaler of the chart reads', async () => {
    const { rules } = parse(snippet(page, /^rules:\n/)) as {
      rules: { external: readonly { seriesQuery: string; name: { as: string }; metricsQuery: string }[] }
    }
    const rendered = await renderChart(['--values=deploy/helm/swarmwatch/ci/3-hpa-values.yaml'])
    const scaler = rendered.find(({ kind }) => kind === 'HorizontalPodAutoscaler')
    expect(rules.external.map(({ name }) => name.as).filter((name) => !JSON.stringify(scaler).includes(`"${name}"`))).toEqual([])
    for (const { seriesQuery, metricsQuery } of rules.external) expect(metricsQuery).toContain(`(${seriesQuery}{`)
  })

  test.skipIf(noKubectl)('kubectl makes the secrets, and the base is that of deploy/', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '.secrets'))
    writeFileSync(join(folder, '.secrets/otlp_token'), 'token')
    const commands = [/^kubectl create namespace/, /rollout restart/, /swarmwatch-agents/].flatMap((pattern) =>
      callsOf(snippet(page, pattern)),
    )
    const created = commands.filter((words) => words.includes('create'))
    expect(created.length).toBe(4)
    for (const [, ...words] of created) {
      const dryRun = words.some((word) => word.startsWith('--dry-run')) ? [] : ['--dry-run=client', '--output=yaml']
      const [made] = objectsOf(execFileSync('kubectl', [...words, ...dryRun], { cwd: folder, encoding: 'utf8' }))
      expect(made!.data, words.join(' ')).toEqual(words.includes('secret') ? { otlp_token: 'dG9rZW4=' } : undefined)
    }
    const applied = [...commands, ...callsOf(snippet(page, /^kubectl kustomize/))].flatMap((words) =>
      words.flatMap((word, at) => (/^--(?:filename|kustomize)$|^kustomize$/.test(word) ? [words[at + 1]!] : [])),
    )
    expect(applied.filter((path) => path === undefined || !existsSync(join(repositoryRoot, path)))).toEqual([])
    expect(execFileSync('kubectl', ['kustomize', 'deploy/kustomize/base'], { encoding: 'utf8' })).toContain('kind: StatefulSet')
  })
})

test.skipIf(whyNoProgram('sha256sum', '--version'))(
  'docs/experiments.md: the command prints the digits that the page has',
  () => {
    const code = snippet('docs/experiments.md', /sha256sum/)
    const [, digits, share] = /# (\w+): (\d\.\d+)/.exec(code)!
    expect(execFileSync('sh', ['-c', code], { encoding: 'utf8' }).trim()).toBe(digits)
    expect((Number.parseInt(digits!, 16) / 16 ** 13).toFixed(3)).toBe(share)
  },
)

test.skipIf(whyNoProgram('openssl', 'version'))('the certificate of the test servers is made by the command next to it', () => {
  const folder = temporaryFolder()
  const page = 'packages/alert-bridge/test/channels/tls/README.md'
  execFileSync('sh', ['-c', snippet(page, /^openssl/)], { cwd: folder, stdio: 'ignore' })
  const subject = (file: string): string =>
    execFileSync('openssl', ['x509', '-in', file, '-noout', '-subject', '-ext', 'subjectAltName'], { encoding: 'utf8' })
  expect(subject(join(folder, 'certificate.pem'))).toBe(subject(join(dirname(page), 'certificate.pem')))
})

interface DataSource {
  readonly uid: string
  readonly url: string
  readonly type: string
  readonly access: string
  readonly basicAuth: boolean
  readonly basicAuthUser: string
  readonly secureJsonData: object
  readonly jsonData: object
}

interface PodSpec {
  readonly securityContext: object
  readonly volumes: readonly {
    readonly persistentVolumeClaim?: { readonly claimName: string }
    readonly secret?: { readonly secretName: string }
  }[]
}

interface ComposeConfig {
  readonly services: Readonly<Record<string, { readonly ports?: readonly object[] }>>
  readonly volumes: Readonly<Record<string, { readonly name: string }>>
}

/** The only snippet of a document that matches, without its indent. */
function snippet(document: string, pattern: RegExp): string {
  const blocks = [...readFileSync(join(repositoryRoot, document), 'utf8').matchAll(/^( *)```\w*\n([^]*?)^\1```$/gm)]
  const found = blocks
    .map(([, indent, code]) => code!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    .filter((code) => pattern.test(code))
  if (found.length !== 1) throw new Error(`${document} has ${found.length} snippets with ${pattern}`)
  return found[0]!
}

/** The configuration that Compose makes of these files. */
function composeConfig(...args: readonly string[]): ComposeConfig {
  const words = ['compose', ...args, '--env-file=.env.production.example', 'config', '--format=json', '--no-interpolate']
  return JSON.parse(execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as ComposeConfig
}

/** The calls that a shell makes for a snippet, with the words of each; docker, kubectl and the like do nothing. */
function callsOf(
  code: string,
  { define = '', cwd = repositoryRoot }: { readonly define?: string; readonly cwd?: string } = {},
): readonly (readonly string[])[] {
  const folder = temporaryFolder()
  const log = join(folder, 'calls')
  writeFileSync(log, '')
  for (const name of ['docker', 'kubectl', 'npx', 'mimirtool', 'vmalert']) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\0' ${name} "$@" >>'${log}'\nprintf '\\n' >>'${log}'\n`)
    chmodSync(join(folder, name), 0o755)
  }
  // Dumps are written to a folder that is removed
  const { status, stderr } = spawnSync('sh', ['-euc', `${define}\n${code}`], {
    cwd: cwd === repositoryRoot && />\S+\.dump$/m.test(code) ? folder : cwd,
    env: { PATH: `${folder}:${process.env['PATH']}` },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`sh: ${stderr}`)
  return readFileSync(log, 'utf8')
    .split('\0\n')
    .filter(Boolean)
    .map((line) => line.split('\0'))
}

/** Returns why a program cannot run on this machine, and prints it. */
function whyNoProgram(...[program, ...args]: readonly [string, ...string[]]): string | undefined {
  if (spawnSync(program, args).status === 0) return undefined
  console.log(`skipped: the snippets that need ${program}, which is not on this machine`)
  return `there is no ${program}`
}
