import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

import type { PackedPackage } from './packed-packages.ts'

/** A registry for npm that serves the packed packages, and redirects requests for any other to the usual registry. */
export interface PackageRegistry extends AsyncDisposable {
  /** The option that makes npm and npx install `@swarmwatch/*` from it; every other package comes from the usual registry. */
  readonly npmOption: string
  /** Its address on loopback, as the registry of all packages: also of `swarmwatch`, which has no scope. */
  readonly url: string
  readonly port: number
}

/** Options for {@link openPackageRegistry}. */
export interface PackageRegistryOptions {
  /** The address to listen on; `0.0.0.0` lets containers reach it. @default '127.0.0.1' */
  readonly host?: string
}

/** The registry that has everything else. */
const upstream = (process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/').replace(/\/?$/, '/')

/** Opens a registry. `npm install` then resolves the present version of our packages as it will when they are published. */
export async function openPackageRegistry(
  packed: readonly PackedPackage[],
  { host = '127.0.0.1' }: PackageRegistryOptions = {},
): Promise<PackageRegistry> {
  const tarballs = new Map(
    await Promise.all(packed.map(async (each) => [each.manifest.name, await readFile(each.tarball)] as const)),
  )
  const server = createServer((request, response) => {
    const { url = '/', headers } = request
    const path = decodeURIComponent(url)
    const found = packed.find(({ manifest }) => path === `/${manifest.name}` || path.startsWith(`/${manifest.name}/-/`))
    if (!found) return void response.writeHead(307, { location: `${upstream}${url.slice(1)}` }).end()
    const content = tarballs.get(found.manifest.name)!
    if (path.endsWith('.tgz')) return void response.end(content)
    const { name, version } = found.manifest
    const dist = {
      tarball: `http://${headers.host}/${name}/-/${basename(found.tarball)}`,
      integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...found.manifest, dist } } }))
  })
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/`
  return {
    npmOption: `--@swarmwatch:registry=${url}`,
    url,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
