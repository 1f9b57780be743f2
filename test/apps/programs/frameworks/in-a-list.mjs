import { NodeSDK } from '@opentelemetry/sdk-node'
import { AgentInstrumentation } from '@swarmwatch/instrumentation'

const sdk = new NodeSDK({ instrumentations: [new AgentInstrumentation()] })
sdk.start()
globalThis.stopTelemetry = () => sdk.shutdown()
