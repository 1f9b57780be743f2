import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { applyVersions, readChangesets, sharedVersion } from './version.ts'
import { git, pnpm, publishedPackages, type WorkspacePackage } from './workspace.ts'

const usage = `Usage: pnpm release [--dry-run] [--registry URL] [--out FOLDER] [--no-provenance]

Applies the changesets, builds, packs, writes an SBOM for each package, and publishes all packages of one version.
A second run after a failure continues: packages that the registry already has are skipped.

  --dry-run        do everything in a copy of the repository, and publish nothing
  --registry URL   registry to publish to (default: https://registry.npmjs.org)
  --out FOLDER     folder of tarballs, SBOMs and SHA256SUMS (default: release/out)
  --no-provenance  publish without a signed statement of origin; npm accepts one only from CI

Examples:
  pnpm release --dry-run
  pnpm release --registry http://127.0.0.1:4873 --no-provenance
`

interface Options {
  readonly isDryRun: boolean
  readonly registry: string
  readonly out: string
  readonly hasProvenance: boolean
}

const npm = 'https://registry.npmjs.org'
const root = fileURLToPath(new URL('..', import.meta.url))

/** Reasons that prevent a release, all at once; empty when it can start. */
function problemsOf(options: Options): string[] {
  const problems: string[] = []
  if (git(root, 'status', '--porcelain') !== '')
    problems.push('the working tree must be clean: commit or remove the changes first')
  try {
    readChangesets(root)
  } catch (error) {
    problems.push((error as Error).message)
  }
  if (options.isDryRun) return problems
  const { isPlaceholder } = JSON.parse(readFileSync(join(root, 'release/project.json'), 'utf8')) as { isPlaceholder: boolean }
  if (isPlaceholder && options.registry === npm) {
    problems.push(
      'release/project.json has placeholders: set the real addresses and isPlaceholder to false, then run pnpm release:links',
    )
  }
  if (options.hasProvenance && process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] === undefined) {
    problems.push('provenance needs GitHub Actions with "id-token: write": run the release workflow, or pass --no-provenance')
  }
  return problems
}

function release(options: Options): void {
  const problems = problemsOf(options)
  if (problems.length > 0) throw new Error(`the release cannot start:\n- ${problems.join('\n- ')}`)
  const workspace = options.isDryRun ? copyOfRepository() : root
  try {
    const before = sharedVersion(workspace)
    const version = applyVersions(workspace, new Date().toISOString().slice(0, 10))
    step('versions', before === version ? `${version}, no changesets` : `${before} -> ${version}`)
    if (git(workspace, 'status', '--porcelain') !== '') {
      git(workspace, 'add', '--all')
      git(workspace, 'commit', '--quiet', '--message', `chore(release): ${version}`)
    }
    const packages = publishedPackages(workspace)
    pnpm(workspace, 'run', 'build')
    step('build', `${packages.length} packages`)
    const artifacts = packAll(workspace, packages, options.out)
    step('pack', artifacts.map(({ file, bytes }) => `${file} ${Math.ceil(bytes / 1024)} kB`).join(', '))
    step('SBOM', `${packages.length} files in CycloneDX, and SHA256SUMS`)
    for (const artifact of artifacts) step('publish', publish(workspace, artifact, options))
    if (!options.isDryRun) git(workspace, 'tag', '--force', `v${version}`)
    step('tag', options.isDryRun ? `dry run: would be v${version}` : `v${version}; push it with: git push --follow-tags`)
  } finally {
    if (options.isDryRun) rmSync(workspace, { recursive: true, force: true })
  }
}

/** A clone of what is committed, with the dependencies from the store of pnpm. */
function copyOfRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'swarmwatch-release-'))
  git(root, 'clone', '--quiet', '--no-hardlinks', root, copy)
  for (const key of ['user.name', 'user.email']) git(copy, 'config', key, git(root, 'config', key))
  pnpm(copy, 'install', '--frozen-lockfile', '--prefer-offline')
  return copy
}

interface Artifact {
  readonly name: string
  readonly version: string
  readonly file: string
  readonly path: string
  readonly bytes: number
  /** As registries write it: `sha512-...`. */
  readonly integrity: string
}

function packAll(workspace: string, packages: readonly WorkspacePackage[], out: string): Artifact[] {
  mkdirSync(out, { recursive: true })
  const artifacts = packages.map(({ name, version, folder }) => {
    const packed = mkdtempSync(join(tmpdir(), 'swarmwatch-pack-'))
    pnpm(join(workspace, folder), 'pack', '--pack-destination', packed)
    const [file] = readdirSync(packed)
    const path = join(out, file!)
    copyFileSync(join(packed, file!), path)
    rmSync(packed, { recursive: true })
    const bom = pnpm(
      workspace,
      'sbom',
      '--sbom-format',
      'cyclonedx',
      '--sbom-spec-version',
      '1.6',
      '--prod',
      '--lockfile-only',
      '--filter',
      name,
    )
    writeFileSync(path.replace(/\.tgz$/, '.cdx.json'), bom)
    const content = readFileSync(path)
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
    return { name, version, file: file!, path, bytes: content.length, integrity }
  })
  const sums = readdirSync(out)
    .filter((file) => file !== 'SHA256SUMS')
    .toSorted()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(out, file)))
          .digest('hex')}  ${file}\n`,
    )
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  return artifacts
}

/** Publishes one tarball; returns what it did. Throws when the registry has the version with another content. */
function publish(
  workspace: string,
  { name, version, path, integrity }: Artifact,
  { registry, isDryRun, hasProvenance }: Options,
): string {
  const known = integrityInRegistry(workspace, `${name}@${version}`, registry)
  if (known === integrity) return `${name}@${version} is in the registry, skipped`
  if (known !== undefined)
    throw new Error(`${registry} has ${name}@${version} with another content; a version cannot change: add a changeset`)
  if (isDryRun) return `dry run: would publish ${name}@${version}${hasProvenance ? ' with provenance' : ''}`
  pnpm(
    workspace,
    'publish',
    path,
    '--registry',
    registry,
    '--access',
    'public',
    '--no-git-checks',
    ...(hasProvenance ? ['--provenance'] : []),
  )
  return `${name}@${version}${hasProvenance ? ' with provenance' : ''}`
}

function integrityInRegistry(workspace: string, id: string, registry: string): string | undefined {
  try {
    return JSON.parse(pnpm(workspace, 'view', id, 'dist.integrity', '--json', '--registry', registry)) as string
  } catch (error) {
    if (/404|ERR_PNPM_NO_MATCHING_VERSION|not found|No matching version/i.test((error as Error).message)) return undefined
    throw error
  }
}

function step(name: string, detail: string): void {
  console.log(`${name.padEnd(9)} ${detail}`)
}

const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    registry: { type: 'string', default: npm },
    out: { type: 'string', default: join(root, 'release/out') },
    'no-provenance': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) console.log(usage)
else {
  try {
    const { registry, out } = values
    release({
      isDryRun: values['dry-run'],
      registry: registry.replace(/\/$/, ''),
      out: resolve(out),
      hasProvenance: !values['no-provenance'],
    })
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
