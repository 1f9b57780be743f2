import { startTelemetry } from '@swarmwatch/node'

import { greet } from './greeter.mjs'

// no top-level await: a bundle may be CommonJS
async function main() {
  const telemetry = await startTelemetry({ serviceName: 'bundled' })
  console.log(await greet('Ada'), telemetry.configuration.recovery.maxRetries)
  const page = await fetch(telemetry.pageUrl)
  console.log(page.status, (await page.text()).includes('greeter'))
  await telemetry.shutdown()
}

void main()
