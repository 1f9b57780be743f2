const { modules } = require('./modules.cjs')
const { startTelemetry } = require('@swarmwatch/node')

async function main() {
  const telemetry = await startTelemetry()
  await require('./ask.cjs')(modules)
  await telemetry.shutdown()
}
void main()
