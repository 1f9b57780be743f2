import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { parse } from 'yaml'

/** The root of the repository. */
export const repositoryRoot: string = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Returns the published image that a service of docker-compose.production.yml runs, with its tag: `prom/prometheus:v3.16.0`. For an image
 * that Dockerfile.production builds, that is the image it is built from.
 */
export function imageOf(service: string): string {
  const { services } = parse(readFileSync(`${repositoryRoot}docker-compose.production.yml`, 'utf8'), { merge: true }) as {
    services: Record<string, { image: string; build?: { target: string } }>
  }
  const { image, build } = services[service] ?? {}
  if (image === undefined) throw new Error(`docker-compose.production.yml has no service ${service}`)
  if (build === undefined) return image
  const dockerfile = readFileSync(`${repositoryRoot}Dockerfile.production`, 'utf8')
  const base = new RegExp(`^FROM (\\S+) AS ${build.target}$`, 'm').exec(dockerfile)?.[1]
  if (base === undefined) throw new Error(`Dockerfile.production has no stage ${build.target}`)
  return base
}

/**
 * Returns why containers of these services cannot run on this machine, and prints it; returns undefined when they can.
 * With REQUIRE_STACK=1 it throws instead, so that nothing is skipped in CI.
 */
export function whyNoEngines(...services: readonly string[]): string | undefined {
  const reason = missingEngine(services.map(imageOf))
  if (reason === undefined) return undefined
  if (process.env['REQUIRE_STACK'] === '1') throw new Error(`REQUIRE_STACK=1, but ${reason}`)
  console.log(`skipped: ${reason} (REQUIRE_STACK=1 makes this an error)`)
  return reason
}

function missingEngine(images: readonly string[]): string | undefined {
  if (spawnSync('docker', ['version']).status !== 0) return 'Docker does not run here'
  const missing = images.find((image) => spawnSync('docker', ['image', 'inspect', image]).status !== 0)
  return missing === undefined ? undefined : `the image ${missing} is not on this machine`
}
