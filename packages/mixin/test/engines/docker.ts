import { imageOf, whyNoEngines } from '@swarmwatch/testkit'

/** The programs that the production stack runs. */
export const image: Readonly<Record<'prometheus' | 'alertmanager' | 'collector', string>> = {
  prometheus: imageOf('prometheus'),
  alertmanager: imageOf('alertmanager'),
  collector: imageOf('otel-collector'),
}

/** Whether containers of all three can run on this machine. */
export const hasDocker: boolean = whyNoEngines('prometheus', 'alertmanager', 'otel-collector') === undefined

/** Whether tests that take half a minute are wanted: in CI, or with REQUIRE_STACK=1. */
export const wantsLongTests: boolean = process.env['REQUIRE_STACK'] === '1'
