import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

import { openHttpServer, type HttpServer } from '@swarmwatch/testkit'

import type { PackedPackage } from '../packed-packages.ts'

/** The registry that has everything else. */
const upstream = (process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/').replace(/\/?$/, '/')

/**
 * An npm registry with the packed packages, as if they were published; other packages are redirected to the usual registry. With
 * host `0.0.0.0`, containers reach it, too.
 */
export async function openRegistry(packed: readonly PackedPackage[], host = '127.0.0.1'): Promise<HttpServer> {
  const byName = new Map(packed.map((each) => [each.manifest.name, each]))
  const byFile = new Map(packed.map(({ tarball }) => [basename(tarball), readFileSync(tarball)]))
  return openHttpServer(
    ({ path, headers }, response) => {
      const [pathname = ''] = path.split('?', 1)
      const tarball = byFile.get(basename(pathname))
      if (tarball !== undefined) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball)
        return
      }
      const found = byName.get(decodeURIComponent(pathname.slice(1)))
      if (found === undefined) {
        response.writeHead(307, { location: `${upstream}${path.slice(1)}` }).end()
        return
      }
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(documentOf(found, `http://${headers.host}`)))
    },
    { host },
  )
}

/** The answer of a registry about a package with one version. */
function documentOf({ manifest, tarball, folder }: PackedPackage, url: string): object {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string }
  const bytes = readFileSync(tarball)
  const dist = {
    tarball: `${url}/files/${basename(tarball)}`,
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
  }
  return { name: manifest.name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, version, dist } } }
}
