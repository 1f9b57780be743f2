import { expect, test } from 'vitest'

import { telemetryResource } from '../src/opentelemetry/telemetry-resource.ts'

const silent = (): void => {}
const sdk = {
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': expect.any(String) as string,
}
const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string

test('always contains name, namespace, version, instance and environment', () => {
  expect(telemetryResource({}, {}, silent).attributes).toEqual({
    ...sdk,
    'service.name': 'unknown_service:node',
    'service.namespace': 'swarmwatch',
    'service.version': 'unknown',
    'service.instance.id': uuid,
    'deployment.environment.name': 'development',
  })
})

test('sets a different instance id in each process', () => {
  const id = (): unknown => telemetryResource({}, {}, silent).attributes['service.instance.id']
  expect(id()).not.toBe(id())
})

test('takes code over OTEL_SERVICE_NAME over OTEL_RESOURCE_ATTRIBUTES over what Node knows', () => {
  const env = {
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=attributes,service.version=2.0,service.instance.id=pod%201,cloud.region=eu,team=a',
    OTEL_SERVICE_NAME: 'variable',
    NODE_ENV: 'production',
    npm_package_version: '1.0',
    AWS_REGION: 'us',
  }
  expect(telemetryResource({}, env, silent).attributes).toEqual({
    ...sdk,
    'service.name': 'variable',
    'service.namespace': 'swarmwatch',
    'service.version': '2.0',
    'service.instance.id': 'pod 1',
    'deployment.environment.name': 'production',
    'cloud.region': 'eu',
    team: 'a',
  })
  const code = {
    serviceName: 'code',
    serviceVersion: '3.0',
    serviceNamespace: 'n',
    serviceInstanceId: 'i',
    environment: 'e',
    region: 'r',
    resourceAttributes: { team: 'b' },
  }
  expect(telemetryResource(code, env, silent).attributes).toEqual({
    ...sdk,
    'service.name': 'code',
    'service.namespace': 'n',
    'service.version': '3.0',
    'service.instance.id': 'i',
    'deployment.environment.name': 'e',
    'cloud.region': 'r',
    team: 'b',
  })
})

test('ignores and reports OTEL_RESOURCE_ATTRIBUTES as a whole when one pair is invalid', () => {
  const lines: string[] = []
  const { attributes } = telemetryResource({}, { OTEL_RESOURCE_ATTRIBUTES: 'team=a,broken' }, (line) => lines.push(line))
  expect(attributes).not.toHaveProperty('team')
  expect(lines).toEqual(['OTEL_RESOURCE_ATTRIBUTES must be key=value,key=value, percent-encoded; it is ignored'])
})
