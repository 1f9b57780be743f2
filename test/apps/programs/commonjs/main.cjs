const { startTelemetry } = require('@swarmwatch/node')
const { instrumentAgent } = require('@swarmwatch/sdk')

let calls = 0
const greet = instrumentAgent(
  async (name) => {
    calls += 1
    if (calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
    return `Hello, ${name}`
  },
  { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
)

async function main() {
  const telemetry = await startTelemetry({ serviceName: 'commonjs' })
  console.log(await greet('Ada'))
  await telemetry.shutdown()
}

void main()
