import { whyNoEngines } from '@swarmwatch/testkit'
import { test } from 'vitest'

/** A test with a real Alertmanager. It is skipped, with a printed reason, where there is none, unless REQUIRE_STACK=1. */
export const withAlertmanager: ReturnType<typeof test.skipIf> = test.skipIf(whyNoEngines('alertmanager') !== undefined)
