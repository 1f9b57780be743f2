import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

import type { PackedPackage } from './packed-packages.ts'

/** A registry for npm that serves the packed packages, and no other. */
export interface PackageRegistry extends AsyncDisposable {
  /** The option that makes npm and npx install `@swarmwatch/*` from it; every other package comes from the usual registry. */
  readonly npmOption: string
}

/** Opens a registry on loopback. `npm install` then resolves `^0.1.0` of our packages as it will when they are published. */
export async function openPackageRegistry(packed: readonly PackedPackage[]): Promise<PackageRegistry> {
  const tarballs = new Map(
    await Promise.all(packed.map(async (each) => [each.manifest.name, await readFile(each.tarball)] as const)),
  )
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const found = packed.find(({ manifest }) => path === `/${manifest.name}` || path.startsWith(`/${manifest.name}/-/`))
    if (!found) return void response.writeHead(404).end('{}')
    const content = tarballs.get(found.manifest.name)!
    if (path.endsWith('.tgz')) return void response.end(content)
    const { name, version } = found.manifest
    const dist = {
      tarball: `http://${request.headers.host}/${name}/-/${basename(found.tarball)}`,
      integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...found.manifest, dist } } }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    npmOption: `--@swarmwatch:registry=http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
