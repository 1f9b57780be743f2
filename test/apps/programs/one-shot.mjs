import { startTelemetry } from '@swarmwatch/node'

import { greet } from './greeter.mjs'

const telemetry = await startTelemetry({ serviceName: 'one-shot' })
console.log(await greet('Ada'))
const page = await fetch(telemetry.pageUrl)
console.log(page.status, (await page.text()).includes('greeter'))
await telemetry.shutdown()
