import { test } from 'vitest'

import { missingAlertmanager } from './run-alertmanager.ts'

const missing = missingAlertmanager()
const isSkipped = missing !== undefined && process.env['REQUIRE_STACK'] !== '1'
if (isSkipped) console.log(`skipped the tests on a real Alertmanager: ${missing}`)

/** A test on a real Alertmanager; skipped, and that is said, where there is none, unless REQUIRE_STACK=1. */
export const withAlertmanager: ReturnType<typeof test.skipIf> = test.skipIf(isSkipped)
