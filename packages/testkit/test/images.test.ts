import { readFileSync } from 'node:fs'

import { imageOf, repositoryRoot } from '@swarmwatch/testkit'
import { expect, test } from 'vitest'

test('imageOf reads a tag from the compose file, and the base image of what Dockerfile.production builds', () => {
  const compose = readFileSync(`${repositoryRoot}docker-compose.production.yml`, 'utf8')
  expect(compose).toContain(`image: ${imageOf('prometheus')}\n`)
  expect(imageOf('otel-collector')).toMatch(/^otel\/opentelemetry-collector-contrib:\d+\.\d+\.\d+$/)
  // Stages that begin with another stage, `node`
  expect(imageOf('alert-bridge')).toMatch(/^node:\d+-/)
  expect(imageOf('advisor')).toBe(imageOf('alert-bridge'))
  expect(() => imageOf('postgres')).toThrow('docker-compose.production.yml has no service postgres')
})
